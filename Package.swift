// swift-tools-version:6.2
import PackageDescription

// `./test` sets this. Warnings are then errors and `assert` is kept in release builds; somebody who
// merely depends on Parley never meets either.
let isTestRun = Context.environment["PARLEY_TEST_RUN"] != nil

let settings: [SwiftSetting] =
    [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
    ] + (isTestRun ? [.treatAllWarnings(as: .error), .unsafeFlags(["-assert-config", "Debug"])] : [])

// The tests alone: what they call is optimised, they need not be.
let testSettings = settings + (isTestRun ? [.unsafeFlags(["-Onone"])] : [])

func product(_ name: String, _ package: String) -> Target.Dependency {
    .product(name: name, package: package)
}

let package = Package(
    name: "parley",
    platforms: [.macOS(.v15), .iOS(.v18), .tvOS(.v18), .watchOS(.v11), .visionOS(.v2)],
    products: [
        .executable(name: "parley", targets: ["parley"]),
        .library(name: "ParleyClient", targets: ["ParleyClient"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-asn1.git", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-certificates.git", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-collections.git", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-configuration.git", from: "1.4.0"),
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics.git", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras.git", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-system.git", from: "1.8.1"),
        .package(url: "https://github.com/groue/GRDB.swift.git", from: "7.10.0"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift.git", from: "0.2.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1"),
        .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
        .package(url: "https://github.com/vapor/jwt-kit.git", from: "5.7.1"),
    ],
    targets: [
        // Pure: no I/O, no clock, no randomness, no lock.
        .target(name: "ParleyProtocol", swiftSettings: settings),
        .target(
            name: "ParleyRooms",
            dependencies: ["ParleyProtocol", product("HashTreeCollections", "swift-collections")],
            swiftSettings: settings
        ),
        // A text as squares that a telephone reads from a terminal.
        .target(name: "QRCode", swiftSettings: settings),
        // Ground.
        .target(
            name: "ParleyEngine",
            dependencies: ["ParleyProtocol", product("NIOCore", "swift-nio")],
            swiftSettings: settings
        ),
        .target(
            name: "ParleyTransport",
            dependencies: [
                product("NIOCore", "swift-nio"),
                product("NIOPosix", "swift-nio"),
                product("NIOSSL", "swift-nio-ssl"),
            ],
            swiftSettings: settings
        ),
        // Parts.
        .target(
            name: "ParleySQLite",
            dependencies: [
                "ParleyProtocol", "ParleyEngine",
                product("GRDB", "GRDB.swift"),
                product("Logging", "swift-log"),
                product("NIOCore", "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "ParleyServer",
            dependencies: [
                "ParleyProtocol", "ParleyRooms", "ParleyEngine", "ParleyTransport",
                product("Hummingbird", "hummingbird"),
                product("HummingbirdCore", "hummingbird"),
                product("AsyncHTTPClient", "async-http-client"),
                product("Crypto", "swift-crypto"),
                product("JWTKit", "jwt-kit"),
                product("HTTPTypes", "swift-http-types"),
                product("Logging", "swift-log"),
                product("CoreMetrics", "swift-metrics"),
                product("DequeModule", "swift-collections"), product("HeapModule", "swift-collections"),
                product("NIOCore", "swift-nio"),
                product("NIOPosix", "swift-nio"),
                product("NIOExtras", "swift-nio-extras"),
                product("NIOHTTPTypes", "swift-nio-extras"),
                product("NIOHTTP1", "swift-nio"),
                product("NIOSSL", "swift-nio-ssl"),
                product("SwiftASN1", "swift-asn1"),
                product("X509", "swift-certificates"),
                product("ServiceLifecycle", "swift-service-lifecycle"),
            ],
            swiftSettings: settings,
            plugins: ["EmbedAssets"]
        ),
        .target(
            name: "ParleyRedis",
            dependencies: [
                "ParleyProtocol", "ParleyEngine",
                product("Crypto", "swift-crypto"),
                product("Logging", "swift-log"),
                product("CoreMetrics", "swift-metrics"),
                product("DequeModule", "swift-collections"),
                product("NIOCore", "swift-nio"),
                product("NIOPosix", "swift-nio"),
                product("NIOSSL", "swift-nio-ssl"),
                product("ServiceLifecycle", "swift-service-lifecycle"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "ParleyClient",
            dependencies: [
                "ParleyProtocol", "ParleyTransport",
                product("NIOCore", "swift-nio"),
                product("NIOPosix", "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "ParleyLoad",
            dependencies: [
                "ParleyProtocol", "ParleyTransport",
                product("Histogram", "hdrhistogram-swift"),
                product("NIOCore", "swift-nio"),
                product("NIOPosix", "swift-nio"),
            ],
            swiftSettings: settings
        ),
        // Root: the only place that names an engine.
        .executableTarget(
            name: "parley",
            dependencies: [
                "ParleyServer", "ParleyEngine", "ParleySQLite", "ParleyLoad", "ParleyProtocol", "ParleyRedis",
                "ParleyTransport",
                "QRCode",
                product("ArgumentParser", "swift-argument-parser"),
                product("Configuration", "swift-configuration"),
                product("CoreMetrics", "swift-metrics"),
                product("Logging", "swift-log"),
                product("NIOCore", "swift-nio"),
                product("NIOPosix", "swift-nio"),
                product("ServiceLifecycle", "swift-service-lifecycle"),
                product("SystemPackage", "swift-system"),
                product("UnixSignals", "swift-service-lifecycle"),
            ],
            swiftSettings: settings
        ),
        // The page and the JavaScript client become part of the binary.
        .executableTarget(name: "EmbedAssetsTool", path: "Plugins/EmbedAssetsTool", swiftSettings: settings),
        .plugin(name: "EmbedAssets", capability: .buildTool(), dependencies: ["EmbedAssetsTool"]),
        // What a piece of work costs, see Benchmarks/run.
        .executableTarget(
            name: "micro",
            dependencies: ["ParleyProtocol", "ParleyRooms", "ParleyTransport"],
            path: "Benchmarks/Micro",
            swiftSettings: settings
        ),
        // Tests.
        .target(
            name: "ParleyTestSupport",
            dependencies: ["ParleyProtocol"],
            path: "Tests/ParleyTestSupport",
            swiftSettings: settings
        ),
        .testTarget(
            name: "ParleyProtocolTests",
            dependencies: ["ParleyProtocol", "ParleyTestSupport"],
            swiftSettings: testSettings
        ),
        .testTarget(
            name: "ParleyLoadTests",
            dependencies: ["ParleyLoad", "ParleyProtocol"],
            swiftSettings: testSettings
        ),
        .testTarget(name: "QRCodeTests", dependencies: ["QRCode"], swiftSettings: testSettings),
        .testTarget(
            name: "ParleyRoomsTests",
            dependencies: ["ParleyProtocol", "ParleyRooms", "ParleyTestSupport"],
            swiftSettings: testSettings
        ),
        .testTarget(
            name: "ParleyEngineTests",
            dependencies: [
                "ParleyProtocol", "ParleyEngine", "ParleyRedis", "ParleySQLite", "ParleyTestSupport",
                product("GRDB", "GRDB.swift"), product("Logging", "swift-log"),
                product("NIOCore", "swift-nio"), product("NIOEmbedded", "swift-nio"),
                product("NIOPosix", "swift-nio"),
            ],
            swiftSettings: testSettings
        ),
        .testTarget(
            name: "ParleyRedisTests",
            dependencies: [
                "ParleyRedis", "ParleyProtocol", "ParleyEngine", "ParleyTestSupport",
                product("Logging", "swift-log"),
                product("NIOCore", "swift-nio"), product("NIOEmbedded", "swift-nio"),
                product("NIOPosix", "swift-nio"),
            ],
            swiftSettings: testSettings
        ),
        .testTarget(
            name: "ParleyTransportTests",
            dependencies: [
                "ParleyTransport", "ParleyTestSupport",
                product("NIOCore", "swift-nio"), product("NIOEmbedded", "swift-nio"),
                product("NIOPosix", "swift-nio"),
            ],
            swiftSettings: testSettings
        ),
        .testTarget(
            name: "ParleyServerTests",
            dependencies: [
                "ParleyServer", "ParleyClient", "ParleyProtocol", "ParleyRooms", "ParleyEngine",
                "ParleyTransport", "ParleyTestSupport",
                product("NIOCore", "swift-nio"), product("NIOPosix", "swift-nio"),
                product("NIOEmbedded", "swift-nio"),
                product("Crypto", "swift-crypto"), product("CryptoExtras", "swift-crypto"),
                product("JWTKit", "jwt-kit"),
                product("Logging", "swift-log"), product("ServiceLifecycle", "swift-service-lifecycle"),
            ],
            swiftSettings: testSettings
        ),
        // The whole server on virtual time, sockets and a faulty engine; `swift run -c release simulate --help`.
        .target(
            name: "ParleySimulation",
            dependencies: [
                "ParleyServer", "ParleyProtocol", "ParleyRooms", "ParleyEngine", "ParleyTransport", "ParleyTestSupport",
                product("NIOCore", "swift-nio"), product("Logging", "swift-log"),
                product("DequeModule", "swift-collections"), product("HeapModule", "swift-collections"),
            ],
            path: "Tests/ParleySimulation",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "simulate",
            dependencies: ["ParleySimulation", "ParleyProtocol", product("ArgumentParser", "swift-argument-parser")],
            path: "Tests/Simulate",
            swiftSettings: settings
        ),
        .testTarget(
            name: "SimulationTests",
            dependencies: ["ParleySimulation", "ParleyProtocol"],
            swiftSettings: testSettings
        ),
        .testTarget(
            name: "ParleyClientTests",
            dependencies: ["ParleyClient", "ParleyProtocol", "ParleyTestSupport"],
            swiftSettings: testSettings
        ),
        // Whatever reads what others have written; `./test --only fuzz` runs the same targets under a fuzzer.
        .target(
            name: "FuzzTargets",
            dependencies: [
                "ParleyServer", "ParleyProtocol", "ParleyRooms", "ParleyEngine", "ParleyTransport", "ParleyLoad",
                "ParleyRedis",
                product("Crypto", "swift-crypto"), product("JWTKit", "jwt-kit"), product("NIOCore", "swift-nio"),
                product("NIOEmbedded", "swift-nio"),
            ],
            path: "Tests/Fuzz/Targets",
            swiftSettings: settings
        ),
        .testTarget(name: "FuzzTests", dependencies: ["FuzzTargets"], swiftSettings: testSettings),
        .testTarget(name: "TidyTests", swiftSettings: testSettings),
    ],
    swiftLanguageModes: [.v6]
)
