extension Rule {
    static let determinism: [Rule] = [
        .code(
            "what thinks has no clock, no dice and no lock",
            bad: [
                "Sources/ParleyRooms/A.swift": "let now = Date()\n",
                "Sources/ParleyProtocol/A.swift": "let a = Int.random(in: 0..<2)\n",
                "Sources/ParleyRooms/B.swift": "let now = ContinuousClock.now\n",
                "Sources/ParleyTransport/A+StateMachine.swift": "let now: NIODeadline = .now()\n",
                "Sources/ParleyEngine/B+StateMachine.swift": "var generator = SystemRandomNumberGenerator()\n",
                "Sources/ParleyRooms/C.swift": "let lock = Mutex(0)\n",
                "Sources/ParleyRooms/D.swift": "let a = list.randomElement()\n",
            ],
            good: [
                "Sources/ParleyRooms/A.swift": "func a(now: Instant, using: some RandomNumberGenerator) {}\n",
                "Sources/ParleyEngine/B.swift": "let now = NIODeadline.now()\n",
                "Sources/ParleyProtocol/C.swift": "let a = b.nowhere\n",
            ],
            in: { $0.isIn("Sources/ParleyProtocol/", "Sources/ParleyRooms/") || $0.isStateMachine },
            [
                Pattern(
                    "a clock",
                    use: "an `Instant` as argument",
                    expression: "\\bDate\\(\\)|\\.now\\b|\\b(clock_gettime|gettimeofday)\\("
                        + "|\\b(Continuous|Suspending)Clock\\b"
                ),
                Pattern(
                    "randomness",
                    use: "random bytes or a generator as argument",
                    expression: "\\.(random|randomElement)\\(|\\.shuffled?\\(\\)|\\bUUID\\(\\)"
                        + "|\\bSystemRandomNumberGenerator\\b"
                ),
                Pattern("a lock", use: "a value", expression: "\\b(Mutex|NIOLock|NIOLockedValueBox|NSLock)\\b"),
            ]
        ),
        .perFile(
            "a state machine names every state",
            bad: [
                "Sources/ParleyServer/A+StateMachine.swift": """
                switch self.state {
                case .idle: break
                default: break
                }
                """,
                "Sources/ParleyServer/B+StateMachine.swift": """
                    switch (self.state, event) {
                    case (.idle, .opened):
                        switch byte {
                        case 1: break
                        }
                    default:
                        break
                    }
                """,
            ],
            good: [
                "Sources/ParleyServer/A.swift": "switch a {\ncase .idle: break\ndefault: break\n}\n",
                "Sources/ParleyServer/B+StateMachine.swift": """
                switch self.state {
                case .idle:
                    switch byte {
                    case 0x7F: break
                    default: break
                    }
                }
                """,
            ],
            in: \.isStateMachine
        ) { file in
            SwitchDefaults.overCases(in: file).map {
                Finding(
                    path: file.path,
                    line: $0,
                    banned: "`default:` in a state machine",
                    use: "every state by name, so that a new one is a question to each switch"
                )
            }
        },
        .code(
            "no test sleeps",
            bad: [
                "Tests/ParleyRoomsTests/A.swift": "try await Task.sleep(for: .seconds(1))\n",
                "Tests/ParleyRoomsTests/B.swift": "usleep(1)\n",
                "Tests/ParleyRoomsTests/C.swift": "Thread.sleep(forTimeInterval: 1)\n",
                "Tests/ParleyRoomsTests/D.swift": "try await clock.sleep(for: .seconds(1))\n",
            ],
            good: ["Tests/ParleyRoomsTests/A.swift": "loop.advanceTime(by: .seconds(1)) // no Task.sleep\n"],
            in: { $0.isIn("Tests/") },
            [
                Pattern(
                    "a sleep",
                    use: "a clock that the test moves, or the event that it waits for",
                    expression: "\\b(u|nano)?sleep\\("
                )
            ]
        ),
    ]
}
