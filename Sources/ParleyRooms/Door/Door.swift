public import ParleyProtocol

/// Who waits, who is invited, who may not come in, and who may come in again.
///
/// ```
///           waiting                 admitted, joined
///  (joins) ---------->  waiting  ---------------------->  (in the room)
///     \                  |   |
///      \ joined          |   | denied, left
///       +---> (in)       v   v
///                       (gone)
/// ```
public struct Door: Hashable, Sendable {
    public internal(set) var waiting: PersistentMap<ParticipantID, WaitingPerson> = [:]
    /// The order number of the latest who came to wait.
    var waitingLast: UInt64 = 0
    /// Who was in and may come in again, the latest last.
    var known: [IdentityID] = []
    /// Who was denied, and until when that holds, the latest last.
    var denied: [Denial] = []
    public internal(set) var bans: [UInt64: Ban] = [:]
    var bansLast: UInt64 = 0
    public internal(set) var invitations: [UInt64: Invitation] = [:]
    var invitationsLast: UInt64 = 0

    struct Denial: Hashable, Sendable {
        let identity: IdentityID
        let until: Instant
    }

    /// In the order in which they came.
    var queue: [WaitingPerson] { self.waiting.values.sorted { $0.order < $1.order } }

    // MARK: Asking

    func isDenied(_ identity: IdentityID, at now: Instant) -> Bool {
        self.denied.contains { $0.identity == identity && $0.until > now }
    }

    /// A token that nobody in particular has is banned with whoever came by it.
    func isBanned(_ identity: IdentityID, _ token: Digest?, at now: Instant) -> Bool {
        self.bans.values.contains { ban in
            let isMeant = ban.identity == identity || token != nil && ban.token == token
            return isMeant && ban.isInForce(at: now)
        }
    }

    /// Every invitation is looked at: how long it takes says nothing about which of them it is not.
    func invitation(_ digest: Digest, for identity: IdentityID, at now: Instant) -> Invitation? {
        self.invitations.values.reduce(nil) { found, invitation in
            invitation.digest == digest && invitation.isGood(for: identity, at: now) ? invitation : found
        }
    }

    // MARK: Remembering; the longest remembered gives way

    mutating func know(_ identity: IdentityID) {
        self.known.removeAll { $0 == identity }
        self.known.append(identity)
        self.known.removeFirst(max(0, self.known.count - Limits().knownIdentitiesMax))
    }

    mutating func deny(_ identity: IdentityID, until: Instant) {
        self.forget(identity)
        self.denied.removeAll { $0.identity == identity }
        self.denied.append(Denial(identity: identity, until: until))
        self.denied.removeFirst(max(0, self.denied.count - Limits().knownIdentitiesMax))
    }

    /// They may not walk in again.
    mutating func forget(_ identity: IdentityID) {
        self.known.removeAll { $0 == identity }
    }
}

/// Somebody who is not let in yet. Others than moderators know nothing of them.
public struct WaitingPerson: Hashable, Sendable {
    /// What they bring along. `joined` is 0, and `role` is what they will be.
    var joining: RoomEvent.Joining
    /// Order of arrival, from 1.
    public let order: UInt64
    public internal(set) var reason: WaitingReason
    public internal(set) var connection = Participant.Connection.connected
    public var id: ParticipantID { self.joining.participant }
    public var name: DisplayName? { self.joining.name }
    package var identity: IdentityID { self.joining.identity }

    init(_ joining: RoomEvent.Joining, order: UInt64, reason: WaitingReason) {
        self.joining = joining
        self.order = order
        self.reason = reason
    }
}

public enum WaitingReason: String, CaseIterable, Hashable, Sendable {
    /// Somebody has to let them in.
    case approval
    /// Nobody is there who could.
    case host
    /// The meeting has not begun.
    case scheduled
    /// Somebody has let them in; they come in with one of the next entries.
    case turn
    /// It is a queue: they are taken from it to another room.
    case queue
}

/// Somebody may not come in, on whatever device.
public struct Ban: Hashable, Sendable {
    public let number: UInt64
    public let identity: IdentityID
    /// `nil`: as long as the room lives.
    public let until: Instant?
    /// `nil`: an operator.
    public let by: ParticipantID?
    public let name: String?
    let at: Instant
    /// By which they had come; never shown.
    var token: Digest?

    func isInForce(at now: Instant) -> Bool { self.until.map { $0 > now } ?? true }
}

/// A way in for whoever knows a secret, of which only the hash is here.
public struct Invitation: Hashable, Sendable {
    public let number: UInt64
    let digest: Digest
    public let label: String?
    public let role: Role
    public let usesMax: Int
    public let expiresAt: Instant?
    let bypass: Bool
    public let by: ParticipantID?
    /// Who has used it; at most `usesMax`.
    var users: Set<IdentityID> = []

    /// Whoever has used it may do so again.
    func isGood(for identity: IdentityID, at now: Instant) -> Bool {
        if let expiresAt, expiresAt <= now { return false }
        return self.users.contains(identity) || self.users.count < self.usesMax
    }
}
