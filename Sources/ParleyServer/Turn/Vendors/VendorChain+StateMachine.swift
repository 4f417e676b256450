package import ParleyProtocol

/// What a vendor has lent, to be handed on to everybody until there is something newer.
package struct VendorLoan: Hashable, Sendable {
    package let servers: [ICEServer]
    package let since: Instant
    package let expiresAt: Instant

    package init(_ servers: [ICEServer], since: Instant, until expiresAt: Instant) {
        self.servers = servers
        self.since = since
        self.expiresAt = expiresAt
    }

    init(_ servers: [ICEServer], since: Instant, forSeconds seconds: Int) {
        self.init(servers, since: since, until: since.advanced(milliseconds: seconds * 1_000))
    }
}

/// Several vendors, of whom the first one that answers is good enough.
///
/// ```
///                  no loan, or a quarter of its life is over
/// resting ---------------------------------------------------------> asking the first whose breaker is closed
///    ^ ^                                                                  |            | it fails
///    | +---------------------------------- it answers: the new loan ------+            v
///    +----------- after a second ------- nobody is left -------------------------- asking the next one
/// ```
///
/// Nobody waits for any of this: whoever joins gets the loan that is there, and is told later if there was none.
package struct VendorChain: Hashable, Sendable {
    package struct Question: Hashable, Sendable {
        package let vendor: Int
        let number: UInt64
    }

    private enum State: Hashable, Sendable {
        case resting(until: UInt64)
        case asking(Question)
    }

    private var state = State.resting(until: 0)
    private var breakers: [CircuitBreaker]
    private var questions: UInt64 = 0
    /// What is lent on: always the newest.
    private var loan: VendorLoan?

    /// Between two rounds in which nobody has answered.
    private static let restNanoseconds: UInt64 = 1_000_000_000

    package init(vendors count: Int) {
        self.breakers = [CircuitBreaker](repeating: CircuitBreaker(), count: count)
    }

    package var isEmpty: Bool { self.breakers.isEmpty }

    /// - Returns: `nil` if there is none, or it has ended.
    package func loan(at now: Instant) -> VendorLoan? {
        self.loan.flatMap { $0.expiresAt > now ? $0 : nil }
    }

    /// Called now and then.
    ///
    /// - Returns: whom to ask, if anybody.
    package mutating func tick(now: Instant, uptime: UInt64) -> Question? {
        guard case .resting(let until) = self.state, uptime >= until, self.isWanting(at: now) else { return nil }
        return self.ask(from: 0, uptime)
    }

    private func isWanting(at now: Instant) -> Bool {
        guard let loan = self.loan(at: now) else { return true }
        return now.milliseconds - loan.since.milliseconds >= (loan.expiresAt.milliseconds - loan.since.milliseconds) / 4
    }

    private mutating func ask(from first: Int, _ uptime: UInt64) -> Question? {
        guard
            let vendor = self.breakers.indices.dropFirst(first).first(where: { self.breakers[$0].admits(now: uptime) })
        else {
            self.state = .resting(until: uptime + Self.restNanoseconds)
            return nil
        }
        self.breakers[vendor].ask(now: uptime)
        self.questions += 1
        let question = Question(vendor: vendor, number: self.questions)
        self.state = .asking(question)
        return question
    }

    package mutating func answered(_ question: Question, _ loan: VendorLoan, uptime: UInt64) {
        guard self.state == .asking(question) else { return assertionFailure("one question at a time") }
        self.breakers[question.vendor].succeeded()
        self.loan = loan
        self.state = .resting(until: uptime)
    }

    /// - Returns: whom to ask instead.
    package mutating func failed(_ question: Question, uptime: UInt64) -> Question? {
        guard self.state == .asking(question) else {
            assertionFailure("one question at a time")
            return nil
        }
        self.breakers[question.vendor].failed(now: uptime)
        return self.ask(from: question.vendor + 1, uptime)
    }
}
