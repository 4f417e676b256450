import NIOCore
import ParleyEngine
import ParleyProtocol
import ParleyRedis
import ParleyTestSupport
import Testing

/// A master of a Cluster dies, and its replica takes its place.
@Suite(.timeLimit(.minutes(2 * patience))) struct RedisClusterFailoverTests {
    /// What the engine has acknowledged of one room.
    private struct Told: Sendable {
        let id: RoomID
        var top: Position

        var room: LogID { LogID(room: self.id) }
        var mailbox: MailboxID { MailboxID(room: self.id, recipient: Mail.bob.recipient) }
    }

    @Test func commandsGoOnAndNothingThatWasAcknowledgedIsLost() async throws {
        let cluster = try await RedisCluster(replicas: 1)
        defer { cluster.stop() }
        try await RedisScope.run(cluster.servers[0], cluster.url) {
            try await RedisSubject.with { redis in
                let (engine, loop) = (redis.engine, EngineConformance.loop)
                var told = try await self.write(redis, rooms: 12)
                // The first server has the first third of the slots.
                let isDying = told.map { RedisKey(redis.key(of: $0.room, "l")).slot < 5_461 }
                let lost = try #require(isDying.firstIndex(of: true))
                let spared = try #require(isDying.firstIndex(of: false))
                let heard = Heard<LogHint>()
                _ = try await engine.subscribe(to: told[lost].room, as: EngineConformance.other, via: loop) {
                    heard.say($0)
                }
                try await cluster.replicasHaveAll()
                let life = engine.incarnation
                cluster.servers[0].kill()
                // What the others have is served meanwhile.
                #expect(try await self.append(redis, &told[spared]))
                var isTaken = false
                while !isTaken { isTaken = try await self.append(redis, &told[lost]) }
                #expect(engine.incarnation != life)
                for index in told.indices { try await self.check(redis, &told[index]) }
                let room = told[lost].room
                let saying = loop.scheduleRepeatedTask(initialDelay: .zero, delay: .milliseconds(50)) { _ in
                    engine.publishEphemeral(ByteBuffer(string: "psst"), to: room)
                }
                _ = await heard.upTo { $0 == .ephemeral(ByteBuffer(string: "psst")) }
                saying.cancel()
            }
        }
    }

    private func write(_ redis: RedisSubject, rooms: Int) async throws -> [Told] {
        var told: [Told] = []
        for number in 0..<rooms {
            let id = RoomID(high: 5, low: UInt64(number))
            let one = Told(id: id, top: try await redis.subject.fill(3, to: LogID(room: id))[2])
            #expect(try await redis.subject.send(1, to: one.mailbox) == .stored)
            told.append(one)
        }
        return told
    }

    /// - Returns: whether it was taken; if that is not known, the log knows.
    private func append(_ redis: RedisSubject, _ told: inout Told) async throws -> Bool {
        let uid = told.top.sequence + 1_000
        do {
            let result = try await redis.subject.append("more", after: told.top, uid: uid, to: told.room)
            switch result {
            case .appended: break
            // Ours, whose answer was lost; anything else would be a loss.
            case .conflict(let conflict): #expect(conflict.top == told.top.next(uid: uid))
            case .engineChanged: return false
            }
            told.top = told.top.next(uid: uid)
            return true
        } catch let error as EngineError where error == .unavailable || error == .ambiguous {
            return false
        }
    }

    private func check(_ redis: RedisSubject, _ told: inout Told) async throws {
        #expect(try await redis.subject.head(told.room) == told.top)
        #expect(try await redis.subject.texts(told.mailbox) == ["1"])
        #expect(try await self.append(redis, &told))
        #expect(try await redis.subject.send(2, to: told.mailbox) == .stored)
    }
}
