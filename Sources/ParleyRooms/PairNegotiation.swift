public import ParleyProtocol

/// What two participants have offered and answered each other (docs/PROTOCOL.md, section 6).
///
/// One value per unordered pair; no allocation, and a candidate costs one comparison.
///
/// ```
///  per side:          offer (number grows)
///    quiet  <--------------------------------->  offering
///            answer by the peer; own answer (an answerer has taken its own offer back); hangup
/// ```
public struct PairNegotiation: Hashable, Sendable {
    /// Who of the two; told apart by their order of arrival, which never changes.
    public enum Side: Hashable, Sendable, CaseIterable {
        /// Has the lower `joined`.
        case elder
        /// Has the higher `joined`, and makes the first offer.
        case newcomer

        public var peer: Side {
            switch self {
            case .elder: .newcomer
            case .newcomer: .elder
            }
        }

        public init(joined: UInt64, peerJoined: UInt64) {
            assert(joined != peerJoined, "order of arrival is unique")
            self = joined < peerJoined ? .elder : .newcomer
        }
    }

    private struct Offer: Hashable {
        /// Numbers go on after a hangup, so that a late answer never fits a new offer.
        var newest: UInt64 = 0
        var awaitsAnswer = false
    }

    /// Two devices that both cannot take an offer back would be stuck as soon as both have offered.
    private let canNegotiate: Bool
    /// Somebody has offered since the pair began or since the last hangup.
    public private(set) var isOpen = false
    private var elder = Offer()
    private var newcomer = Offer()

    public init(elderHasRollback: Bool, newcomerHasRollback: Bool) {
        self.canNegotiate = elderHasRollback || newcomerHasRollback
    }

    // MARK: Politeness

    public static var firstOfferer: Side { .newcomer }

    /// Who yields when both have offered at once: whoever can take an offer back; if both can (or
    /// neither), the newcomer.
    public static func polite(elderHasRollback: Bool, newcomerHasRollback: Bool) -> Side {
        elderHasRollback && !newcomerHasRollback ? .elder : .newcomer
    }

    /// The same from one side's point of view.
    public static func isPolite(joined: UInt64, rollback: Bool, peerJoined: UInt64, peerRollback: Bool)
        -> Bool
    {
        switch Side(joined: joined, peerJoined: peerJoined) {
        case .elder:
            self.polite(elderHasRollback: rollback, newcomerHasRollback: peerRollback) == .elder
        case .newcomer:
            self.polite(elderHasRollback: peerRollback, newcomerHasRollback: rollback) == .newcomer
        }
    }

    // MARK: ICE restart

    /// Which end restarts ICE when the connection between the two may be gone: the impolite one, whose offer
    /// stands if both make one; if it cannot, the other one; if neither can, nobody.
    ///
    /// Whenever it is asked for, on whatever node, the same pair has the same answer: two ends that come
    /// back one after the other name one restarter, not two.
    public static func restarter(elder: Abilities, newcomer: Abilities) -> Side? {
        let impolite = self.polite(elderHasRollback: elder.rollback, newcomerHasRollback: newcomer.rollback).peer
        let canRestart: (Side) -> Bool = { $0 == .elder ? elder.restart : newcomer.restart }
        return [impolite, impolite.peer].first(where: canRestart)
    }

    /// The same, asked from one side.
    public static func restarter(of mine: Abilities, on side: Side, peer: Abilities) -> Side? {
        switch side {
        case .elder: self.restarter(elder: mine, newcomer: peer)
        case .newcomer: self.restarter(elder: peer, newcomer: mine)
        }
    }

    // MARK: Signals. `nil`: accepted, and remembered. Otherwise nothing has changed.

    public mutating func offer(from side: Side, negotiation: UInt64) -> RejectionCode? {
        guard self.canNegotiate else { return .noRollback }
        guard negotiation > self[side].newest else { return .staleOffer }
        self[side] = Offer(newest: negotiation, awaitsAnswer: true)
        self.isOpen = true
        return nil
    }

    public mutating func answer(from side: Side, negotiation: UInt64) -> RejectionCode? {
        guard self.isOpen else { return .noNegotiation }
        let offer = self[side.peer]
        guard offer.awaitsAnswer, offer.newest == negotiation else { return .staleAnswer }
        self[side.peer].awaitsAnswer = false
        // Nobody can answer while an own offer stands (RFC 9429, section 4.1.8.2): it was rolled
        // back, and an answer to it would describe nothing.
        self[side].awaitsAnswer = false
        return nil
    }

    /// Both sides gather for an exchange, so a candidate of either side is fine as soon as one has offered.
    public func candidate() -> RejectionCode? {
        self.isOpen ? nil : .noNegotiation
    }

    /// Always accepted: hanging up twice is a legal race.
    public mutating func hangup() {
        self.isOpen = false
        self.elder.awaitsAnswer = false
        self.newcomer.awaitsAnswer = false
    }

    private subscript(side: Side) -> Offer {
        get {
            switch side {
            case .elder: self.elder
            case .newcomer: self.newcomer
            }
        }
        set {
            switch side {
            case .elder: self.elder = newValue
            case .newcomer: self.newcomer = newValue
            }
        }
    }
}

extension PairNegotiation {
    /// The number of the offer of that side that waits for its answer.
    public func standingOffer(of side: Side) -> UInt64? {
        self[side].awaitsAnswer ? self[side].newest : nil
    }
}
