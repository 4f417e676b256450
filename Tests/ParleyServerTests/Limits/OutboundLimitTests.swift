import NIOCore
import NIOPosix
import ParleyProtocol
import ParleyServer
import ParleyTestSupport
import Testing

/// What the server takes from those whom it asks, with a server of ours in their place.
@Suite("Limits of what others answer", .timeLimit(.minutes(patience)))
struct OutboundLimitTests {
    @Test("a vendor's answer is so long; a longer one is none")
    func vendorBytes() async throws {
        try await withServer { server in
            // {"ok":true}
            let request = VendorRequest("GET", "http://127.0.0.1:\(server.port)/v1/validate")
            for (bytes, isTaken) in [(11, true), (10, false)] {
                var limits = Limits()
                limits.vendorAnswerBytesMax = bytes
                // Not what is asked here, and a busy machine is slow.
                limits.vendorMilliseconds = 60_000
                let client = VendorClient(limits: limits)
                do throws(TurnVendorError) {
                    let answer = try await client.send(request)
                    #expect(isTaken && answer == ["ok": true])
                } catch {
                    #expect(!isTaken && error == .malformed)
                }
                await client.shutdown()
            }
        }
    }

    @Test("whoever does not answer in time has not answered")
    func vendorTime() async throws {
        // It takes connections, and says nothing.
        let mute = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(mute.localAddress?.port)
        var limits = Limits()
        limits.vendorMilliseconds = 200
        let client = VendorClient(limits: limits)
        await #expect(throws: TurnVendorError.timeout) {
            try await client.send(VendorRequest("GET", "http://127.0.0.1:\(port)/"))
        }
        await client.shutdown()
        try await mute.close()
    }

    @Test("a key set is so long; a longer one is none")
    func keySet() async throws {
        try await withServer { server in
            let client = OutboundClient()
            let url = "http://127.0.0.1:\(server.port)/healthz"
            let limits = Limits()
            let answer = try await client.ask(url, bytesMax: 3, timeoutMilliseconds: limits.keySetMilliseconds)
            #expect(answer.body == Array("ok\n".utf8))
            await #expect(throws: (any Error).self) {
                try await client.ask(url, bytesMax: 2, timeoutMilliseconds: limits.keySetMilliseconds)
            }
            try await client.end()
        }
    }
}
