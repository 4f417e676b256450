import NIOCore
import ParleyEngine
import ParleyProtocol
import Testing

extension EngineConformance {
    static let logRules = [
        rule("C1: an append succeeds on the exact top, and only there") { subject async throws in
            let positions = try await subject.fill(3)
            let top = positions[2]
            let wrong = [
                Position.start,
                positions[1],
                Position(generation: 2, sequence: 3, uid: top.uid),
                Position(generation: 1, sequence: 2, uid: top.uid),
                Position(generation: 1, sequence: 4, uid: top.uid),
                Position(generation: 1, sequence: 3, uid: top.uid + 100),
            ]
            for position in wrong {
                let result = try await subject.append("wrong", after: position, uid: 77)
                guard case .conflict(let conflict) = result else {
                    Issue.record("\(position) was taken for the top \(top): \(result)")
                    continue
                }
                #expect(conflict.top == top)
            }
            #expect(try await subject.head() == top)
            #expect(try await subject.append("right", after: top, uid: 4) == .appended)
        },
        rule("a conflict tells an ancestor what it has missed") { subject async throws in
            let positions = try await subject.fill(3)
            for (index, ancestor) in ([.start] + positions.dropLast()).enumerated() {
                let result = try await subject.append("late", after: ancestor, uid: 77)
                guard case .conflict(let conflict) = result else {
                    Issue.record("no conflict after \(ancestor)")
                    continue
                }
                #expect(conflict.tail?.map(\.position) == Array(positions[index...]))
                #expect(conflict.tail?.first?.after == ancestor)
            }
        },
        rule("a conflict tells a stranger that only a read can tell more") { subject async throws in
            let positions = try await subject.fill(2)
            let forked = Position(generation: 1, sequence: 1, uid: 99)
            let result = try await subject.append("other history", after: forked, uid: 77)
            #expect(result == .conflict(LogConflict(top: positions[1], tail: nil)))
            let ahead = Position(generation: 1, sequence: 5, uid: 5)
            let result2 = try await subject.append("lost history", after: ahead, uid: 78)
            #expect(result2 == .conflict(LogConflict(top: positions[1], tail: nil)))
        },
        rule("a long tail may be told in part, from its beginning") { subject async throws in
            let positions = try await subject.fill(100)
            let result = try await subject.append("very late", after: positions[0], uid: 777)
            guard case .conflict(let conflict) = result, let tail = conflict.tail else {
                Issue.record("no tail: \(result)")
                return
            }
            #expect(conflict.top == positions[99])
            #expect(!tail.isEmpty)
            #expect(tail.map(\.position) == Array(positions.dropFirst().prefix(tail.count)))
        },
        rule("an entry that does not follow what it says it follows is invalid") { subject async throws in
            let top = try await subject.fill(1)[0]
            let wrong = [
                Position(generation: 1, sequence: 3, uid: 9),
                Position(generation: 2, sequence: 2, uid: 9),
                Position(generation: 1, sequence: 2, uid: top.uid),
            ]
            for position in wrong {
                let entry = LogEntry(position: position, after: top, author: Self.node, payload: ByteBuffer())
                let incarnation = subject.engine.incarnation
                await #expect(throws: EngineError.invalid) {
                    try await subject.engine.append(entry, to: Self.log, in: incarnation, via: Self.loop)
                }
            }
            #expect(try await subject.head() == top)
        },
        rule("an entry over the limit is too large, and not there") { subject async throws in
            let payload = String(repeating: "x", count: Limits().entryBytesMax + 1)
            await #expect(throws: EngineError.tooLarge) {
                try await subject.append(payload, after: .start, uid: 1)
            }
            #expect(try await subject.head() == .start)
        },
        rule("C2: four loops append to one log; it is dense and nothing is lost") { subject async throws in
            try await Self.appendFromEverywhere(subject)
        },
        rule("C4, C5: what was appended is read, byte for byte") { subject async throws in
            var bytes = ByteBuffer()
            bytes.writeBytes((0...255).map { UInt8($0) })
            bytes.moveReaderIndex(forwardBy: 3)
            let entry = LogEntry(after: .start, uid: .max, author: Self.other, payload: bytes)
            let incarnation = subject.engine.incarnation
            let result = try await subject.engine.append(
                entry,
                to: Self.log,
                in: incarnation,
                via: Self.loop
            )
            #expect(result == .appended)
            #expect(try await subject.read().entries == [entry])
        },
        rule("logs do not touch each other") { subject async throws in
            let alias = LogID(.alias, Self.log.id)
            _ = try await subject.fill(2)
            #expect(try await subject.append("a", after: .start, uid: 50, to: alias) == .appended)
            let tops = try await subject.engine.heads(
                [alias, LogID(.ticket, "none"), Self.log],
                via: Self.loop
            )
            #expect(tops == [Position.start.next(uid: 50), .start, Position(generation: 1, sequence: 2, uid: 2)])
        },
        rule("in another life of the engine nothing is appended") { subject async throws in
            guard let failOver = subject.failOver else { return }
            let before = subject.engine.incarnation
            await failOver(0, Self.log)
            let now = subject.engine.incarnation
            #expect(now != before)
            let entry = LogEntry(after: .start, uid: 1, author: Self.node, payload: ByteBuffer())
            let result = try await subject.engine.append(entry, to: Self.log, in: before, via: Self.loop)
            #expect(result == .engineChanged(now))
            #expect(try await subject.head() == .start)
        },
    ]

    private static func appendFromEverywhere(_ subject: ConformanceSubject) async throws {
        let perWriter = 50
        let won = try await withThrowingTaskGroup(of: [Position].self) { writers in
            for writer in 0..<4 {
                let loop = Self.loop
                writers.addTask {
                    var top = Position.start
                    var won: [Position] = []
                    while won.count < perWriter {
                        // Unique over all writers and attempts that succeed.
                        let uid = UInt64(writer * 1_000 + won.count + 1)
                        let entry = LogEntry(after: top, uid: uid, author: Self.node, payload: ByteBuffer())
                        let incarnation = subject.engine.incarnation
                        switch try await subject.engine.append(entry, to: Self.log, in: incarnation, via: loop) {
                        case .appended:
                            top = entry.position
                            won.append(top)
                        case .conflict(let conflict):
                            top = conflict.tail?.last?.position ?? conflict.top
                        case .engineChanged:
                            Issue.record("nothing has happened to the engine")
                            return won
                        }
                    }
                    return won
                }
            }
            return try await writers.reduce(into: []) { $0 += $1 }
        }
        let entries = try await subject.read().entries
        #expect(entries.map(\.position.sequence) == (1...UInt64(4 * perWriter)).map { $0 })
        #expect(Set(entries.map(\.position)) == Set(won))
        var top = Position.start
        for entry in entries {
            #expect(entry.after == top)
            top = entry.position
        }
    }

    static let readRules = [
        rule("a read continues after any entry of the history") { subject async throws in
            let positions = try await subject.fill(3)
            for (index, position) in ([.start] + positions).enumerated() {
                let read = try await subject.read(after: position)
                #expect(read.continues)
                #expect(read.snapshot == nil)
                #expect(read.entries.map(\.position) == Array(positions[index...]))
                #expect(read.top == positions[2])
            }
        },
        rule("a read after anything else begins at the beginning") { subject async throws in
            let positions = try await subject.fill(3)
            let stranger = Position(generation: 1, sequence: 2, uid: 99)
            let ahead = Position(generation: 1, sequence: 4, uid: 4)
            for position in [nil, stranger, ahead] {
                let read = try await subject.read(after: position)
                #expect(!read.continues)
                #expect(read.entries.map(\.position) == positions)
            }
        },
        rule("a log that does not exist is empty") { subject async throws in
            let read = try await subject.read()
            #expect(read == LogRead(continues: false, snapshot: nil, entries: [], top: .start))
            #expect(try await subject.read(after: .start).continues)
        },
        rule("a snapshot replaces the entries it covers, and nothing else") { subject async throws in
            let positions = try await subject.fill(6)
            let snapshot = LogSnapshot(position: positions[3], payload: ByteBuffer(string: "four"))
            // Asks for more than is allowed: up to the snapshot it is.
            let result = try await subject.engine.writeSnapshot(
                snapshot,
                keepFrom: 100,
                to: Self.log,
                via: Self.loop
            )
            #expect(result == .written)
            let all = try await subject.read()
            #expect(all.snapshot == snapshot)
            #expect(all.entries.map(\.position) == Array(positions[4...]))
            #expect(try await subject.read(after: positions[3]).continues)
            let early = try await subject.read(after: positions[1])
            #expect(!early.continues)
            #expect(early.snapshot == snapshot)
            #expect(try await subject.append("7", after: positions[5], uid: 7) == .appended)
        },
        rule("a snapshot keeps what it is asked to keep, and the newest entry") { subject async throws in
            let positions = try await subject.fill(4)
            let snapshot = LogSnapshot(position: positions[3], payload: ByteBuffer(string: "four"))
            let engine = subject.engine
            _ = try await engine.writeSnapshot(snapshot, keepFrom: 3, to: Self.log, via: Self.loop)
            #expect(try await subject.read(after: positions[1]).entries.count == 2)
            #expect(try await subject.read().entries.isEmpty)
            #expect(try await subject.head() == positions[3])
        },
        rule("a snapshot of another history, or an old one, is ignored") { subject async throws in
            let positions = try await subject.fill(4)
            let engine = subject.engine
            let stranger = Position(generation: 1, sequence: 2, uid: 99)
            for (position, expected) in [
                (stranger, SnapshotResult.ignored), (positions[2], .written), (positions[2], .ignored),
                (positions[1], .ignored), (.start, .ignored),
            ] {
                let snapshot = LogSnapshot(position: position, payload: ByteBuffer(string: "s"))
                let result = try await engine.writeSnapshot(
                    snapshot,
                    keepFrom: 0,
                    to: Self.log,
                    via: Self.loop
                )
                #expect(result == expected, "\(position)")
            }
            #expect(try await subject.read().snapshot?.position == positions[2])
        },
    ]
}
