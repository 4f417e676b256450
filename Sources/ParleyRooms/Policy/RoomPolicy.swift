import ParleyProtocol

/// The media policy of a room as it stands, with the devices that it is computed from.
///
/// It is derived: the same log gives the same policy, and no event says what it is. It is computed anew when the
/// *kinds* of devices change; in a room of one kind nobody's coming and going costs more than a comparison.
struct RoomPolicy: Hashable, Sendable {
    private(set) var profiles = DeviceProfiles()
    /// Grows with every change of ``current``.
    private(set) var revision: UInt64 = 0
    private(set) var current: MediaPolicy?
    /// What it was computed from.
    private var kinds: [UInt64] = []
    private var rules = RoomRules()
    private var isStale = false

    /// `state.policy`; `nil` as long as nobody has said anything.
    var json: JSONValue? { self.current?.json(revision: self.revision) }

    mutating func enter(_ participant: Participant, _ declaration: MediaDeclaration?) {
        let holder = DeviceProfiles.Holder(
            joined: participant.joined,
            id: participant.id,
            name: participant.name
        )
        self.profiles.add(holder, declaration, participant.role.standing)
        self.isStale = true
    }

    mutating func leave(_ id: ParticipantID) {
        self.profiles.remove(id)
        self.isStale = true
    }

    mutating func declare(_ declaration: MediaDeclaration, by id: ParticipantID) {
        self.profiles.declare(declaration, by: id)
        self.isStale = true
    }

    mutating func move(_ id: ParticipantID, to role: Role) {
        self.profiles.move(id, to: role.standing)
        self.isStale = true
    }

    struct Change {
        let before: JSONValue?
        let after: JSONValue?
    }

    /// To be called after each event; `nil` if the policy stays as it is.
    mutating func settle(_ rules: RoomRules) -> Change? {
        guard self.isStale || rules != self.rules else { return nil }
        let kinds = self.profiles.counted(withAudience: rules.audienceInPolicy)
        let isSame = rules == self.rules && kinds == self.kinds && self.current?.isSettled ?? true
        self.isStale = false
        self.rules = rules
        self.kinds = kinds
        guard !isSame else { return nil }
        let policy = MediaPolicy(of: self.profiles, rules: rules.media)
        guard policy != self.current else { return nil }
        let before = self.json
        self.current = policy
        self.revision += 1
        return Change(before: before, after: self.json)
    }
}

extension Role {
    fileprivate var standing: DeviceProfiles.Standing {
        switch self {
        case .host, .coHost, .speaker, .participant: .stage
        case .audience: .audience
        case .observer: .hidden
        }
    }
}

extension Room {
    /// Computes the policy anew where that may make a difference.
    mutating func settlePolicy() -> StatePatches {
        guard let change = self.policy.settle(self.rules) else { return .none }
        return self.replace(change.before, with: change.after, at: [StatePath.policy], in: .stage)
    }
}

// MARK: - The snapshot

extension RoomPolicy {
    /// `nil` if nobody has ever said anything.
    var snapshot: JSONValue? {
        guard case .object(var object) = self.profiles.json else { return nil }
        object.append("revision", .integer(Int64(clamping: self.revision)))
        return .object(object)
    }

    /// Without the people.
    init(_ reader: FieldReader) throws(RoomFormatError) {
        self.profiles = try DeviceProfiles(reader)
        self.revision = try reader.number("revision")
    }

    /// After all people are there: the policy is the one that the room had.
    mutating func restore(_ rules: RoomRules) {
        let revision = self.revision
        _ = self.settle(rules)
        self.revision = revision
    }
}
