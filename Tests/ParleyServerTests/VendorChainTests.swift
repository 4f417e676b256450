import ParleyProtocol
import ParleyServer
import Testing

@Suite("Vendors of relays, one after the other")
struct VendorChainTests {
    private var chain = VendorChain(vendors: 2)

    private func at(_ second: Int) -> Instant { Instant(milliseconds: 1_795_226_400_000 + Int64(second) * 1_000) }

    private func up(_ second: Int) -> UInt64 { UInt64(second) * 1_000_000_000 }

    private mutating func tick(_ second: Int) -> VendorChain.Question? {
        self.chain.tick(now: self.at(second), uptime: self.up(second))
    }

    private mutating func question(_ second: Int) throws -> VendorChain.Question {
        let question = self.tick(second)
        return try #require(question)
    }

    /// Whom to ask after that one has failed.
    private mutating func next(after question: VendorChain.Question, _ second: Int) throws -> VendorChain.Question {
        let next = self.chain.failed(question, uptime: self.up(second))
        return try #require(next)
    }

    private func loan(_ name: String, _ second: Int) -> VendorLoan {
        let server = ICEServer(urls: ["turn:\(name).example.org"], username: "a", credential: "b")
        return VendorLoan([server], since: self.at(second), until: self.at(second + 1_000))
    }

    @Test("one is asked, once, and its loan is good for everybody")
    mutating func first() throws {
        #expect(self.chain.loan(at: self.at(0)) == nil)
        let question = try self.question(0)
        #expect(question.vendor == 0)
        #expect(self.tick(1) == nil)
        self.chain.answered(question, self.loan("one", 0), uptime: self.up(1))
        #expect(self.chain.loan(at: self.at(1)) == self.loan("one", 0))
        #expect(self.tick(2) == nil)
    }

    @Test("when a quarter of its life is over there is a new one, and the old one serves meanwhile")
    mutating func fresh() throws {
        self.chain.answered(try self.question(0), self.loan("one", 0), uptime: self.up(0))
        #expect(self.tick(249) == nil)
        let question = try self.question(250)
        #expect(self.chain.loan(at: self.at(251)) == self.loan("one", 0))
        self.chain.answered(question, self.loan("one", 250), uptime: self.up(251))
        #expect(self.chain.loan(at: self.at(251)) == self.loan("one", 250))
    }

    @Test("what has ended is not lent on")
    mutating func over() throws {
        self.chain.answered(try self.question(0), self.loan("one", 0), uptime: self.up(0))
        #expect(self.chain.loan(at: self.at(999)) != nil)
        #expect(self.chain.loan(at: self.at(1_000)) == nil)
    }

    @Test("whoever fails is followed by the next one; then there is a second of rest")
    mutating func fallThrough() throws {
        let question = try self.question(0)
        let second = try self.next(after: question, 2)
        #expect(second.vendor == 1)
        #expect(self.chain.failed(second, uptime: self.up(4)) == nil)
        #expect(self.chain.tick(now: self.at(4), uptime: self.up(5) - 1) == nil)
        #expect(self.tick(5)?.vendor == 0)
    }

    @Test("one that fails again and again is left out, until its pause is over")
    mutating func breaker() throws {
        for round in 0..<3 {
            let question = try self.question(300 * round)
            #expect(question.vendor == 0)
            let next = try self.next(after: question, 300 * round + 2)
            self.chain.answered(next, self.loan("two", 300 * round + 2), uptime: self.up(300 * round + 2))
        }
        // 602 s: the first one has failed for the third time, and rests until 612.
        let early = Instant(milliseconds: self.at(1_603).milliseconds)
        #expect(self.chain.tick(now: early, uptime: self.up(603))?.vendor == 1)
        var other = VendorChain(vendors: 1)
        for second in [0, 1, 2] {
            let asked = other.tick(now: self.at(second), uptime: self.up(second))
            let question = try #require(asked)
            #expect(other.failed(question, uptime: self.up(second)) == nil)
        }
        #expect(other.tick(now: self.at(11), uptime: self.up(11)) == nil)
        #expect(other.tick(now: self.at(12), uptime: self.up(12))?.vendor == 0)
    }

    @Test("without vendors nobody is asked")
    func nobody() {
        var chain = VendorChain(vendors: 0)
        #expect(chain.isEmpty)
        #expect(chain.tick(now: self.at(0), uptime: 0) == nil)
    }

    @Test("a lease has what a vendor has lent, and ends with it; until then it is said to be lacking")
    func lending() throws {
        var turn = TurnConfiguration()
        turn.vendors = [SilentVendor()]
        var lending = TurnLending(fixed: [], turn)
        #expect(lending.isLending)
        let before = lending.lend(to: "x", now: self.at(0))
        #expect(before == TurnLease([], since: self.at(0), until: nil, lacksVendor: true))
        let asked = lending.chain.tick(now: self.at(0), uptime: 0)
        let question = try #require(asked)
        lending.chain.answered(question, self.loan("one", 0), uptime: 0)
        let lease = lending.lend(to: "x", now: self.at(100))
        #expect(lease.servers == self.loan("one", 0).servers)
        #expect(lease.expiresAt == self.at(1_000))
        // 70 % of what is left of it.
        #expect(lease.renewAt == self.at(730))
        #expect(lending.lend(to: "x", now: self.at(999)).renewAt == self.at(1_001))
    }
}

private struct SilentVendor: TurnVendor {
    let name = "silent"

    func lend(forSeconds: Int, by http: any VendorHTTP) async throws(TurnVendorError) -> VendorGrant {
        throw .timeout
    }
}
