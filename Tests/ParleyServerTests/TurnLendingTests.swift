import ParleyProtocol
import ParleyServer
import Testing

private let noon = Instant(milliseconds: 1_795_226_400_000)
private let stun = ICEServer(urls: ["stun:stun.example.org"])
private let fixed = ICEServer(urls: ["turn:old.example.org"], username: "ada", credential: "secret")

@Suite("Relays are lent")
struct TurnLendingTests {
    private var turn = TurnConfiguration()

    init() throws {
        self.turn.servers = ["turn:turn.example.org:3478?transport=udp", "turns:turn.example.org:443?transport=tcp"]
        self.turn.secrets = [try #require(TurnSecret("north")), try #require(TurnSecret("south"))]
    }

    @Test("a password is what coturn computes from the name")
    func credential() throws {
        // `openssl dgst -sha1 -hmac north -binary | base64` says the same.
        let secret = try #require(TurnSecret("north"))
        let credential = TurnCredential(of: "3sXQ0cVZb1mFhY7kT2nLwA", until: noon, signedWith: secret)
        #expect(credential.username == "1795226400:3sXQ0cVZb1mFhY7kT2nLwA")
        #expect(credential.password == "fRAikJ9QLWgS24/mcZ5aQWQ5mcQ=")
        #expect(credential.expiresAt == noon)
    }

    @Test("a lease ends with a whole second, not before its time")
    func seconds() throws {
        let secret = try #require(TurnSecret("north"))
        let credential = TurnCredential(of: "x", until: noon.advanced(milliseconds: 1), signedWith: secret)
        #expect(credential.expiresAt == noon.advanced(milliseconds: 1_000))
        #expect(credential.username == "1795226401:x")
    }

    @Test("everything fixed comes first, and what ends behind it")
    func order() throws {
        let lending = TurnLending(fixed: [stun, fixed], self.turn)
        let lease = lending.lend(to: "x", now: noon)
        #expect(lease.servers.map(\.urls) == [stun.urls, fixed.urls, self.turn.servers])
        #expect(lease.expiresAt == noon.advanced(milliseconds: 14_400_000))
        #expect(lease.renewAt == noon.advanced(milliseconds: 10_080_000))
        #expect(lending.openServers == [stun])
    }

    @Test("nothing is lent for longer than a day")
    mutating func longest() throws {
        self.turn.lifetimeMilliseconds = 90_000_000
        let lease = TurnLending(fixed: [], self.turn).lend(to: "x", now: noon)
        #expect(lease.expiresAt == noon.advanced(milliseconds: 86_400_000))
    }

    @Test("without a relay there is nothing to lend, and nothing ends")
    func nothing() {
        let lending = TurnLending(fixed: [stun], TurnConfiguration())
        #expect(!lending.isLending)
        #expect(lending.lend(to: "x", now: noon) == TurnLease([stun], since: noon, until: nil))
        #expect(TurnLending(fixed: [fixed], TurnConfiguration()).isLending)
    }

    @Test("the newest secret signs; whether it is another one is said")
    mutating func rotation() throws {
        var lending = TurnLending(fixed: [], self.turn)
        let north = lending.lend(to: "x", now: noon)
        let (old, new) = (try #require(TurnSecret("north")), try #require(TurnSecret("west")))
        #expect(lending.adopt([old]) == false)
        #expect(lending.lend(to: "x", now: noon) == north)
        #expect(lending.adopt([new, old]) == true)
        let west = lending.lend(to: "x", now: noon)
        #expect(west.servers[0].username == north.servers[0].username)
        #expect(west.servers[0].credential != north.servers[0].credential)
        #expect(lending.adopt([new]) == false)
    }

    @Test("a secret is never printed")
    func concealed() throws {
        let secret = try #require(TurnSecret("north"))
        var text = ""
        dump(secret, to: &text)
        #expect(!"\(secret) \(String(reflecting: secret)) \(text)".contains("north"))
        #expect(secret.matches("north") && !secret.matches("nort") && !secret.matches(""))
        #expect(TurnSecret("") == nil)
    }

    @Test("a file of secrets has one to a line")
    func lines() throws {
        let secrets = [TurnSecret](lines: "# new\n north \r\n\n#south\nwest")
        #expect(secrets == [try #require(TurnSecret("north")), try #require(TurnSecret("west"))])
        #expect([TurnSecret](lines: "\n#\n").isEmpty)
    }
}

private let ids = (1...4).map { SessionID(high: 0, low: UInt64($0)) }

private func at(_ milliseconds: Int) -> Instant { noon.advanced(milliseconds: milliseconds) }

private func candidate(_ index: Int, at milliseconds: Int) -> TurnRenewals.Candidate {
    TurnRenewals.Candidate(ids[index], renewAt: at(milliseconds))
}

/// Where nobody may be looked through.
private func nobody() -> [TurnRenewals.Candidate] {
    Issue.record("looked")
    return []
}

@Suite("Leases are renewed")
struct TurnRenewalsTests {
    private var renewals = TurnRenewals(lifetimeMilliseconds: 100_000, atOnceMax: 2)

    @Test("nobody is looked at before somebody is due")
    mutating func quiet() {
        #expect(self.renewals.due(at: at(0), among: nobody) == [])
        self.renewals.lent(renewAt: at(70_000))
        self.renewals.lent(renewAt: at(80_000))
        #expect(self.renewals.due(at: at(69_999), among: nobody) == [])
    }

    @Test("whoever is due soon has the turn with the first one; the others have theirs")
    mutating func together() {
        self.renewals.lent(renewAt: at(70_000))
        let all = [candidate(2, at: 72_000), candidate(1, at: 71_000), candidate(0, at: 70_000)]
        #expect(self.renewals.due(at: at(70_000)) { all } == [ids[0], ids[1]])
        #expect(self.renewals.due(at: at(71_999), among: nobody) == [])
        #expect(self.renewals.due(at: at(72_000)) { [all[0]] } == [ids[2]])
        #expect(self.renewals.due(at: at(999_999), among: nobody) == [])
    }

    @Test("so many at once, the most urgent first")
    mutating func bounded() {
        self.renewals.lent(renewAt: at(0))
        let all = [3, 2, 1, 0].map { candidate($0, at: 0) }
        #expect(self.renewals.due(at: at(1)) { all } == [ids[0], ids[1]])
        #expect(self.renewals.due(at: at(1)) { Array(all.prefix(2)) } == [ids[2], ids[3]])
        #expect(self.renewals.due(at: at(1), among: nobody) == [])
    }

    @Test("of a crowd as many as the limits say, and the others with the next look")
    mutating func crowd() {
        let atOnce = Limits().leasesPerSweep
        self.renewals = TurnRenewals(lifetimeMilliseconds: 100_000, atOnceMax: atOnce)
        self.renewals.lent(renewAt: at(0))
        let all = (0...atOnce).map {
            TurnRenewals.Candidate(SessionID(high: 1, low: UInt64($0)), renewAt: at(0))
        }
        #expect(self.renewals.due(at: at(1)) { all }.count == atOnce)
        #expect(self.renewals.due(at: at(1)) { Array(all.suffix(1)) } == [SessionID(high: 1, low: UInt64(atOnce))])
    }

    @Test("somebody new is looked for in time")
    mutating func newcomer() {
        self.renewals.lent(renewAt: at(70_000))
        #expect(self.renewals.due(at: at(70_000)) { [candidate(1, at: 90_000)] } == [])
        self.renewals.lent(renewAt: at(80_000))
        #expect(self.renewals.due(at: at(80_000)) { [candidate(0, at: 80_000)] } == [ids[0]])
    }
}
