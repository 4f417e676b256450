import Foundation
import ParleyClient
import ParleyProtocol
import ParleyTestSupport
import Testing

@Suite("The example of the Swift client", .timeLimit(.minutes(patience)))
struct ExampleTests {
    // Begin.
    func meet(at address: String) async throws {
        let client = try await ParleyClient.connect(to: [address])
        let room = try await client.join("blue-fox", name: "Ada")
        try await client.setMedia(in: room.id, audio: true)
        for await event in client.events {
            switch event {
            case .room(let notice, let room) where notice.type == "joined":
                guard let newcomer = notice.participant else { break }
                let name = room.name(of: newcomer) ?? "Somebody"
                await client.send(.signal(data: ["text": .string("Welcome, \(name)!")]), to: newcomer)
            case .signal: await client.close()
            case .reconnecting(_, let delay, _): print("The connection is lost. The next try is in \(delay).")
            case .resumed: print("And back. Nothing was lost.")
            case .ended(let reason): print("It is over: \(reason)")
            default: break
            }
        }
    }
    // End.

    @Test("does what it seems to do")
    func runs() async throws {
        try await withRelay { server, relay in
            let bob = try await server.connect()
            async let meeting: Void = self.meet(at: relay.address)
            let room = try await bob.join(alias("blue-fox"), name: "Bob")
            // Whoever comes second is greeted by the other: Bob comes once more, after Ada.
            while await bob.replica(of: room.id)?.people.count != 2 {
                _ = try #require(await bob.nextRoomEvent("joined"))
            }
            try await bob.leave(room.id)
            let again = try await bob.join(alias("blue-fox"), name: "Bob")
            try await relay.cut()
            let welcome = try #require(await bob.nextSignal())
            #expect(welcome.payload == .signal(data: ["text": "Welcome, Bob!"]))
            await bob.send(.signal(data: "Goodbye"), to: welcome.from)
            try await meeting
            // If Ada came first she has greeted him twice, and his own departure lies in between.
            var left = await bob.nextRoomEvent("left")
            if left?.notice.participant != welcome.from { left = await bob.nextRoomEvent("left") }
            #expect(left?.notice.participant == welcome.from)
            #expect(again.people.count == 2)
        }
    }

    @Test("is the same in the readme and in the source")
    func isQuoted() throws { try Self.demandQuotation(of: URL(fileURLWithPath: #filePath)) }

    /// That what stands between `Begin.` and `End.` stands in the readme as well.
    static func demandQuotation(of file: URL) throws {
        let lines = try Self.lines(of: file)
        let begin = try #require(lines.firstIndex(of: "// Begin."))
        let end = try #require(lines.firstIndex(of: "// End."))
        let example = lines[(begin + 1)..<end]
        let repository = file.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let quotation = try Self.lines(of: repository.appendingPathComponent("README.md"))
        let start = try #require(quotation.firstIndex(of: example.first ?? ""))
        #expect(quotation[start...].prefix(example.count).elementsEqual(example))
    }

    /// Without what stands in front of them.
    private static func lines(of file: URL) throws -> [String] {
        try String(contentsOf: file, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.trimmingCharacters(in: .whitespaces) }
    }
}
