import ParleyClient
import ParleyProtocol
import ParleyTestSupport
import Testing

@Suite("A client between servers and devices, over real sockets", .timeLimit(.minutes(patience)))
struct MovingTests {
    @Test("it leaves a server that drains without having been away, and nothing is lost or told twice")
    func move() async throws {
        try await withServer { first in
            try await withServer(engine: first.engine) { second in
                let bob = try await second.connect()
                let b = try await bob.join(alias("blue-fox"))
                // Sees what Ada sees: what is told by that server meanwhile is kept for her there.
                let cara = try await second.connect()
                _ = try await cara.join(.id(b.id))
                let ada = try await first.connect(to: [first.address, second.address])
                let a = try await ada.join(.id(b.id))
                for _ in 0..<2 { _ = await bob.nextRoomEvent("joined") }

                await Self.talk(ada, a, bob, b, 1...20)
                await first.stop()
                await Self.talk(ada, a, bob, b, 21...40)
                try await ada.setMedia(in: a.id, audio: true)
                // It has nobody left, though nobody has closed anything.
                await first.ended()
                await Self.talk(ada, a, bob, b, 41...60)
                try await ada.setMedia(in: a.id, video: true)

                let heard = await Self.listen(bob)
                #expect(heard.numbers == Array(1...60))
                #expect(heard.types.filter { $0 != "attached" } == ["media-changed", "media-changed"])
                let own = await Self.listen(ada)
                #expect(own.numbers == Array(1...60))
                #expect(own.others == ["leavingServer", "resumed"])
                #expect(await ada.savedSession?.address == second.address)
            }
        }
    }

    @Test("a second device of a person takes the place of the first, which is told and keeps its session")
    func devices() async throws {
        try await withServer { server in
            let phone = try await server.connect()
            let room = try await phone.join(alias("blue-fox"), devices: .replace)
            var options = ClientOptions()
            options.identity = await phone.savedSession
            let laptop = try await server.connect(to: [server.address], options)
            #expect(await laptop.welcome?.identity == phone.welcome?.identity)
            #expect(await laptop.welcome?.session != phone.welcome?.session)
            let again = try await laptop.join(alias("blue-fox"))
            #expect(again.people == [again.participant])
            let left = try #require(await phone.nextRoomEvent("left"))
            #expect(left.notice.participant == room.participant)
            #expect(left.notice.json["reason"] == "replaced")
            #expect(await phone.replica(of: room.id) == nil)
            _ = try await phone.join(alias("red-owl"))
        }
    }

    private static func talk(
        _ ada: ParleyClient,
        _ a: RoomReplica,
        _ bob: ParleyClient,
        _ b: RoomReplica,
        _ numbers: ClosedRange<Int64>
    ) async {
        for number in numbers {
            await ada.send(.signal(data: .integer(number)), to: b.participant)
            await bob.send(.signal(data: .integer(number)), to: a.participant)
        }
    }

    private struct Heard {
        var numbers: [Int64] = []
        var types: [String] = []
        var others: [String] = []
    }

    /// Up to the last signal and the last command.
    private static func listen(_ client: ParleyClient) async -> Heard {
        var heard = Heard()
        for await event in client.events {
            switch event {
            case .signal(let signal):
                if case .signal(.integer(let number)) = signal.payload { heard.numbers.append(number) }
            case .room(let notice, _): heard.types.append(notice.type)
            case .delivered, .iceServers, .restarter, .chat: break
            case .leavingServer: heard.others.append("leavingServer")
            case .resumed: heard.others.append("resumed")
            default: heard.others.append("\(event)")
            }
            let commands = heard.types.count { $0 == "media-changed" }
            if heard.numbers.count >= 60, commands == 2 { break }
        }
        return heard
    }
}
