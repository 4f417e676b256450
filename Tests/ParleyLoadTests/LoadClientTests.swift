import ParleyLoad
import ParleyProtocol
import Testing

struct LoadClientTests {
    private static let room = RoomID(high: 1, low: 1)
    private static let ada = ParticipantID(high: 1, low: 2)
    private static let bob = ParticipantID(high: 1, low: 3)

    private static func position(_ sequence: UInt64) -> Position {
        Position(generation: 1, sequence: sequence, uid: sequence)
    }

    private static func welcome(resumed: Bool, secret: String = "one") -> ServerMessage {
        .welcome(
            Welcome(
                session: SessionID(high: 1, low: 9),
                identity: IdentityID(high: 1, low: 9),
                resumed: resumed,
                resumeRefused: resumed ? nil : .over,
                resumeSecret: secret,
                limits: Limits(),
                features: [],
                iceServers: .array([]),
                time: Instant(milliseconds: 1)
            )
        )
    }

    private static var snapshot: ServerMessage {
        let state: JSONValue = ["people": [:]]
        return .snapshot(
            Snapshot(
                room: Self.room,
                participant: Self.ada,
                at: Self.position(4),
                view: "participant",
                state: state,
                hash: StateHash(of: state),
                events: [["type": "joined", "by": .string("\(Self.ada)"), "id": 1]]
            )
        )
    }

    private static func signal(_ n: UInt64) -> ServerMessage {
        .signal(RelayedSignal(from: Self.bob, n: n, payload: .signal(data: true)))
    }

    private static func joined() throws -> (LoadClient, Verdict) {
        var (client, verdict) = (LoadClient(name: nil, token: "t"), Verdict())
        let alias = try #require(RoomAlias("load-1"))
        guard case .hello(let hello) = client.hello(joining: .alias(alias)) else {
            Issue.record("no hello")
            return (client, verdict)
        }
        #expect(hello.token == "t")
        #expect(hello.resume == nil)
        #expect(hello.join?.room == .alias(alias))
        guard case .welcomed(resumed: false) = client.hear(Self.welcome(resumed: false), &verdict),
            case .entered(let notes) = client.hear(Self.snapshot, &verdict)
        else {
            Issue.record("not entered")
            return (client, verdict)
        }
        #expect(notes == [EventNote(["type": "joined", "by": .string("\(Self.ada)"), "id": 1])])
        #expect(client.participant == Self.ada)
        return (client, verdict)
    }

    @Test("Who joins says hello once, and commands are numbered from 2 on")
    func join() throws {
        var (client, verdict) = try Self.joined()
        #expect(client.nextCommand() == 2)
        #expect(client.nextCommand() == 3)
        // Another snapshot is no entry.
        guard case .snapshot = client.hear(Self.snapshot, &verdict) else {
            Issue.record("entered twice")
            return
        }
        #expect(verdict.isGood)
    }

    @Test("Who comes back says where the room stood and what has arrived, in one piece from the first on")
    func resume() throws {
        var (client, verdict) = try Self.joined()
        for n: UInt64 in [1, 2, 4] { _ = client.hear(Self.signal(n), &verdict) }
        guard case .hello(let hello) = client.hello(joining: nil) else {
            Issue.record("no hello")
            return
        }
        #expect(hello.join == nil)
        #expect(hello.resume?.secret == "one")
        #expect(hello.resume?.attempt == 2)
        #expect(hello.resume?.rooms?.first?.at == Self.position(4))
        #expect(hello.resume?.received == [Watermark(participant: Self.bob, n: 2)])
        guard case .welcomed(resumed: true) = client.hear(Self.welcome(resumed: true, secret: "two"), &verdict) else {
            Issue.record("not resumed")
            return
        }
        guard case .hello(let next) = client.hello(joining: nil) else {
            Issue.record("no hello")
            return
        }
        #expect(next.resume?.secret == "two")
        #expect(verdict.isGood)
    }

    @Test("A session that cannot be had back is told, and nothing of it is kept")
    func lost() throws {
        var (client, verdict) = try Self.joined()
        _ = client.hello(joining: nil)
        guard case .sessionLost(.over) = client.hear(Self.welcome(resumed: false), &verdict) else {
            Issue.record("not lost")
            return
        }
        #expect(client.room == nil)
    }

    @Test("Signals are acknowledged once, and what is wrong with them is counted")
    func signals() throws {
        var (client, verdict) = try Self.joined()
        #expect(client.acknowledgement() == nil)
        for n: UInt64 in [1, 3, 3, 2] { _ = client.hear(Self.signal(n), &verdict) }
        #expect(verdict.twice == 1)
        #expect(verdict.disordered == 1)
        #expect(client.acknowledgement() == .beat(ClientBeat(acknowledged: [Watermark(participant: Self.bob, n: 3)])))
        #expect(client.acknowledgement() == nil)
    }
}
