import Foundation
import ParleyClient
import ParleyProtocol
import ParleyTestSupport
import Testing

@Suite("The example of calls in the Swift client", .timeLimit(.minutes(patience)))
struct CallExampleTests {
    // Begin.
    func doorbell(at address: String) async throws {
        var options = ClientOptions()
        options.user = "front-door"
        let client = try await ParleyClient.connect(to: [address], options: options)
        for await resident in try await client.watch(["ada"]) where resident.presence?.availability == .available {
            let call = try await client.call("ada", name: "Front door", order: CallOrder(.video))
            print("It rings: \(await call.rings)")
            break
        }
        for await event in client.events {
            switch event {
            case .room(let notice, _) where notice.type == "ring-answered": print("Somebody is coming.")
            case .room(let notice, _) where notice.type == "ended": await client.close()
            default: break
            }
        }
    }

    func resident(at address: String) async throws {
        var options = ClientOptions()
        options.user = "ada"
        let client = try await ParleyClient.connect(to: [address], options: options)
        let line = try await client.online(name: "Ada")
        for await event in client.events {
            switch event {
            case .incoming(let incoming) where incoming.intent == .video:
                let call = try await client.accept(incoming)
                try await line.setAvailability(.doNotDisturb)
                try await call.hangUp(.normal)
            case .incoming(let incoming): try await line.decline(incoming, message: "Show yourself")
            case .room(let notice, _) where notice.type == "left": await client.close()
            default: break
            }
        }
    }
    // End.

    @Test("does what it seems to do")
    func runs() async throws {
        try await withServer { server in
            async let door: Void = self.doorbell(at: server.address)
            async let ada: Void = self.resident(at: server.address)
            _ = try await (door, ada)
        }
    }

    @Test("is the same in the readme and in the source")
    func isQuoted() throws {
        try ExampleTests.demandQuotation(of: URL(fileURLWithPath: #filePath))
    }
}
