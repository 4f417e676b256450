import ParleyClient
import ParleyProtocol
import ParleyTestSupport
import Testing

@Suite("A meeting, over real sockets", .timeLimit(.minutes(patience)))
struct MeetingTests {
    @Test("the first person makes the room and is its host, the second sees her and is seen")
    func join() async throws {
        try await withServer { server in
            let ada = try await server.connect()
            let bob = try await server.connect()
            let first = try await ada.join(alias("blue-fox"), name: "Ada")
            #expect(first.people == [first.participant])
            #expect(first.state["people"]?[first.participant.description]?["role"] == "host")
            let second = try await bob.join(alias("blue-fox"), name: "Bob")
            #expect(second.id == first.id)
            #expect(second.people == [first.participant, second.participant])
            let (notice, replica) = try #require(await ada.nextRoomEvent("joined"))
            #expect(notice.participant == second.participant)
            #expect(replica.state == second.state)
            #expect(replica.position == second.position)
        }
    }

    @Test("an offer, its answer, and candidates arrive in order, once, as they were sent")
    func signals() async throws {
        try await withServer { server in
            let (ada, bob, a, b) = try await pair(server)
            await bob.send(.offer(sdp: "v=0\r\n"), to: a.participant, negotiation: 1)
            await bob.send(.iceCandidate(["candidate": "c", "sdpMid": "0"]), to: a.participant, negotiation: 1)
            await bob.send(.iceCandidate(.null), to: a.participant, negotiation: 1)
            for (n, payload) in [
                (1, SignalPayload.offer(sdp: "v=0\r\n")),
                (2, .iceCandidate(["candidate": "c", "sdpMid": "0"])),
                (3, .iceCandidate(.null)),
            ] {
                let signal = try #require(await ada.nextSignal())
                #expect(signal.from == b.participant)
                #expect(signal.n == UInt64(n))
                #expect(signal.payload == payload)
            }
            await ada.send(.answer(sdp: "v=0\r\n"), to: b.participant, negotiation: 1)
            #expect(try #require(await bob.nextSignal()).payload == .answer(sdp: "v=0\r\n"))
        }
    }

    @Test("the sender hears up to which number its signals were acknowledged")
    func delivered() async throws {
        try await withServer { server in
            let (ada, bob, a, _) = try await pair(server)
            for _ in 1...40 { await bob.send(.signal(data: true), to: a.participant) }
            for _ in 1...40 { _ = await ada.nextSignal() }
            let n = await bob.first { event in
                if case .delivered(_, let n) = event, n >= 40 { n } else { nil }
            }
            #expect(n == 40)
        }
    }

    @Test("what no room would take is refused in its turn, and the next command is the next one")
    func impossible() async throws {
        try await withRelay { server, relay in
            let ada = try await server.connect(to: [relay.address])
            let a = try await ada.join(alias("blue-fox"))
            let long = try #require(AttributeValue(.string(String(repeating: "x", count: 2_000))))
            let attribute = AttributeChange(key: try #require(AttributeKey("a")), value: long)
            for _ in 1...2 {
                do throws(any Error) {
                    try await ada.ask(.attribute(.set(attribute)), in: a.id)
                    Issue.record("it was accepted")
                } catch ClientError.rejected(let rejected) {
                    #expect([rejected.code, rejected.member] == ["too-long", "value"])
                }
                // The numbers go on, also on another connection.
                try await ada.ask(.lifecycle(.lock), in: a.id)
                try await relay.cut()
                try await ada.ask(.lifecycle(.unlock), in: a.id)
            }
        }
    }

    @Test("numbers that go back to the usual go back to the operator's, in a new room and later")
    func usual() async throws {
        var limits = Limits()
        limits.participantsPerRoomMax = 7
        limits.stageUsual = 3
        try await withServer(limits: limits) { server in
            var hello = Hello()
            hello.join = JoinCommand(id: 1, room: try alias("red-owl"))
            hello.join?.settings = RoomSettings(json: ["capacity": .null, "stageMax": .null, "topic": "Owls"])
            let new = try await Writer.begin(server, hello).snapshot.state["room"]
            #expect(new?["capacity"] == 7 && new?["stageMax"] == 3 && new?["topic"] == "Owls")

            let ada = try await server.connect()
            let a = try await ada.join(alias("blue-fox"))
            func configure(_ settings: JSONValue) async throws -> JSONValue? {
                try await ada.ask(.lifecycle(.configure(RoomSettings(json: settings))), in: a.id)
                return await ada.replica(of: a.id)?.state["room"]
            }
            let changed = try await configure(["capacity": 5, "stageMax": 2])
            #expect(changed?["capacity"] == 5 && changed?["stageMax"] == 2)
            let usual = try await configure(["capacity": .null, "stageMax": .null])
            #expect(usual?["capacity"] == 7 && usual?["stageMax"] == 3)
        }
    }

    @Test("an answer to an offer that is not the newest is refused by name")
    func staleAnswer() async throws {
        try await withServer { server in
            let (ada, bob, a, b) = try await pair(server)
            await bob.send(.offer(sdp: "1"), to: a.participant, negotiation: 1)
            await bob.send(.offer(sdp: "2"), to: a.participant, negotiation: 2)
            _ = await ada.nextSignal()
            _ = await ada.nextSignal()
            await ada.send(.answer(sdp: "to 1"), to: b.participant, negotiation: 1)
            let rejection = try #require(await ada.nextRejection())
            #expect(rejection.knownCode == .staleAnswer)
            #expect(rejection.n == 1)
        }
    }

    @Test("nobody, somebody elsewhere and somebody who has left are one answer")
    func unknownRecipients() async throws {
        try await withServer { server in
            let (ada, bob, _, b) = try await pair(server)
            let cleo = try await server.connect()
            let elsewhere = try await cleo.join(alias("red-owl"), name: "Cleo")
            var random = SystemRandomNumberGenerator()
            await ada.send(.signal(data: 1), to: ParticipantID(using: &random))
            await ada.send(.signal(data: 1), to: elsewhere.participant)
            let first = try #require(await ada.nextRejection())
            let second = try #require(await ada.nextRejection())
            try await bob.leave(b.id)
            _ = await ada.nextRoomEvent("left")
            await ada.send(.signal(data: 1), to: b.participant)
            let third = try #require(await ada.nextRejection())
            for rejection in [first, second, third] {
                #expect(rejection.knownCode == .unknownRecipient)
                #expect(rejection.message == first.message)
                #expect(rejection.expected == nil)
            }
        }
    }

    @Test("a microphone that is switched on is one event, and switching it on again is a success")
    func media() async throws {
        try await withServer { server in
            let (ada, bob, a, b) = try await pair(server)
            try await ada.setMedia(in: a.id, audio: true)
            try await ada.setMedia(in: a.id, audio: true)
            try await ada.setMedia(in: a.id, video: true)
            let first = try #require(await bob.nextRoomEvent("media-changed"))
            let second = try #require(await bob.nextRoomEvent("media-changed"))
            #expect(first.replica.position.sequence + 1 == second.replica.position.sequence)
            #expect(second.replica.state == (await ada.replica(of: b.id))?.state)
            #expect(second.replica.hash == (await ada.replica(of: b.id))?.hash)
        }
    }

    @Test("when the last one leaves, the room ends, and its alias means another room")
    func rebirth() async throws {
        try await withServer { server in
            let ada = try await server.connect()
            let first = try await ada.join(alias("blue-fox"))
            try await ada.leave(first.id)
            let second = try await ada.join(alias("blue-fox"))
            #expect(second.id != first.id)
            #expect(second.people == [second.participant])
        }
    }

    @Test("whoever says goodbye has left, exactly once")
    func disconnect() async throws {
        try await withServer { server in
            let (ada, bob, _, b) = try await pair(server)
            await bob.close()
            let left = try #require(await ada.nextRoomEvent("left"))
            #expect(left.notice.participant == b.participant)
            #expect(left.notice.json["reason"] == "left")
            #expect(left.replica.people.count == 1)
        }
    }

    @Test("twenty join the same new alias at once, and are in one room with equal states")
    func storm() async throws {
        try await withServer { server in
            let clients = try await withThrowingTaskGroup(of: (ParleyClient, RoomReplica).self) { tasks in
                for number in 1...20 {
                    tasks.addTask {
                        let client = try await server.connect()
                        return (client, try await client.join(alias("storm"), name: "\(number)"))
                    }
                }
                return try await tasks.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(clients.map(\.1.id)).count == 1)
            var states: Set<StateHash> = []
            for (client, replica) in clients {
                if replica.people.count < 20 {
                    _ = await client.first { event in
                        if case .room(_, let replica) = event, replica.people.count == 20 { true } else { nil }
                    }
                }
                states.insert(try #require(await client.replica(of: replica.id)).hash)
            }
            #expect(states.count == 1)
        }
    }

    @Test("two devices that both cannot take back an offer are refused by name")
    func noRollback() async throws {
        try await withServer { server in
            let ada = try await server.connect(rollback: false)
            let bob = try await server.connect(rollback: false)
            let a = try await ada.join(alias("blue-fox"))
            _ = try await bob.join(alias("blue-fox"))
            await bob.send(.offer(sdp: ""), to: a.participant, negotiation: 1)
            #expect(try #require(await bob.nextRejection()).knownCode == .noRollback)
        }
    }

    @Test("everybody is told to come back when the server stops")
    func stop() async throws {
        var limits = Limits()
        limits.drainMilliseconds = 0
        try await withServer(limits: limits) { server in
            let (ada, _, _, _) = try await pair(server)
            await server.stop()
            let reason = await ada.first { event in
                if case .reconnecting(_, _, let reason) = event { reason } else { nil }
            }
            #expect(reason == .closed(code: CloseCode.goingAway.rawValue))
        }
    }
}
