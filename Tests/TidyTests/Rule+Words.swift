extension Rule {
    static let uncheckedSendableMax = 2

    static let words: [Rule] = [
        .code(
            "nothing in Sources ends the process or skips a check",
            bad: [
                "Sources/ParleyRooms/A.swift": "let a = try! b()\n",
                "Sources/ParleyRooms/B.swift": "let a = b as! Int\n",
                "Sources/ParleyRooms/C.swift": "fatalError(\"no\")\n",
                "Sources/ParleyRooms/D.swift": "let a = b!\n",
                "Sources/ParleyRooms/E.swift": "let a = b()!.c\n",
                "Sources/ParleyRooms/F.swift": "let a = b[1]![2]\n",
                "Sources/ParleyRooms/G.swift": "var a: Int!\n",
                "Sources/ParleyRooms/H.swift": "preconditionFailure()\n",
                "Sources/ParleyRooms/I.swift": "let a = \"\\(b!)\"\n",
            ],
            good: [
                "Sources/ParleyRooms/A.swift":
                    "// try! is banned\nlet a = !b && c != d\nlet e = \"Hello, world!\"\nif !(f) {}\n"
            ],
            in: { $0.isIn("Sources/") },
            [
                Pattern("`try!`", use: "a typed error", expression: "\\btry!"),
                Pattern("`as!`", use: "`as?` and a rejection", expression: "\\bas!"),
                Pattern("`fatalError`", use: "`assert` and a safe way on", expression: "\\bfatalError\\("),
                Pattern(
                    "`preconditionFailure`",
                    use: "`assert` and a safe way on",
                    expression: "\\bpreconditionFailure\\("
                ),
                Pattern(
                    "a force unwrap",
                    use: "`guard let`",
                    expression: "(\\b(?!try!|as!)\\w+|[)\\]}>?])!(?!=)"
                ),
            ]
        ),
        .text(
            "nothing is left to be done later",
            bad: [
                "Sources/ParleyRooms/A.swift": "// TODO: later\n",
                "Sources/ParleyRooms/B.swift": "// FIXME\n",
                "clients/javascript/a.js": "// XXX\n",
            ],
            good: ["Sources/ParleyRooms/A.swift": "// What there is to do is in nobody's comments.\n"],
            in: { $0.isIn("Sources/", "clients/", "web/") },
            [
                Pattern("`TODO`", use: "the finished thing", expression: "\\bTODO\\b"),
                Pattern("`FIXME`", use: "the mended thing", expression: "\\bFIXME\\b"),
                Pattern("`XXX`", use: "a sentence", expression: "\\bXXX\\b"),
            ]
        ),
        .code(
            "only the command prints",
            bad: ["Sources/ParleyServer/A.swift": "print(1)\n"],
            good: [
                "Sources/parley/A.swift": "print(1)\n",
                "Sources/ParleyServer/A.swift": "self.fingerprint(1)\n",
            ],
            in: { $0.isIn("Sources/") && !$0.isIn("Sources/parley/") },
            [Pattern("`print`", use: "a `Logger`", expression: "(^|[^.\\w])(debugPrint|print|dump)\\(")]
        ),
        .code(
            "types are named for what they are",
            bad: [
                "Sources/ParleyRooms/A.swift": "final class RoomManager {}\n",
                "Sources/ParleyRooms/B.swift": "enum Utils {}\n",
                "Tests/ParleyRoomsTests/C.swift": "struct UserInfo {}\n",
                "Sources/ParleyRooms/D.swift": "package protocol EngineBase {}\n",
            ],
            good: ["Sources/ParleyRooms/A.swift": "struct Database {}\nstruct Managers {}\nlet metadata = 1\n"],
            in: { _ in true },
            [
                Pattern(
                    "a name that ends in Manager, Helper, Utils, Impl, Base, Info or Data",
                    use: "what it is or does",
                    expression: "\\b(struct|class|enum|actor|protocol|typealias) \\w*"
                        + "(Manager|Helpers?|Utils?|Impl|Base|Info|Data)\\b"
                )
            ]
        ),
        Rule(
            "the compiler checks what is sendable",
            bad: [
                "Sources/ParleyServer/A.swift": String(repeating: "final class A: @unchecked Sendable {}\n", count: 3)
            ],
            good: ["Sources/ParleyServer/A.swift": "final class A: @unchecked Sendable {}\n// @unchecked\n"]
        ) { files in
            let pattern = Pattern("@unchecked Sendable", use: "")
            let places = files.filter { $0.isSwift && $0.isIn("Sources/") }.flatMap { file in
                ((try? pattern.lines(in: file.codeLines)) ?? []).map { (file.path, $0) }
            }
            return places.dropFirst(uncheckedSendableMax).map {
                Finding(
                    path: $0.0,
                    line: $0.1,
                    banned: "a third `@unchecked Sendable`",
                    use: "a value, a lock that holds its value, or an event loop's own state"
                )
            }
        },
    ]
}
