import NIOCore
import ParleyEngine
import ParleyProtocol
import Testing

extension EngineConformance {
    static let hintRules = [
        rule("C3: subscribers hear of committed entries only") { subject async throws in
            let heard = Heard<LogHint>()
            let loop = Self.loop
            _ = try await subject.engine.subscribe(to: Self.log, as: Self.other, via: loop) {
                loop.preconditionInEventLoop()
                heard.say($0)
            }
            let top = try await subject.fill(3)[2]
            _ = try await subject.append("never", after: .start, uid: 66)
            _ = try await subject.fill(1, from: 4, after: top)
            let hints = await heard.upTo {
                if case .committed(let entry) = $0 { entry.position.uid == 4 } else { false }
            }
            let entries = try await subject.read().entries
            for hint in hints {
                guard case .committed(let entry) = hint else {
                    Issue.record("not of an entry: \(hint)")
                    continue
                }
                #expect(entries.contains(entry))
            }
        },
        rule("subscribers hear of reseeds, retirements and ephemerals") { subject async throws in
            let engine = subject.engine
            let heard = Heard<LogHint>()
            _ = try await engine.subscribe(to: Self.log, as: Self.other, via: Self.loop) { heard.say($0) }
            let seed = LogSnapshot(position: Position(generation: 1, sequence: 1, uid: 1), payload: ByteBuffer())
            _ = try await engine.reseed(Self.log, observed: .start, snapshot: seed, via: Self.loop)
            engine.publishEphemeral(ByteBuffer(string: "psst"), to: Self.log)
            _ = try await engine.retire(Self.log, expecting: seed.position, via: Self.loop)
            let hints = await heard.upTo { $0 == .retired(seed.position) }
            #expect(
                hints == [
                    .reseeded(seed.position), .ephemeral(ByteBuffer(string: "psst")), .retired(seed.position),
                ]
            )
        },
        rule("nothing is heard after the end of a subscription") { subject async throws in
            let engine = subject.engine
            let heard = Heard<LogHint>()
            let count = Shared(0)
            let loop = Self.loop
            let short = try await engine.subscribe(to: Self.log, as: Self.other, via: loop) { _ in
                count.with { $0 += 1 }
            }
            _ = try await engine.subscribe(to: Self.log, as: Self.other, via: loop) { heard.say($0) }
            _ = try await subject.fill(1)
            // From another loop than the one that hears.
            try await engine.unsubscribe(short, via: Self.loop)
            let before = count.with { $0 }
            _ = try await subject.fill(1, from: 2, after: Position.start.next(uid: 1))
            _ = await heard.upTo {
                if case .committed(let entry) = $0 { entry.position.uid == 2 } else { false }
            }
            #expect(count.with { $0 } == before)
            try await engine.unsubscribe(short, via: loop)
        },
        rule("mail is told to the other nodes of the room") { subject async throws in
            let engine = subject.engine
            let (mine, theirs) = (Heard<LogHint>(), Heard<LogHint>())
            _ = try await engine.subscribe(to: Mail.log, as: Self.node, via: Self.loop) { mine.say($0) }
            _ = try await engine.subscribe(to: Mail.log, as: Self.other, via: Self.loop) { theirs.say($0) }
            var batch = MailboxBatch(author: Self.node)
            batch.append(ByteBuffer(string: "1"), to: Mail.bob, from: Mail.ada, n: 1, floor: 1)
            batch.append(ByteBuffer(string: "2"), to: Mail.bob, from: Mail.ada, n: 2, floor: 1)
            batch.append(ByteBuffer(string: "gap"), to: Mail.cyd, from: Mail.ada, n: 2, floor: 1)
            _ = try await engine.append(batch, via: Self.loop)
            engine.publishEphemeral(ByteBuffer(), to: Mail.log)
            #expect(await theirs.upTo { $0 == .ephemeral(ByteBuffer()) }.first == .mail([Mail.bob.recipient]))
            #expect(await mine.upTo { $0 == .ephemeral(ByteBuffer()) } == [.ephemeral(ByteBuffer())])
        },
    ]

    static let completionRules = [
        rule("nothing completes inside the call, and everything on the caller's loop") { subject async throws in
            let loop = Self.loop
            let isEarly = try await loop.submit {
                let early = Shared(true)
                let wasEarly = Shared<[Bool]>([])
                let all = Self.callEverything(subject.engine, on: loop).map { future in
                    future.always { _ in
                        loop.assertInEventLoop()
                        wasEarly.with { $0.append(early.with { $0 }) }
                    }
                }
                early.with { $0 = false }
                for future in all { #expect(future.eventLoop === loop) }
                return EventLoopFuture.andAllComplete(all, on: loop).map { wasEarly.with { $0 } }
            }
            .flatMap { $0 }
            .get()
            #expect(isEarly == Array(repeating: false, count: isEarly.count))
            #expect(isEarly.count == 17)
        },
        rule("what one loop asks of one log happens in that order") { subject async throws in
            let loop = Self.loop
            let incarnation = subject.engine.incarnation
            let results = try await loop.submit {
                var top = Position.start
                let futures = (1...50).map { number in
                    let entry = LogEntry(
                        after: top,
                        uid: UInt64(number),
                        author: Self.node,
                        payload: ByteBuffer()
                    )
                    top = entry.position
                    return subject.engine.append(
                        entry,
                        to: Self.log,
                        retention: .untilRetired,
                        in: incarnation,
                        on: loop
                    )
                }
                return EventLoopFuture.whenAllSucceed(futures, on: loop)
            }
            .flatMap { $0 }
            .get()
            #expect(results == Array(repeating: .appended, count: 50))
        },
    ]

    private static func callEverything(
        _ engine: any Engine,
        on loop: any EventLoop
    ) -> [EventLoopFuture<Void>] {
        let entry = LogEntry(after: .start, uid: 1, author: Self.node, payload: ByteBuffer())
        let invalid = LogEntry(position: .start, after: .start, author: Self.node, payload: ByteBuffer())
        let seed = LogSnapshot(position: Position(generation: 9, sequence: 9, uid: 9), payload: ByteBuffer())
        let lease = NodeLease(node: Self.node, address: "")
        let none = Subscription(rawValue: .max)
        let life = engine.incarnation
        return [
            engine.append(entry, to: Self.log, retention: .untilRetired, in: life, on: loop).map { _ in },
            engine.append(invalid, to: Self.log, retention: .untilRetired, in: life, on: loop).map { _ in },
            engine.read(Self.log, after: nil, on: loop).map { _ in },
            engine.writeSnapshot(seed, keepFrom: 1, to: Self.log, on: loop).map { _ in },
            engine.reseed(Self.log, observed: .start, snapshot: seed, on: loop).map { _ in },
            engine.heads([], on: loop).map { _ in },
            engine.retire(Self.log, expecting: .start, on: loop).map { _ in },
            engine.list(.room, after: nil, limit: 1, on: loop).map { _ in },
            engine.subscribe(to: Self.log, as: Self.node, on: loop) { _ in }.map { _ in },
            engine.unsubscribe(none, on: loop),
            engine.append(MailboxBatch(author: Self.node), on: loop).map { _ in },
            engine.read(Mail.bob, on: loop).map { _ in },
            engine.acknowledge([], on: loop).map { _ in },
            engine.marks(from: Mail.ada, in: Mail.bob, on: loop).map { _ in },
            engine.drop(Mail.bob, on: loop),
            engine.heartbeat(lease, on: loop).map { _ in },
            engine.release(Self.node, on: loop),
        ]
    }
}
