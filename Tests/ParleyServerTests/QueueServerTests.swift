import ParleyClient
import ParleyProtocol
import ParleyTestSupport
import Testing

@Suite("Queues, over real sockets", .timeLimit(.minutes(5 * patience)))
struct QueueServerTests {
    /// Why it is refused; `nil` if it is not.
    private func refusal<Value>(_ ask: () async throws -> Value) async -> RejectionCode? {
        do {
            _ = try await ask()
        } catch ClientError.rejected(let rejected) {
            return rejected.knownCode
        } catch {
            #expect(Bool(false), "\(error)")
        }
        return nil
    }

    private func rules(_ change: (inout QueueRules) -> Void) -> RoomSettings {
        var rules = QueueRules()
        change(&rules)
        return RoomSettings(queue: rules)
    }

    @Test("what cannot be is refused by name, and nothing else moves")
    func refused() async throws {
        try await withServer { server in
            let (ada, bob, cleo) = try await (server.connect(), server.connect(), server.connect())
            #expect(await self.refusal { try await bob.joinQueue("desk", wish: QueueWish()) } == .noAgent)
            let desk = try await ada.joinQueue("desk", name: "Ada")
            #expect(await self.refusal { try await bob.joinQueue("desk") } == .notPermitted)
            #expect(await self.refusal { try await desk.take() } == .queueEmpty)
            var wish = QueueWish()
            wish.skills = ["pension"]
            let waiting = try await bob.joinQueue("desk", name: "Bob", wish: wish)
            let id = try #require(await waiting.replica?.participant)
            _ = await ada.nextReplica { $0.customers.count == 1 }
            let before = await desk.replica?.state
            #expect(await self.refusal { try await desk.take() } == .queueEmpty, "whom Ada cannot serve")
            #expect(await self.refusal { try await desk.take(.skill("law")) } == .queueEmpty)
            #expect(await self.refusal { try await waiting.take() } == .waiting)
            let nobody = ParticipantID(high: 1, low: 1)
            #expect(await self.refusal { try await desk.take(.participant(nobody)) } == .unknownParticipant)
            let code = await self.refusal {
                var wish = QueueWish()
                wish.code = "482915"
                return try await cleo.joinQueue("desk", wish: wish)
            }
            #expect(code == .wrongCode)
            #expect(await desk.replica?.state == before)
            try await desk.take(.participant(id))
            #expect(await self.refusal { try await desk.take() } == .alreadyServing)
            #expect(await self.refusal { try await desk.take(.participant(id)) } == .alreadyServing)
            // A meeting is no queue, and a queue is no meeting.
            let meeting = try await cleo.join("meeting", name: "Cleo")
            #expect(await self.refusal { try await cleo.ask(.queue(.take(.next)), in: meeting.id) } == .unsupportedKind)
            #expect(await self.refusal { try await bob.joinQueue("meeting", wish: QueueWish()) } == .unsupportedKind)
        }
    }

    @Test("where nobody serves they are refused, if the queue says so; so many wait, and one more does not")
    func bounds() async throws {
        try await withServer { server in
            let ada = try await server.connect()
            let settings = self.rules {
                $0.unserved = .refuse
                $0.waitingMax = 2
            }
            let desk = try await ada.joinQueue("desk", settings: settings)
            try await desk.serve(false)
            let clients = try await (server.connect(), server.connect(), server.connect())
            #expect(await self.refusal { try await clients.0.joinQueue("desk", wish: QueueWish()) } == .noAgent)
            try await desk.serve()
            let first = try await clients.0.joinQueue("desk", wish: QueueWish())
            let second = try await clients.1.joinQueue("desk", wish: QueueWish())
            #expect(await self.refusal { try await clients.2.joinQueue("desk", wish: QueueWish()) } == .roomFull)
            try await first.leave()
            let third = try await clients.2.joinQueue("desk", wish: QueueWish())
            #expect(await second.nextPlace(0, clients.1))
            #expect(await third.replica?.place == 1)
            let limits = Limits()
            for (milliseconds, code) in [
                (4_999, RejectionCode.invalidSettings), (limits.arriveMillisecondsMax + 1, .invalidSettings),
                (5_000, nil), (limits.arriveMillisecondsMax, nil),
            ] {
                let settings = self.rules { $0.arriveMilliseconds = milliseconds }
                let outcome = await self.refusal { try await ada.ask(.lifecycle(.configure(settings)), in: desk.id) }
                #expect(outcome == code, "\(milliseconds)")
            }
        }
    }

    @Test("whoever guesses codes is slowed down, be the next one right or wrong, and the code stays good")
    func guessed() async throws {
        try await withServer { server in
            let (screen, thief, phone) = try await (server.connect(), server.connect(), server.connect())
            let settings = self.rules { $0.rule = .pair }
            let shown = try await screen.joinQueue("tv", wish: QueueWish(), settings: settings)
            let code = try #require(await shown.replica?.code)
            func guess(_ client: ParleyClient, _ code: String) async -> RejectionCode? {
                var wish = QueueWish()
                wish.code = code
                let told = wish
                return await self.refusal { try await client.joinQueue("tv", wish: told) }
            }
            var answers: [RejectionCode?] = []
            for number in 0..<6 { answers.append(await guess(thief, "x\(number)")) }
            #expect(Array(answers.prefix(3)) == [.wrongCode, .wrongCode, .wrongCode])
            #expect(Array(answers.suffix(3)) == [.rateLimited, .rateLimited, .rateLimited])
            #expect(await guess(thief, code) == .rateLimited)
            #expect(await shown.replica?.takenTo == nil)
            #expect(await guess(phone, code) == nil, "nobody else pays for it")
            let room = try #require(await screen.nextReplica { $0.takenTo != nil }?.takenTo)
            // Others learn nothing of that room.
            #expect(await self.refusal { try await thief.join(.id(room)) } == .unknownRoom)
        }
    }

    @Test("the line outlives its server: the places are the same on another one, and the agent takes the next")
    func moved() async throws {
        try await withServer { first in
            try await withServer(engine: first.engine) { second in
                let addresses = [first.address, second.address]
                let (ada, bob, cleo) = try await (
                    first.connect(to: addresses), first.connect(to: addresses), first.connect(to: addresses)
                )
                let desk = try await ada.joinQueue("desk", name: "Ada")
                var wish = QueueWish()
                wish.priority = 3
                let early = try await bob.joinQueue("desk", name: "Bob", wish: QueueWish())
                let urgent = try await cleo.joinQueue("desk", name: "Cleo", wish: wish)
                #expect(await early.nextPlace(1, bob))
                await first.stop()
                for client in [ada, bob, cleo] {
                    #expect(await client.first { if case .resumed = $0 { true } else { nil } } == true)
                }
                #expect(await early.replica?.place == 1)
                #expect(await urgent.replica?.place == 0)
                #expect(await desk.replica?.customers.map(\.name) == ["Cleo", "Bob"])
                async let called = urgent.call()
                let room = try await desk.take()
                try await ada.enter(room)
                #expect(try await called.id == room)
                #expect(await early.nextPlace(0, bob))
            }
        }
    }
}

extension QueueRoom {
    /// Waits until it is that.
    fileprivate func nextPlace(_ place: Int, _ client: ParleyClient) async -> Bool {
        if await self.replica?.place == place { return true }
        return await client.nextReplica { $0.place == place } != nil
    }
}
