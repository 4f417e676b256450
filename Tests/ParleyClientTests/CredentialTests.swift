import ParleyClient
import ParleyProtocol
import Testing

/// What a client shows of itself with each connection: a ticket in the address, or a token in `hello`, never both.
@Suite struct CredentialTests {
    private static func client(ticket: String? = nil, token: String? = nil) -> ScriptedClient {
        var setup = ClientSetup()
        setup.ticket = ticket
        setup.token = token
        return ScriptedClient(setup)
    }

    private func hello(_ effects: [ScriptedClient.Effect]) -> Hello? {
        for case .send(_, .hello(let hello)) in effects { return hello }
        return nil
    }

    @Test func `a ticket is shown until there is a token, and then the token alone`() {
        var client = Self.client(ticket: "k")
        #expect(self.hello(client.start(features: ["authenticate"]))?.token == nil)
        #expect(client.machine.ticket == "k")
        let back = self.hello(client.reopen())
        #expect(back?.token == nil && back?.resume != nil)
        #expect(client.machine.ticket == "k")
        _ = client.welcome(session: 1, resumed: true, features: ["authenticate"])
        let said = client.take { $0.authenticate("t", $1, &$2) }
        #expect(said.contains { if case .send(_, .authenticate(token: "t")) = $0 { true } else { false } })
        let again = self.hello(client.reopen())
        #expect(client.machine.ticket == nil)
        #expect(again?.token == "t" && again?.resume != nil)
    }

    @Test func `a token that comes while a ticket is on its way waits for the next connection`() {
        var client = Self.client(ticket: "k")
        _ = client.take { $0.start($1, &$2) }
        _ = client.take { $0.authenticate("t", $1, &$2) }
        #expect(self.hello(client.open())?.token == nil)
        _ = client.welcome(session: 1, resumed: false, features: ["authenticate"])
        #expect(self.hello(client.reopen())?.token == "t")
    }

    @Test func `after a renewal the next connection shows the newer token`() {
        var client = Self.client(token: "t1")
        #expect(self.hello(client.start(features: ["authenticate"]))?.token == "t1")
        _ = client.take { $0.authenticate("t2", $1, &$2) }
        #expect(self.hello(client.reopen())?.token == "t2")
    }
}
