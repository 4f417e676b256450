public import ParleyProtocol

/// A room as this client sees it: folded from the server's patches, without knowing the room's rules.
public struct RoomReplica: Hashable, Sendable {
    /// How a frame of the log follows what is held.
    package enum Continuation: Hashable, Sendable {
        case next
        /// Held already: a second connection tells again what the first one has told.
        case known
        /// Something before it is missing.
        case gap
    }

    public let id: RoomID
    /// This client's own membership.
    public let participant: ParticipantID
    public private(set) var position: Position
    /// What this client may see; `nil` from a server that does not say.
    package let view: String?
    /// docs/PROTOCOL.md, section 5.
    public private(set) var state: JSONValue
    /// This client's own row while it is not among ``people``: it is one of a large audience, who are counted.
    public let me: JSONValue?

    package init(_ snapshot: Snapshot) {
        self.id = snapshot.room
        self.participant = snapshot.participant
        self.position = snapshot.at
        self.view = snapshot.view
        self.state = snapshot.state
        self.me = snapshot.me
    }

    /// Equal to the server's for the same position and view. Costs a walk through the whole state.
    public var hash: StateHash { StateHash(of: self.state) }

    public var alias: RoomAlias? { self.state["room"]?["alias"]?.string.flatMap { RoomAlias($0) } }

    /// How many there are beyond those who are among ``people``.
    public var audienceCount: Int { Int(clamping: self.state["audience"]?["count"]?.integer ?? 0) }

    /// Everybody in the room, in order of arrival; of a large audience only those with a raised hand.
    public var people: [ParticipantID] {
        guard let people = self.state["people"]?.object else { return [] }
        let arrivals = people.members.compactMap { member in
            ParticipantID(member.name).map { (id: $0, joined: member.value["joined"]?.integer ?? 0) }
        }
        return arrivals.sorted { $0.joined < $1.joined }.map(\.id)
    }

    public func contains(_ participant: ParticipantID) -> Bool {
        self.state["people"]?[participant.description] != nil
    }

    public func name(of participant: ParticipantID) -> String? {
        self.state["people"]?[participant.description]?["name"]?.string
    }

    /// Who somebody else says that they are; whoever believes it checks it first.
    public func assertion(of participant: ParticipantID) -> String? {
        self.state["people"]?[participant.description]?["assertion"]?.string
    }

    package func continuation(_ message: EventsMessage) -> Continuation {
        if message.after == self.position { return .next }
        guard message.at.generation == self.position.generation else { return .gap }
        return message.at.sequence < self.position.sequence || message.at == self.position ? .known : .gap
    }

    /// Takes in the frame after this position.
    package mutating func apply(_ message: EventsMessage) {
        assert(message.after == self.position)
        self.position = message.at
        for event in message.events { self.fold(event) }
    }

    private mutating func fold(_ event: JSONValue) {
        guard let patch = event["patch"] else { return }
        MergePatch.fold(patch, into: &self.state)
    }
}
