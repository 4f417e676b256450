package import ParleyProtocol

/// When leases are renewed.
///
/// There is no timer for each session, and no list of them: all sessions are looked through when the first one is due,
/// and whoever is due soon afterwards has the turn with it. So a lease of 4 hours costs a look at all sessions every
/// 144 seconds at the most.
package struct TurnRenewals: Hashable {
    package struct Candidate: Hashable {
        let session: SessionID
        let renewAt: Instant

        package init(_ session: SessionID, renewAt: Instant) {
            self.session = session
            self.renewAt = renewAt
        }
    }

    private var nextLook: Instant?
    private let slackMilliseconds: Int
    private let atOnceMax: Int

    /// - Parameter atOnceMax: more than that many wait for the next call.
    package init(lifetimeMilliseconds: Int, atOnceMax: Int) {
        self.slackMilliseconds = lifetimeMilliseconds / 100
        self.atOnceMax = atOnceMax
    }

    package mutating func lent(renewAt: Instant) {
        self.nextLook = min(self.nextLook ?? renewAt, renewAt)
    }

    /// Those who get another lease now, the most urgent first.
    ///
    /// - Parameter candidates: everybody who has a lease that ends; asked for only when somebody is due.
    package mutating func due(at now: Instant, among candidates: () -> [Candidate]) -> [SessionID] {
        guard let look = self.nextLook, look <= now else { return [] }
        let all = candidates().sorted { ($0.renewAt, $0.session) < ($1.renewAt, $1.session) }
        let end = now.advanced(milliseconds: self.slackMilliseconds)
        let taken = all.prefix(self.atOnceMax).prefix { $0.renewAt <= end }
        self.nextLook = all.dropFirst(taken.count).first?.renewAt
        return taken.map(\.session)
    }
}
