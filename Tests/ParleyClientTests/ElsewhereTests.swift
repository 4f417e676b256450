import ParleyClient
import ParleyProtocol
import Testing

@Suite("What a server says of others, and of its own trouble")
struct ElsewhereTests {
    private func client(_ addresses: [String] = ["ws://a/v1/connect"], isInsecure: Bool = true) -> ScriptedClient {
        var setup = ClientSetup(endpoints: addresses.count)
        setup.addresses = addresses
        setup.isInsecure = isInsecure
        return ScriptedClient(setup)
    }

    private func begin(_ client: inout ScriptedClient, _ endpoints: [String]) {
        _ = client.take { $0.start($1, &$2) }
        _ = client.open()
        _ = client.welcome(session: 1, resumed: false, endpoints: endpoints)
    }

    @Test("addresses are taken once, up to a bound, and none that is less safe than the own ones")
    func learnt() {
        var client = self.client()
        self.begin(&client, ["ws://b/v1/connect", "ws://a/v1/connect", "ws://b/v1/connect", "wss://c", "x", ""])
        #expect(client.machine.advised == ["ws://b/v1/connect"])
        var safe = self.client(["wss://a/v1/connect"], isInsecure: false)
        self.begin(&safe, ["ws://b/v1/connect", "wss://c/v1/connect"])
        #expect(safe.machine.advised == ["wss://c/v1/connect"])
        var many = self.client()
        self.begin(&many, (0..<40).map { "ws://n\($0)/v1/connect" })
        #expect(many.machine.advised.count == ClientStateMachine.advisedMax)
    }

    @Test("one who knows a single address goes where the goaway says")
    func goaway() {
        var client = self.client()
        self.begin(&client, [])
        let goaway = Goaway(withinMilliseconds: 0, deadlineMilliseconds: 45_000, endpoint: "ws://b/v1/connect")
        _ = client.hear(.goaway(goaway))
        #expect(client.pass(.zero).contains { if case .open(_, endpoint: 1) = $0 { true } else { false } })
        #expect(client.machine.advised == ["ws://b/v1/connect"])
    }

    @Test("trouble is told once, and its end; with another address the client tries it")
    func degraded() {
        var client = self.client()
        self.begin(&client, ["ws://b/v1/connect"])
        var beat = ServerBeat(time: Instant(milliseconds: 0))
        beat.degraded = true
        #expect(client.hear(.beat(beat)).contains(.tell(.degraded(true))))
        #expect(client.hear(.beat(beat)) == [])
        #expect(client.hear(.beat(ServerBeat(time: Instant(milliseconds: 1)))) == [])
        var other = client
        beat.degraded = false
        #expect(other.hear(.beat(beat)) == [.tell(.degraded(false))])
        #expect(other.pass(.seconds(4)) == [])
        #expect(client.pass(.seconds(4)).contains { if case .open(_, endpoint: 1) = $0 { true } else { false } })
    }
}
