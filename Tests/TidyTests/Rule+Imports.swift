/// Imports go up the table of layers, never sideways.
enum Layers {
    /// What a target may import; `NIO` stands for whatever begins with it.
    static let allowed: [String: Set<String>] = [
        "ParleyProtocol": [],
        "QRCode": [],
        "ParleyRooms": ["ParleyProtocol", "OrderedCollections", "HashTreeCollections"],
        "ParleyEngine": ["ParleyProtocol", "NIOCore", "NIOConcurrencyHelpers", "Synchronization"],
        "ParleyTransport": Set(["NIO", "DequeModule", "Synchronization"]).union(systems),
        "ParleyRedis": [
            "ParleyProtocol", "ParleyEngine", "NIO", "Logging", "CoreMetrics", "Crypto", "DequeModule",
            "ServiceLifecycle", "Synchronization", "Foundation", "FoundationEssentials",
        ],
        "ParleyServer": Set([
            "ParleyProtocol", "ParleyRooms", "ParleyEngine", "ParleyTransport", "NIO", "Hummingbird",
            "HTTPTypes", "Logging", "Metrics", "CoreMetrics", "Crypto", "ServiceLifecycle", "Synchronization",
            "DequeModule", "HeapModule", "OrderedCollections", "SystemPackage", "Foundation", "FoundationEssentials",
            "AsyncHTTPClient", "JWTKit", "X509", "SwiftASN1",
        ]).union(systems),
        "ParleySQLite": Set([
            "ParleyProtocol", "ParleyEngine", "NIO", "GRDB", "Logging", "Synchronization", "Foundation", "Dispatch",
        ]).union(systems),
        "ParleyLoad": Set(["ParleyProtocol", "ParleyTransport", "NIO", "Histogram"]).union(systems),
        "ParleyClient": ["ParleyProtocol", "ParleyTransport", "NIO", "Logging", "Synchronization"],
    ]
    /// The root may import everything.
    static let roots: Set<String> = ["parley"]

    private static let systems: Set<String> = ["Glibc", "Musl", "Darwin", "Android"]
    private static let families = ["NIO", "Hummingbird"]

    static func allows(_ module: String, in target: String) -> Bool {
        guard !roots.contains(target) else { return true }
        guard let allowed = allowed[target] else { return false }
        return allowed.contains(module)
            || families.contains { allowed.contains($0) && module.hasPrefix($0) }
    }

    /// The target whose folder a path is in; `nil` outside `Sources`.
    static func target(of path: String) -> String? {
        let parts = path.split(separator: "/")
        return parts.count > 2 && parts[0] == "Sources" ? String(parts[1]) : nil
    }
}

extension Rule {
    static let imports: [Rule] = [
        .perFile(
            "imports go up the layers",
            bad: [
                "Sources/ParleyProtocol/A.swift": "import Foundation\n",
                "Sources/ParleyRooms/A.swift": "package import NIOCore\n",
                "Sources/ParleyEngine/A.swift": "public import ParleyRooms\n",
                "Sources/ParleyEngine/B.swift": "import NIOPosix\n",
                "Sources/ParleyTransport/A.swift": "import ParleyProtocol\n",
                "Sources/ParleyServer/A.swift": "@preconcurrency import ParleyRedis\n",
                "Sources/ParleyServer/B.swift": "import ParleyClient\n",
                "Sources/ParleyClient/A.swift": "import struct ParleyServer.Thing\n",
                "Sources/ParleyUnknown/A.swift": "import ParleyProtocol\n",
            ],
            good: [
                "Sources/ParleyRooms/A.swift": "public import ParleyProtocol\nimport OrderedCollections\n",
                "Sources/ParleyTransport/A.swift": "import NIOPosix\n// import ParleyRooms\n",
                "Sources/parley/A.swift": "import ParleyEngine\n",
                "Tests/ParleyRoomsTests/A.swift": "import Testing\n",
            ],
            in: { $0.isSwift && $0.isIn("Sources/") }
        ) { file in
            guard let target = Layers.target(of: file.path) else { return [] }
            let allowed = Layers.allowed[target].map { $0.sorted().joined(separator: ", ") }
            return importedModules(file).filter { !Layers.allows($0.module, in: target) }.map {
                Finding(
                    path: file.path,
                    line: $0.line,
                    banned: "import \($0.module) in \(target)",
                    use: allowed.map { $0.isEmpty ? "nothing but Swift" : $0 } ?? "a target of the table of layers"
                )
            }
        },
        .code(
            "only the root names an engine",
            bad: ["Sources/ParleyServer/A.swift": "let engine = InMemoryEngine()\n"],
            good: [
                "Sources/parley/A.swift": "let engine = InMemoryEngine()\n",
                "Sources/ParleySQLite/A.swift": "var machine: InMemoryEngine.StateMachine\n",
                "Sources/ParleyServer/A.swift": "// Not InMemoryEngine: any Engine.\n",
            ],
            in: {
                $0.isIn("Sources/") && !$0.isIn("Sources/parley/", "Sources/ParleyEngine/", "Sources/ParleySQLite/")
            },
            [Pattern("an engine by name", use: "the contract `Engine`", expression: "\\bInMemoryEngine\\b")]
        ),
    ]

    private static func importedModules(_ file: TextFile) -> [(line: Int, module: String)] {
        file.codeLines.enumerated().compactMap { index, line in
            let words = line.split(separator: " ")
            guard let keyword = words.firstIndex(of: "import"), keyword + 1 < words.count else { return nil }
            guard words[..<keyword].allSatisfy({ $0.hasPrefix("@") || accessWords.contains(String($0)) }) else {
                return nil
            }
            // `import struct Module.Type` names the module in its last word.
            let module = words[words.count - 1].split(separator: ".").first.map(String.init)
            return module.map { (index + 1, $0) }
        }
    }

    private static let accessWords: Set<String> = ["public", "package", "internal", "private", "fileprivate"]
}
