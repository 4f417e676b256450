package import ParleyProtocol

/// What a room's people are told now and then (docs/PROTOCOL.md, section 8): a proof of agreement, and round trips.
///
/// What has changed, at every beat; everything, at every third one, and when somebody has come who knows nothing.
package struct RoomBeat: Hashable {
    package struct Plan: Hashable {
        /// The state hash, with the position at which it holds.
        package let tellsHash: Bool
        /// The round trips of everybody, and not only those that have changed.
        package let tellsEverybody: Bool
    }

    private struct Told: Hashable {
        let position: Position
        let hash: StateHash
    }

    /// The newest hashes that people were told, oldest first: what a doubt may refer to.
    private var told: [Told] = []
    private var beatsSinceEverything = 0
    private var isSomebodyNew = false

    private static let toldMax = 4
    private static let beatsPerEverything = 3

    package init() {}

    /// Somebody has come, or come back, and knows no round trips.
    package mutating func somebodyCame() {
        self.isSomebodyNew = true
    }

    /// One more beat of a room that stands there.
    package mutating func plan(at position: Position) -> Plan {
        self.beatsSinceEverything += 1
        let isDue = self.beatsSinceEverything >= Self.beatsPerEverything
        let plan = Plan(
            tellsHash: isDue || self.told.last?.position != position,
            tellsEverybody: isDue || self.isSomebodyNew
        )
        if isDue { self.beatsSinceEverything = 0 }
        self.isSomebodyNew = false
        return plan
    }

    package mutating func tell(_ hash: StateHash, at position: Position) {
        guard self.told.last?.position != position else { return }
        self.told.append(Told(position: position, hash: hash))
        if self.told.count > Self.toldMax { self.told.removeFirst() }
    }

    /// Whether somebody who stands at `position` with `hash` holds something else than the room.
    ///
    /// - Parameter current: where the room is. Of places that are neither there nor told lately nothing is known.
    package func contradicts(_ hash: StateHash, at position: Position, current: (Position, StateHash)) -> Bool {
        if position == current.0 { return hash != current.1 }
        return self.told.contains { $0.position == position && $0.hash != hash }
    }
}
