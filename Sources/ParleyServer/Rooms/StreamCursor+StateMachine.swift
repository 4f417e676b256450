/// How far one participant's connection has come in the frames of its room. All times are monotonic nanoseconds.
///
/// ```
///                       the ring has forgotten the next one
///   next: frame n  ------------------------------------------->  next: snapshot
///    |  ^      ^                                                       |
///    +--+      +------------------ sent: the newest frame is known ----+
///    sent: n + 1             a second loss within `patience`: too slow
/// ```
package struct StreamCursor: Hashable {
    package enum Next: Hashable {
        /// The one with this number, as soon as there is one.
        case frame(UInt64)
        /// The room as it is.
        ///
        /// - Parameter namesJoin: whether it is also the answer to the participant's join.
        case snapshot(namesJoin: Bool)
    }

    package enum Step: Hashable {
        /// Everything is sent.
        case none
        /// Send it, then call `sent`.
        case frame(UInt64)
        /// Send it, then call `seek`.
        case snapshot(namesJoin: Bool)
        /// Likewise: what was to come is forgotten.
        case resync
        /// Falls behind again and again: not to be helped by one more snapshot.
        case tooSlow
    }

    package private(set) var next: Next
    /// When it last fell out of the ring.
    private var lost: UInt64?
    private let patience: UInt64

    package init(next: Next, patienceMilliseconds: Int) {
        self.next = next
        self.patience = UInt64(max(0, patienceMilliseconds)) * 1_000_000
    }

    /// What to send to a connection that can take it.
    ///
    /// - Parameter kept: the numbers of the frames in the ring; its end is the next frame's.
    package mutating func step(kept: Range<UInt64>, now: UInt64) -> Step {
        switch self.next {
        case .snapshot(let namesJoin):
            return .snapshot(namesJoin: namesJoin)
        case .frame(let number) where number < kept.lowerBound:
            if let lost = self.lost, now - min(lost, now) < self.patience { return .tooSlow }
            self.lost = now
            self.next = .snapshot(namesJoin: false)
            return .resync
        case .frame(let number):
            return number < kept.upperBound ? .frame(number) : .none
        }
    }

    package mutating func sent(_ number: UInt64) {
        assert(self.next == .frame(number), "frames are sent in order")
        self.next = .frame(number + 1)
    }

    /// From here on, whatever was missed.
    package mutating func seek(_ number: UInt64) {
        self.next = .frame(number)
    }

    /// What it has is not to be built upon.
    package mutating func needSnapshot(namesJoin: Bool = false) {
        switch self.next {
        // The join is still to be answered.
        case .snapshot(namesJoin: true): break
        case .snapshot(namesJoin: false), .frame: self.next = .snapshot(namesJoin: namesJoin)
        }
    }

    /// Another connection: what the earlier one was too slow for is no fault of this one.
    package mutating func forgive() {
        self.lost = nil
    }
}
