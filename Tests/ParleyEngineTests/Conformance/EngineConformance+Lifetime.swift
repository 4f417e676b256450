import NIOCore
import ParleyEngine
import ParleyProtocol
import Testing

extension EngineConformance {
    static let lifetimeRules = [
        rule("C7: a reseed succeeds on the exact top, once") { subject async throws in
            let engine = subject.engine
            let positions = try await subject.fill(2)
            let seed = LogSnapshot(
                position: Position(generation: 2, sequence: 5, uid: 500),
                payload: ByteBuffer(string: "healed")
            )
            for wrong in [positions[0], .start, Position(generation: 1, sequence: 2, uid: 99)] {
                let result = try await engine.reseed(Self.log, observed: wrong, snapshot: seed, via: Self.loop)
                #expect(result == .conflict(positions[1]))
            }
            let top = positions[1]
            #expect(try await engine.reseed(Self.log, observed: top, snapshot: seed, via: Self.loop) == .done)
            let late = LogSnapshot(
                position: Position(generation: 2, sequence: 6, uid: 600),
                payload: ByteBuffer()
            )
            let second = try await engine.reseed(Self.log, observed: top, snapshot: late, via: Self.loop)
            #expect(second == .conflict(seed.position))
            let read = try await subject.read(after: top)
            #expect(read == LogRead(continues: false, snapshot: seed, entries: [], top: seed.position))
            #expect(try await subject.append("on", after: seed.position, uid: 6) == .appended)
            #expect(try await subject.head() == Position(generation: 2, sequence: 6, uid: 6))
        },
        rule("a missing log can be reseeded, and a reseed never goes back") { subject async throws in
            let engine = subject.engine
            let seed = LogSnapshot(position: Position(generation: 2, sequence: 9, uid: 9), payload: ByteBuffer())
            #expect(try await engine.reseed(Self.log, observed: .start, snapshot: seed, via: Self.loop) == .done)
            for position in [
                Position(generation: 2, sequence: 10, uid: 10), Position(generation: 3, sequence: 9, uid: 10),
            ] {
                let snapshot = LogSnapshot(position: position, payload: ByteBuffer())
                await #expect(throws: EngineError.invalid) {
                    try await engine.reseed(
                        Self.log,
                        observed: seed.position,
                        snapshot: snapshot,
                        via: Self.loop
                    )
                }
            }
        },
        rule("C8: after a loss no position equals a lost one") { subject async throws in
            guard let failOver = subject.failOver else { return }
            let positions = try await subject.fill(4)
            await failOver(2, Self.log)
            #expect(try await subject.head() == positions[1])
            let rewritten = try await subject.fill(2, from: 90, after: positions[1])
            #expect(Set(rewritten).isDisjoint(with: positions))
            let result = try await subject.append("of the lost branch", after: positions[3], uid: 5)
            #expect(result == .conflict(LogConflict(top: rewritten[1], tail: nil)))
            #expect(try await !subject.read(after: positions[3]).continues)
        },
        rule("a log is retired on its exact top; its name can be used again") { subject async throws in
            let engine = subject.engine
            let positions = try await subject.fill(2)
            let early = try await engine.retire(Self.log, expecting: positions[0], via: Self.loop)
            #expect(early == .conflict(positions[1]))
            #expect(try await engine.retire(Self.log, expecting: positions[1], via: Self.loop) == .done)
            #expect(try await subject.head() == .start)
            let late = try await subject.append("late", after: positions[1], uid: 3)
            #expect(late == .conflict(LogConflict(top: .start, tail: nil)))
            #expect(try await engine.retire(Self.log, expecting: positions[1], via: Self.loop) == .conflict(.start))
            let again = try await subject.fill(2, from: 11)
            let old = try await subject.append("late", after: positions[1], uid: 3)
            #expect(old == .conflict(LogConflict(top: again[1], tail: nil)))
            #expect(try await !subject.read(after: positions[1]).continues)
        },
        rule("whatever must happen once is a log whose first append wins") { subject async throws in
            let ticket = LogID(.ticket, "t")
            #expect(try await subject.append("first", after: .start, uid: 1, to: ticket) == .appended)
            let second = try await subject.append("second", after: .start, uid: 2, to: ticket)
            guard case .conflict(let conflict) = second else {
                Issue.record("used twice")
                return
            }
            #expect(conflict.tail?.map { String(buffer: $0.payload) } == ["first"])
        },
        rule("a log lives as long as its last append has said") { subject async throws in
            guard let advance = subject.advance else { return }
            let log = LogID(.ticket, "short")
            let hour = Retention.milliseconds(3_600_000)
            #expect(try await subject.append("1", after: .start, uid: 1, to: log, retention: hour) == .appended)
            advance(3_599_999)
            #expect(try await subject.head(log)?.sequence == 1)
            let first = Position.start.next(uid: 1)
            #expect(try await subject.append("2", after: first, uid: 2, to: log, retention: hour) == .appended)
            advance(3_599_999)
            #expect(try await subject.head(log)?.sequence == 2)
            advance(1)
            #expect(try await subject.engine.list(.ticket, limit: 10, via: Self.loop) == [])
            #expect(try await subject.head(log) == .start)
            #expect(try await subject.append("3", after: .start, uid: 3, to: log) == .appended)
            advance(99_999_999)
            #expect(try await subject.head(log)?.uid == 3)
        },
        rule("logs are listed by kind, in order, page by page") { subject async throws in
            for (index, id) in ["b", "d", "a", "c"].enumerated() {
                let uid = UInt64(index + 1)
                _ = try await subject.append("x", after: .start, uid: uid, to: LogID(.alias, id))
            }
            _ = try await subject.append("x", after: .start, uid: 9, to: LogID(.ticket, "b2"))
            let list = { (after: String?, limit: Int) in
                try await subject.engine.list(.alias, after: after, limit: limit, via: Self.loop).map(\.id)
            }
            #expect(try await list(nil, 3) == ["a", "b", "c"])
            #expect(try await list("c", 3) == ["d"])
            #expect(try await list("b2", 1) == ["c"])
            #expect(try await list(nil, 0) == [])
        },
    ]
}
