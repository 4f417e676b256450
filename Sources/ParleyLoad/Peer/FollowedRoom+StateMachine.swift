package import ParleyProtocol

/// A room as one client follows it: every frame must begin where the one before it ended, and the state must have the
/// hash that the server tells.
package struct FollowedRoom {
    package let id: RoomID
    package let participant: ParticipantID
    package let view: String?
    package private(set) var stand: RoomStand
    /// The own row, where it is not among the people: one of a large audience.
    package let isCounted: Bool
    /// Ahead of a frame that is missing.
    private var held: [HeardFrame] = []
    /// Something was lost: what is held is not the room's state.
    package private(set) var isBroken = false

    /// So many frames may come before one that is missing; then it is lost.
    package static let heldMax = 64

    package init(_ snapshot: Snapshot, _ verdict: inout Verdict) {
        self.init(snapshot, hash: StateHash(of: snapshot.state), &verdict)
    }

    /// - Parameter hash: of the state in it.
    package init(_ snapshot: Snapshot, hash: StateHash, _ verdict: inout Verdict) {
        self.id = snapshot.room
        self.participant = snapshot.participant
        self.view = snapshot.view
        self.isCounted = snapshot.me != nil
        self.stand = RoomStand(position: snapshot.at, state: snapshot.state, hash: hash)
        if hash != snapshot.hash { self.break(&verdict) }
    }

    package var position: Position { self.stand.position }

    private mutating func `break`(_ verdict: inout Verdict) {
        if !self.isBroken { verdict.differing += 1 }
        self.isBroken = true
    }

    /// - Returns: what can be taken in now, in its order.
    package mutating func follow(_ frame: HeardFrame, _ verdict: inout Verdict) -> [HeardFrame] {
        guard frame.message.after == self.position else {
            if self.isKnown(frame.message) {
                verdict.twice += 1
                return []
            }
            self.held.append(frame)
            return self.held.count > Self.heldMax ? self.giveUp(&verdict) : []
        }
        self.take(frame)
        return [frame] + self.takeHeld(&verdict)
    }

    private func isKnown(_ message: EventsMessage) -> Bool {
        if self.held.contains(where: { $0.message.at == message.at }) { return true }
        let (at, here) = (message.at, self.position)
        return (at.generation, at.sequence) <= (here.generation, here.sequence)
    }

    private mutating func take(_ frame: HeardFrame) {
        self.stand = frame.applied(to: self.stand)
    }

    /// Those that have waited for what has just come: it came late.
    private mutating func takeHeld(_ verdict: inout Verdict) -> [HeardFrame] {
        guard !self.held.isEmpty else { return [] }
        var taken: [HeardFrame] = []
        while let index = self.held.firstIndex(where: { $0.message.after == self.position }) {
            let frame = self.held.remove(at: index)
            self.take(frame)
            taken.append(frame)
        }
        if !taken.isEmpty { verdict.disordered += 1 }
        return taken
    }

    /// What is missing does not come any more: goes on behind it.
    private mutating func giveUp(_ verdict: inout Verdict) -> [HeardFrame] {
        let first = self.held.indices.min {
            self.held[$0].message.at.sequence < self.held[$1].message.at.sequence
        }
        guard let first else { return [] }
        verdict.lost += 1
        self.isBroken = true
        let frame = self.held.remove(at: first)
        self.take(frame)
        var taken = [frame]
        while let index = self.held.firstIndex(where: { $0.message.after == self.position }) {
            let next = self.held.remove(at: index)
            self.take(next)
            taken.append(next)
        }
        return taken
    }

    /// Nothing comes any more: what is still missing is lost.
    package mutating func settle(_ verdict: inout Verdict) -> [HeardFrame] {
        var taken: [HeardFrame] = []
        while !self.held.isEmpty { taken += self.giveUp(&verdict) }
        return taken
    }

    /// What a beat says of this room.
    package mutating func compare(_ beat: ServerBeat.Room, _ verdict: inout Verdict) {
        guard beat.room == self.id, beat.at == self.position, !self.isBroken, let hash = beat.hash
        else { return }
        if hash != self.stand.hash { self.break(&verdict) }
    }

    // MARK: Who is there

    package var people: [ParticipantID] {
        (self.stand.state["people"]?.object?.members.map { ParticipantID($0.name) } ?? []).compactMap(
            \.self
        )
    }

    /// Beyond those.
    package var audienceCount: Int {
        Int(clamping: self.stand.state["audience"]?["count"]?.integer ?? 0)
    }
}
