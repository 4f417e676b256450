package import ParleyProtocol

/// For how long a session may go on, and what is said to it about that.
///
/// ```
///         1 min before the end        at the end            30 s later
///   good ---------------------> told ------------> expired ------------> over
///    ^                            |                   |
///    +----------------------------+-------------------+ a newer token
/// ```
package struct SessionAuthorization: Hashable, Sendable {
    private var held: Shared<Authorization>
    private var stage = Stage.good

    private enum Stage: Hashable, Sendable {
        case good
        case told
        case expired
        case over
    }

    package enum Action: Hashable, Sendable {
        case none
        case tell(expiresAt: Instant)
        case tellExpired(withinMilliseconds: Int)
        case end
    }

    package init(_ authorization: Authorization) {
        self.held = Shared(authorization)
    }

    package var authorization: Authorization { self.held.value }

    package static func == (left: Self, right: Self) -> Bool {
        left.authorization == right.authorization && left.stage == right.stage
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(self.authorization)
        hasher.combine(self.stage)
    }

    /// The newer one holds from now on, also where it ends sooner.
    package mutating func renew(_ authorization: Authorization) {
        self.held = Shared(authorization)
        self.stage = .good
    }

    /// What is due by now; call it a few times a second.
    package mutating func tick(_ now: Instant, limits: Limits) -> Action {
        let end = self.authorization.expiresAt
        switch self.stage {
        case .good where now >= end.advanced(milliseconds: -limits.tokenWarningMilliseconds):
            self.stage = .told
            return .tell(expiresAt: end)
        case .told where now >= end:
            self.stage = .expired
            return .tellExpired(withinMilliseconds: limits.tokenGraceMilliseconds)
        case .expired where now >= end.advanced(milliseconds: limits.tokenGraceMilliseconds):
            self.stage = .over
            return .end
        case .good, .told, .expired, .over: return .none
        }
    }

    /// Whether the session may be had back by it.
    package func isGood(at now: Instant, limits: Limits) -> Bool {
        now < self.authorization.expiresAt.advanced(milliseconds: limits.tokenGraceMilliseconds)
    }
}
