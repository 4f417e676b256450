package import ParleyProtocol

/// What rings on this device, told once when it begins and once when it ends.
///
/// ```
///            in the line's state                gone from it, declined here, or silent for too long
///  (nothing) -------------------> rings -----------------------------------------------> over
///                                   |                                                     ^
///                                   | accept            joined, or refused                |
///                                   +--> being accepted ----------------------------------+
/// ```
package struct IncomingCalls: Sendable {
    package enum Effect: Hashable, Sendable {
        case rings(Incoming)
        case ended(Incoming, Incoming.End)
        /// Call ``IncomingCalls/tick(_:_:)`` then.
        case wake(at: Duration)
    }

    private struct Row: Hashable {
        let incoming: Incoming
        /// Then it stops by itself.
        let silentAt: Duration
        var isAccepting = false
        /// Told; it may still be in the state.
        var isOver = false
    }

    /// A device without a server stops so long after the ring should be over.
    private static let silence = Duration.seconds(5)

    /// Bounded by what the server lets ring on a line.
    private var rows: [RoomID: Row] = [:]

    package init() {}

    /// - Parameters:
    ///   - shown: what the line shows, and whether this device has declined it.
    ///   - reasons: why what it does not show any more has gone, as its events have said.
    package mutating func compare(
        _ shown: [(incoming: Incoming, isDeclined: Bool)],
        _ reasons: [RoomID: String],
        _ moment: Moment,
        _ effects: inout [Effect]
    ) {
        for call in self.rows.keys.sorted() {
            guard let row = self.rows[call] else { continue }
            guard let now = shown.first(where: { $0.incoming.call == call }), now.incoming.ring == row.incoming.ring
            else {
                self.isGone(call, reasons[call], &effects)
                continue
            }
            if now.isDeclined { self.end(call, .declined, &effects) }
        }
        for (incoming, isDeclined) in shown where self.rows[incoming.call] == nil && !isDeclined {
            let rings = Duration.milliseconds(incoming.until.milliseconds - incoming.since.milliseconds)
            let silentAt = moment.time + rings + Self.silence
            self.rows[incoming.call] = Row(incoming: incoming, silentAt: silentAt)
            effects.append(.rings(incoming))
            effects.append(.wake(at: silentAt))
        }
    }

    private mutating func isGone(_ call: RoomID, _ reason: String?, _ effects: inout [Effect]) {
        // Whether it is this device that has answered the outcome of its join will tell.
        if self.rows[call]?.isAccepting == true, reason == "answered" { return }
        let end = reason == "answered" ? .answeredElsewhere : reason.flatMap { Incoming.End(rawValue: $0) }
        self.end(call, end ?? .failed, &effects)
        self.rows[call] = nil
    }

    private mutating func end(_ call: RoomID, _ end: Incoming.End, _ effects: inout [Effect]) {
        guard let row = self.rows[call], !row.isOver else { return }
        self.rows[call]?.isOver = true
        effects.append(.ended(row.incoming, end))
    }

    // MARK: Accepting

    package mutating func accepts(_ call: RoomID) { self.rows[call]?.isAccepting = true }

    /// This device is in that call.
    package mutating func accepted(_ call: RoomID, _ effects: inout [Effect]) {
        self.rows[call]?.isAccepting = false
        self.end(call, .accepted, &effects)
    }

    package mutating func refused(_ call: RoomID, _ code: RejectionCode?, _ effects: inout [Effect]) {
        guard self.rows[call]?.isAccepting == true else { return }
        self.rows[call]?.isAccepting = false
        switch code {
        case .answeredElsewhere: self.end(call, .answeredElsewhere, &effects)
        case .ringOver, .unknownRoom, .roomEnded: self.end(call, .cancelled, &effects)
        // It rings on: whoever wants to may try again.
        case .some, .none: break
        }
    }

    // MARK: Time

    package mutating func tick(_ moment: Moment, _ effects: inout [Effect]) {
        for call in self.rows.keys.sorted() {
            guard let row = self.rows[call], !row.isOver else { continue }
            if moment.time >= row.silentAt {
                self.end(call, .noAnswer, &effects)
            } else {
                effects.append(.wake(at: row.silentAt))
            }
        }
    }

    /// The line is gone, and with it whatever is heard of a ring.
    package mutating func end(_ effects: inout [Effect]) {
        for call in self.rows.keys.sorted() { self.end(call, .offline, &effects) }
        self.rows = [:]
    }
}
