import NIOCore
import ParleyEngine
import ParleyProtocol
import ParleyTestSupport
import Testing

/// The contract, on a Redis Cluster of three masters.
@Suite(.redisCluster, .timeLimit(.minutes(patience))) struct RedisClusterTests {
    @Test(arguments: EngineConformance.rules)
    func conforms(_ rule: ConformanceRule) async throws {
        try await RedisSubject.with { try await rule.check($0.subject) }
    }

    @Test func whatIsAskedTogetherMayBeOnManyServers() async throws {
        try await RedisSubject.with { redis in
            let (engine, loop) = (redis.engine, EngineConformance.loop)
            let rooms = (0..<40).map { RoomID(high: 1, low: UInt64($0)) }
            for room in rooms { _ = try await redis.subject.fill(1, to: LogID(room: room)) }
            let heads = try await engine.heads(rooms.map { LogID(room: $0) }, via: loop)
            #expect(heads == Array(repeating: Position.start.next(uid: 1), count: 40))
            #expect(try await engine.list(.room, limit: 100, via: loop).count == 40)
            var batch = MailboxBatch(author: EngineConformance.node)
            let mailboxes = rooms.map { MailboxID(room: $0, recipient: Mail.ada) }
            for mailbox in mailboxes + mailboxes {
                batch.append(ByteBuffer(string: "x"), to: mailbox, from: Mail.ada, n: 1, floor: 1)
            }
            let verdicts = try await engine.append(batch, via: loop)
            let expected = Array(repeating: MailboxVerdict.stored, count: 40)
            #expect(verdicts == expected + Array(repeating: .duplicate, count: 40))
            let marks = mailboxes.map { MailboxAcknowledgement(mailbox: $0, sender: Mail.ada, n: 1) }
            #expect(try await engine.acknowledge(marks, via: loop) == Array(repeating: 1, count: 40))
        }
    }
}
