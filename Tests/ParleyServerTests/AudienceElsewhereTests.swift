import ParleyClient
import ParleyEngine
import ParleyProtocol
import ParleyTestSupport
import Testing

@Suite("A large audience on two servers", .timeLimit(.minutes(patience)))
struct AudienceElsewhereTests {
    @Test("the audience of one server sees the stage of the other, is counted by both, and comes to the stage")
    func raise() async throws {
        try await Self.withHall { hall in
            let (ada, a) = (hall.ada, hall.a)
            for client in [ada, hall.bob, hall.cleo, hall.dan, hall.eve] {
                try await client.countsAudience(3, of: a.id)
            }
            let near = try #require(await hall.dan.replica(of: a.id))
            let far = try #require(await hall.cleo.replica(of: a.id))
            #expect(near.state == far.state && near.hash == far.hash)
            #expect(far.people == [a.participant, hall.b.participant])

            try await hall.cleo.ask(.moderation(.raiseHand(toSpeak: true)), in: a.id)
            #expect(await hall.cleo.replica(of: a.id)?.me?["hand"] != nil)
            let raised = await ada.nextReplica { $0.contains(hall.c.participant) }
            let row = raised?.state["people"]?[hall.c.participant.description]
            #expect(row?["name"] == "Cleo" && row?["handToSpeak"] == true && row?["counted"] == true)

            let full = await #expect(throws: ClientError.self) {
                try await ada.ask(.role(.set(hall.c.participant, .speaker)), in: a.id)
            }
            #expect(full?.code == .stageFull)
            try await ada.ask(.role(.set(hall.b.participant, .audience)), in: a.id)
            try await ada.ask(.role(.set(hall.c.participant, .speaker)), in: a.id)
            let stage = [a.participant, hall.c.participant]
            let onStage = try #require(await hall.cleo.nextReplica { $0.me == nil && $0.people == stage })
            #expect(onStage.state["people"]?[hall.c.participant.description]?["hand"] == nil)
            for client in [ada, hall.bob, hall.dan, hall.eve] {
                #expect(await client.nextReplica { $0.people == stage } != nil)
            }
            try await hall.cleo.setMedia(in: a.id, audio: true)
            for client in [ada, hall.dan, hall.eve] {
                let name = hall.c.participant.description
                #expect(await client.nextReplica { $0.state["people"]?[name]?["media"]?["audio"] == true } != nil)
            }

            try await ada.ask(.moderation(.muteAll(.init(MediaKinds(audio: true), mayUnmute: false))), in: a.id)
            for client in [hall.bob, hall.dan, hall.cleo, hall.eve] {
                let (_, replica) = try #require(await client.nextRoomEvent("all-muted"))
                let media = replica.state["people"]?[hall.c.participant.description]?["media"]
                #expect(media?["audio"] == false)
            }
        }
    }

    @Test("answers and pulses of the audience cross, and the list is the same on both")
    func signals() async throws {
        try await Self.withHall { hall in
            let (ada, a) = (hall.ada, hall.a)
            await hall.eve.send(.signal(data: 1), to: a.participant)
            #expect(await hall.eve.nextRejection()?.knownCode == .notPermitted)
            await ada.send(.signal(data: 2), to: hall.e.participant)
            #expect(await hall.eve.nextSignal()?.payload == .signal(data: 2))
            await hall.eve.send(.signal(data: 3), to: a.participant)
            #expect(await ada.nextSignal()?.payload == .signal(data: 3))

            // Whoever has heard the second has not heard the first.
            await hall.eve.pulse(OutboundPulse(room: a.id, kind: "clap", data: "audience"))
            for client in [ada, hall.bob] { #expect(await client.nextPulse() == "audience") }
            await ada.pulse(OutboundPulse(room: a.id, kind: "clap", data: "stage"))
            for client in [hall.bob, hall.cleo, hall.dan, hall.eve] { #expect(await client.nextPulse() == "stage") }

            // A moderator on each server.
            try await ada.ask(.role(.set(hall.b.participant, .audience)), in: a.id)
            try await ada.ask(.role(.set(hall.c.participant, .coHost)), in: a.id)
            #expect(await hall.cleo.nextReplica { $0.view == "moderator" } != nil)
            let listed = [hall.b, hall.d, hall.e].map(\.participant.description)
            for client in [ada, hall.cleo] {
                var names: [String] = []
                var after: UInt64? = 0
                while let next = after {
                    await client.askRoster(of: a.id, after: next, max: 2)
                    let page = try #require(await client.nextPage())
                    names += page.people.object?.members.map(\.name) ?? []
                    after = page.next
                }
                #expect(names == listed)
            }
            await hall.eve.askRoster(of: a.id)
            #expect(await hall.eve.nextRejection()?.knownCode == .notPermitted)
        }
    }

    @Test("somebody of the audience moves to the other server, and stays who they are, with their hand and their calls")
    func moves() async throws {
        try await Self.withHall { hall in
            let (ada, a, dan, d) = (hall.ada, hall.a, hall.dan, hall.d)
            try await dan.ask(.moderation(.raiseHand(toSpeak: true)), in: a.id)
            await ada.send(.signal(data: "before"), to: d.participant)
            #expect(await dan.nextSignal()?.payload == .signal(data: "before"))
            await dan.send(.signal(data: "here"), to: a.participant)
            #expect(await ada.nextSignal()?.payload == .signal(data: "here"))
            try await hall.dansWay.refuse(true)
            try await hall.dansWay.cut()
            #expect(await dan.first { if case .resumed = $0 { true } else { nil } } == true)
            #expect(await dan.savedSession?.address == hall.second)

            // Behind this nothing is on its way any more.
            try await dan.ask(.moderation(.lowerHand(nil)), in: a.id)
            try await dan.ask(.moderation(.raiseHand(toSpeak: false)), in: a.id)
            let moved = try #require(await dan.replica(of: a.id))
            #expect(moved.participant == d.participant && moved.view == "audience")
            #expect(moved.people == [a.participant, hall.b.participant])
            for name in ["name", "identity", "role", "joined", "joinedAt", "counted"] {
                #expect(moved.me?[name] == d.me?[name], "\(name)")
            }
            #expect(moved.me?["connection"] == "connected" && moved.me?["hand"] != nil)
            try await dan.countsAudience(3, of: a.id)

            await dan.send(.signal(data: "there"), to: a.participant)
            #expect(await ada.nextSignal()?.payload == .signal(data: "there"))
            await ada.send(.signal(data: "after"), to: d.participant)
            #expect(await dan.nextSignal()?.payload == .signal(data: "after"))

            try await ada.ask(.role(.set(hall.b.participant, .audience)), in: a.id)
            try await ada.ask(.role(.set(d.participant, .participant)), in: a.id)
            let stage = [a.participant, d.participant]
            for client in [ada, hall.cleo, dan] { #expect(await client.nextReplica { $0.people == stage } != nil) }
            #expect(await dan.replica(of: a.id)?.me == nil)
            try await ada.countsAudience(3, of: a.id)
        }
    }

    /// Ada and Bob are the stage, and Dan sits before it, on one server; Cleo and Eve sit on the other.
    private struct Hall: Sendable {
        let ada, bob, cleo, dan, eve: ParleyClient
        let a, b, c, d, e: RoomReplica
        /// Between Dan and the first server; if it is no way, he takes the other.
        let dansWay: CuttableRelay
        let second: String
    }

    private static func withHall(_ body: @Sendable (Hall) async throws -> Void) async throws {
        var limits = Limits()
        limits.stageUsual = 2
        // The count is renewed as time goes on.
        let (clock, start) = (ContinuousClock(), ContinuousClock.now)
        let engine = InMemoryEngine(limits: limits, incarnation: EngineIncarnation(rawValue: 1)) {
            let (seconds, attoseconds) = (clock.now - start).components
            return Instant(milliseconds: 1_795_226_400_000 + seconds * 1_000 + attoseconds / 1_000_000_000_000_000)
        }
        try await withServer(limits: limits, engine: engine) { [limits] first in
            try await withServer(limits: limits, engine: engine) { second in
                let (ada, bob, a, b) = try await pair(first)
                let way = try await CuttableRelay.open(to: first.port)
                let dan = try await first.connect(to: [way.address, second.address])
                let (cleo, eve) = (try await second.connect(), try await second.connect())
                let c = try await cleo.join(.id(a.id), name: "Cleo")
                let d = try await dan.join(.id(a.id), name: "Dan")
                let e = try await eve.join(.id(a.id), name: "Eve")
                for replica in [c, d, e] { #expect(replica.view == "audience") }
                try await body(
                    Hall(
                        ada: ada,
                        bob: bob,
                        cleo: cleo,
                        dan: dan,
                        eve: eve,
                        a: a,
                        b: b,
                        c: c,
                        d: d,
                        e: e,
                        dansWay: way,
                        second: second.address
                    )
                )
                try await way.close()
            }
        }
    }
}

extension ParleyClient {
    /// Waits until it is so; what was said before is dropped.
    fileprivate func countsAudience(_ count: Int, of room: RoomID) async throws {
        guard self.replica(of: room)?.audienceCount != count else { return }
        _ = try #require(await self.nextReplica { $0.audienceCount == count })
    }

    fileprivate func nextPulse() async -> JSONValue? {
        await self.first { if case .pulse(let pulse) = $0 { pulse.data } else { nil } }
    }

    fileprivate func nextPage() async -> RosterPage? {
        await self.first { if case .roster(let page) = $0 { page } else { nil } }
    }
}
