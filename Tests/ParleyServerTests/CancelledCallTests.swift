import ParleyClient
import ParleyProtocol
import ParleyTestSupport
import Testing

@Suite("A call of a client whose task is cancelled", .timeLimit(.minutes(patience)))
struct CancelledCallTests {
    @Test("ends, also where no server is left to answer it")
    func cancelled() async throws {
        // With nowhere to go its client stays to the end of the drain.
        var limits = Limits()
        limits.drainMilliseconds = 500
        try await withServer(limits: limits) { server in
            let ada = try await server.connect()
            let room = try await ada.join(alias("blue-fox"))
            await server.stop()
            await server.ended()
            // Before it has begun, and while it waits.
            for turns in 0..<10 {
                let call = Task { try await ada.setMedia(in: room.id, audio: true) }
                for _ in 0..<turns { await Task.yield() }
                call.cancel()
                await #expect(throws: CancellationError.self) { try await call.value }
            }
        }
    }
}
