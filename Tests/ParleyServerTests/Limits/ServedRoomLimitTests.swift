import Foundation
import NIOPosix
import ParleyClient
import ParleyEngine
import ParleyProtocol
import ParleyServer
import ParleyTestSupport
import Synchronization
import Testing

/// What a server says about a room, and for how long it keeps what belongs to one, over real sockets.
@Suite("Limits of rooms that are served", .timeLimit(.minutes(patience)))
struct ServedRoomLimitTests {
    private func limits(_ change: (inout Limits) -> Void) -> Limits {
        var limits = Limits()
        change(&limits)
        return limits
    }

    @Test("a beat tells so many round trips, and those who are told take turns")
    func roundTrips() async throws {
        let limits = self.limits {
            ($0.roundTripsPerBeatMax, $0.roomBeatMilliseconds, $0.silenceMilliseconds) = (2, 100, 100)
        }
        try await withServer(limits: limits) { server in
            let ada = try await Writer.join(server, "Ada")
            var missing: Set = [ada.id]
            for name in ["Bob", "Cleo", "Dan", "Eve"] { missing.insert(try await Writer.join(server, name).id) }
            for await message in ada.client.messages {
                guard case .beat(let beat) = message else { continue }
                for room in beat.rooms {
                    #expect(room.roundTrips.count <= 2)
                    missing.subtract(room.roundTrips.map(\.participant))
                }
                if missing.isEmpty { break }
            }
            #expect(missing.isEmpty)
        }
    }

    @Test("the stage is told so many of the audience's pulses")
    func audiencePulses() async throws {
        let limits = self.limits { ($0.audiencePulsesPerSecond, $0.stageUsual) = (2, 1) }
        try await withServer(limits: limits) { server in
            let ada = try await Writer.join(server, "Ada")
            let bob = try await Writer.join(server, "Bob")
            for number in 1...4 {
                bob.client.send(.pulse(OutboundPulse(room: bob.room, kind: "reaction", data: .integer(Int64(number)))))
            }
            bob.client.send(
                .meeting(MeetingCommand(id: 2, room: bob.room, action: .moderation(.raiseHand(toSpeak: false))))
            )
            var pulses: [JSONValue?] = []
            for await message in ada.client.messages {
                if case .pulse(let pulse) = message { pulses.append(pulse.data) }
                if case .events(let events) = message, events.events.contains(where: { $0["type"] == "hand-raised" }) {
                    break
                }
            }
            #expect(pulses == [1, 2])
        }
    }

    @Test("a page of the chat holds so many bytes, but one message in any case")
    func chatPage() async throws {
        let limits = self.limits { $0.chatPageBytesMax = 1_000 }
        try await withServer(limits: limits) { server in
            let ada = try await Writer.join(server, "Ada")
            for cid in ["a", "b", "c", "d", "e", "f", "g", "h"] { try ada.say(cid) }
            try ada.say("long", String(repeating: "x", count: 2_000))
            _ = await ada.chats(9)
            #expect(await ada.history(limit: 100).count == 1)
            let page = await ada.history(before: 9, limit: 100)
            #expect((1..<8).contains(page.count), "\(page)")
            #expect(page.last == "8 h")
        }
    }

    @Test("a chat in which nobody writes goes after its time")
    func chatRetention() async throws {
        let start = Instant(milliseconds: 1_795_226_400_000)
        let passed = Mutex(0)
        let engine = InMemoryEngine(incarnation: EngineIncarnation(rawValue: 1)) {
            start.advanced(milliseconds: passed.withLock(\.self))
        }
        try await withServer(engine: engine) { server in
            let ada = try await Writer.join(server, "Ada")
            try ada.say("early")
            #expect(await ada.chats(1) == ["1 early"])
            let loop = MultiThreadedEventLoopGroup.singleton.any()
            for (milliseconds, isKept) in [(Limits().chatMilliseconds - 1, true), (Limits().chatMilliseconds, false)] {
                passed.withLock { $0 = milliseconds }
                let heads = try await engine.heads([LogID(.chat, "\(ada.room)")], via: loop)
                #expect((heads != [.start]) == isKept)
            }
        }
    }

    @Test("a ticket to another room is good for so long")
    func transferTicket() async throws {
        // The clock of these tests stands still but for a second.
        for (milliseconds, code) in [(600_000, nil), (-5_000, "invalid-ticket")] as [(Int, String?)] {
            try await withServer(limits: self.limits { $0.ticketMilliseconds = milliseconds }) { server in
                let ada = try await Writer.join(server, "Ada")
                let bob = try await Writer.join(server, "Bob")
                let cleo = try await Writer.join(server, "Cleo", room: .alias(try #require(RoomAlias("elsewhere"))))
                ada.ask(2, .transfer(Transfer(participant: bob.id, room: cleo.room)))
                let ticket = try #require(await bob.event("transferred")?["ticket"]?.string)
                #expect(await bob.enter(cleo.room, ticket: ticket).code == code)
            }
        }
    }

    @Test("a room that is not there is answered after its time, and not before")
    func unknownRoom() async throws {
        let key = try await TokenKey(secret: TokenTests.secret)
        let milliseconds = 400
        try await withServer(
            limits: self.limits { $0.unknownRoomMilliseconds = milliseconds },
            issuers: [TokenIssuer(algorithms: [.hs256], keys: .fixed([key]))]
        ) { server in
            var hello = Hello()
            hello.token = try await TokenTests.token(TokenTests.claims())
            let (client, _) = try await greeted(server, hello)
            let start = ContinuousClock.now
            client.send(.join(JoinCommand(id: 1, room: try alias("blue-fox"))))
            let rejected = await client.first { if case .rejected(let rejected) = $0 { rejected } else { nil } }
            #expect(rejected?.knownCode == .unknownRoom)
            #expect(ContinuousClock.now - start >= .milliseconds(milliseconds))
        }
    }

    @Test("files of a certificate are so long, and a longer one is refused")
    func certificateFiles() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "parley-\(UUID().uuidString).pem")
        defer { try? FileManager.default.removeItem(at: file) }
        let max = Limits().certificateFileBytesMax
        for (bytes, problem) in [(max, "holds no certificate"), (max + 1, "allowed: \(max)")] {
            try Data(repeating: 0x61, count: bytes).write(to: file)
            let files = CertificateFiles(certificate: file.path, key: file.path)
            #expect { try ServerCertificates(files: files) } throws: { "\($0)".contains(problem) }
        }
    }
}
