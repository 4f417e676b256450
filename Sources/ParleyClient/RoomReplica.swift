public import ParleyProtocol

/// A room as this client sees it: folded from the server's patches, without knowing the room's rules.
public struct RoomReplica: Hashable, Sendable {
    public let id: RoomID
    /// This client's own membership.
    public let participant: ParticipantID
    public private(set) var position: Position
    /// docs/PROTOCOL.md, section 5.
    public private(set) var state: JSONValue

    init(_ snapshot: Snapshot) {
        self.id = snapshot.room
        self.participant = snapshot.participant
        self.position = snapshot.at
        self.state = snapshot.state
    }

    /// Equal to the server's for the same position and view.
    public var hash: StateHash { StateHash(of: self.state) }

    /// Everybody in the room, in order of arrival.
    public var people: [ParticipantID] {
        guard let people = self.state["people"]?.object else { return [] }
        let arrivals = people.members.compactMap { member in
            ParticipantID(member.name).map { (id: $0, joined: member.value["joined"]?.integer ?? 0) }
        }
        return arrivals.sorted { $0.joined < $1.joined }.map(\.id)
    }

    public func name(of participant: ParticipantID) -> String? {
        self.state["people"]?[participant.description]?["name"]?.string
    }

    /// - Returns: `false` if something was missed: the frame does not follow what is held here.
    mutating func apply(_ message: EventsMessage) -> Bool {
        guard message.after == self.position else { return false }
        self.position = message.at
        for event in message.events {
            guard let patch = event["patch"] else { continue }
            MergePatch.fold(patch, into: &self.state)
        }
        return true
    }
}
