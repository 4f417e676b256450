import ParleyClient
import ParleyProtocol
import ParleyTestSupport
import Testing

@Suite("What happens at the limits", .timeLimit(.minutes(patience)))
struct LimitTests {
    @Test("a full room is refused by name, and nobody inside notices")
    func roomFull() async throws {
        var limits = Limits()
        limits.participantsPerRoomMax = 1
        try await withServer(limits: limits) { server in
            let ada = try await server.connect()
            let bob = try await server.connect()
            let room = try await ada.join(alias("small"))
            #expect(await code { try await bob.join(alias("small")) } == .roomFull)
            #expect(await ada.replica(of: room.id)?.people == [room.participant])
        }
    }

    @Test("a session is in so many rooms and no more")
    func tooManyRooms() async throws {
        var limits = Limits()
        limits.roomsPerSessionMax = 2
        try await withServer(limits: limits) { server in
            let ada = try await server.connect()
            _ = try await ada.join(.new)
            _ = try await ada.join(.new)
            #expect(await code { try await ada.join(.new) } == .tooManyRooms)
        }
    }

    @Test("nobody gets into more rooms by asking for many at once")
    func roomsAtOnce() async throws {
        var limits = Limits()
        limits.roomsPerSessionMax = 4
        try await withServer(limits: limits) { server in
            let ada = try await server.connect()
            let codes = await withTaskGroup(of: RejectionCode?.self) { tasks in
                for number in 1...20 {
                    tasks.addTask {
                        await self.code {
                            let name = "room-\(number)"
                            let room = try await ada.join(alias(name))
                            #expect(room.state["room"]?["alias"]?.string == name)
                            return room
                        }
                    }
                }
                return await tasks.reduce(into: []) { $0.append($1) }
            }
            #expect(codes.count { $0 == nil } == 4)
            #expect(codes.count { $0 == .tooManyRooms } == 16)
        }
    }

    @Test("the server holds so many rooms and no more")
    func serverFull() async throws {
        var limits = Limits()
        limits.roomsMax = 1
        try await withServer(limits: limits) { server in
            let ada = try await server.connect()
            _ = try await ada.join(.new)
            #expect(await code { try await ada.join(.new) } == .serverFull)
        }
    }

    @Test("an unknown room id is an unknown room")
    func unknownRoom() async throws {
        try await withServer { server in
            let ada = try await server.connect()
            var random = SystemRandomNumberGenerator()
            let unknown = RoomID(using: &random)
            #expect(await code { try await ada.join(.id(unknown)) } == .unknownRoom)
        }
    }

    @Test("signals that a recipient does not acknowledge fill its mailbox, and only its own")
    func mailboxFull() async throws {
        var limits = Limits()
        // Below the number after which the client acknowledges by itself.
        limits.unacknowledgedSignalsMax = 8
        try await withServer(limits: limits) { server in
            let ada = try await server.connect()
            let bob = try await server.connect()
            let cleo = try await server.connect()
            let a = try await ada.join(alias("mail"))
            _ = try await bob.join(alias("mail"))
            _ = try await cleo.join(alias("mail"))
            // Each keeps to the limit; both together do not.
            for _ in 1...8 {
                await bob.send(.signal(data: 1), to: a.participant)
                await cleo.send(.signal(data: 1), to: a.participant)
            }
            async let first = bob.nextPostponement()
            async let second = cleo.nextPostponement()
            for _ in 1...16 { _ = await ada.nextSignal() }
            await bob.close()
            await cleo.close()
            let postponements = await [first, second].compactMap { $0 }
            #expect(!postponements.isEmpty)
            for rejection in postponements {
                #expect(rejection.knownCode == .mailboxFull)
                #expect(rejection.retryAfterMilliseconds != nil)
            }
        }
    }

    @Test("too many messages are refused with the time to wait")
    func rateLimited() async throws {
        var limits = Limits()
        limits.messageBurst = 20
        limits.messagesPerSecond = 1
        try await withServer(limits: limits) { server in
            let ada = try await server.connect()
            let bob = try await server.connect()
            let a = try await ada.join(alias("flood"))
            _ = try await bob.join(alias("flood"))
            for _ in 1...30 { await bob.send(.signal(data: 1), to: a.participant) }
            let rejection = try #require(await bob.nextPostponement())
            #expect(rejection.knownCode == .rateLimited)
            #expect(rejection.retryAfterMilliseconds != nil)
        }
    }

    @Test("a page from elsewhere is not let in, in development mode")
    func origin() async throws {
        try await withServer { server in
            await #expect(throws: (any Error).self) { try await server.connect(origin: "https://example.org") }
            _ = try await server.connect(origin: "http://localhost:3000")
        }
    }

    private func code(_ body: () async throws -> RoomReplica) async -> RejectionCode? {
        do {
            _ = try await body()
            return nil
        } catch let ClientError.rejected(rejected) {
            return rejected.knownCode
        } catch {
            return nil
        }
    }
}
