extension Rule {
    static let fileLinesMax = 600
    static let fileLinesMedianMax = 150
    static let functionLinesMax = 70
    static let lineCharactersMax = 120
    static let scriptLinesMax = 300

    static let sizes: [Rule] = [
        .perFile(
            "no file is too long to read",
            bad: ["Sources/ParleyRooms/A.swift": String(repeating: "\n", count: 601)],
            good: ["Sources/ParleyRooms/A.swift": String(repeating: "\n", count: 600)],
            in: \.isSwift
        ) { file in
            guard file.lineCount > fileLinesMax else { return [] }
            return [
                Finding(
                    path: file.path,
                    line: fileLinesMax + 1,
                    banned: "a file of \(file.lineCount) lines",
                    use: "at most \(fileLinesMax): one idea for each file"
                )
            ]
        },
        .perFile(
            "no script is too long to read",
            bad: ["clients/javascript/a.js": String(repeating: "\n", count: 301)],
            good: ["clients/javascript/a.js": String(repeating: "\n", count: 300)],
            in: { $0.path.hasSuffix(".js") || $0.path.hasSuffix(".mjs") }
        ) { file in
            guard file.lineCount > scriptLinesMax else { return [] }
            return [
                Finding(
                    path: file.path,
                    line: scriptLinesMax + 1,
                    banned: "a script of \(file.lineCount) lines",
                    use: "at most \(scriptLinesMax): several modules"
                )
            ]
        },
        Rule(
            "most files are short",
            bad: ["Sources/ParleyRooms/A.swift": String(repeating: "\n", count: 151)],
            good: [
                "Sources/ParleyRooms/A.swift": String(repeating: "\n", count: 20),
                "Sources/ParleyRooms/B.swift": String(repeating: "\n", count: 30),
                "Sources/ParleyRooms/C.swift": String(repeating: "\n", count: 500),
            ]
        ) { files in
            let counts = files.filter { $0.isSwift && $0.isIn("Sources/") }.map(\.lineCount).sorted()
            guard !counts.isEmpty, counts[counts.count / 2] > fileLinesMedianMax else { return [] }
            return [
                Finding(
                    path: "Sources",
                    line: 1,
                    banned: "a median of \(counts[counts.count / 2]) lines for each file",
                    use: "at most \(fileLinesMedianMax)"
                )
            ]
        },
        .perFile(
            "no line is too wide",
            bad: [
                "Sources/ParleyRooms/A.swift": String(repeating: "a", count: 121),
                "Tests/Docs/a.py": String(repeating: "a", count: 121),
            ],
            good: ["Sources/ParleyRooms/A.swift": String(repeating: "é", count: 120)],
            in: { $0.isSwift || $0.path.hasSuffix(".py") }
        ) { file in
            file.lines.enumerated().filter { $0.element.count > lineCharactersMax }.map {
                Finding(
                    path: file.path,
                    line: $0.offset + 1,
                    banned: "a line of \($0.element.count) characters",
                    use: "at most \(lineCharactersMax)"
                )
            }
        },
        .perFile(
            "no function is too long to read",
            bad: [
                "Sources/ParleyRooms/A.swift": function(lines: 71),
                "Sources/ParleyRooms/B.swift": "struct A {\n    init?(a: Int) {\n"
                    + String(repeating: "\n", count: 80) + "    }\n}\n",
            ],
            good: [
                "Sources/ParleyRooms/A.swift": function(lines: 70),
                "Sources/ParleyRooms/B.swift": "protocol A {\n    func a()\n    func b() throws\n}\n"
                    + "struct B {\n" + String(repeating: "let a = 1\n", count: 80) + "}\n",
            ],
            in: \.isSwift
        ) { file in
            FunctionLengths.measure(file).filter { $0.lines > functionLinesMax }.map {
                Finding(
                    path: file.path,
                    line: $0.line,
                    banned: "a function of \($0.lines) lines",
                    use: "at most \(functionLinesMax): name its parts"
                )
            }
        },
    ]

    private static func function(lines: Int) -> String {
        "func a(\n    b: Int = { 1 }()\n) -> Int {\n" + String(repeating: "    // }\n", count: lines - 4) + "}\n"
    }
}
