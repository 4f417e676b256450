import ParleyProtocol
package import ParleyRooms

/// Between a room that rings and the line of one person: what is due, and when.
///
/// The truth is in the room that rings; the person's line holds a copy for their devices. What each of the two is to
/// be told ``CallDriver`` says; this says who tells it.
///
/// ```
///      the room that rings                     the person's line
///
///   rung, nobody knows ---------- deliver ------------> incoming
///   rung, a device shows it <---- report -------------- incoming, a device is there
///   declined, busy … <----------- report -------------- declined, or not taken
///   over ------------------------ conclude -----------> nothing
/// ```
///
/// Each step changes nothing where it was said before. So any number of nodes may take it, and any of them may die:
/// whoever has the caller's or a device's connection next takes it again. Who is nearest goes first, the others only if
/// that did not help. All times are monotonic milliseconds.
package struct RingLeg: Hashable, Sendable {
    package enum Place: Hashable, Sendable {
        /// It is not known here.
        case unread
        case here
        /// There is none, or not any more.
        case absent
    }

    /// What is known of somebody's phone that sleeps.
    package enum Waking: Hashable, Sendable {
        /// Nobody can wake it, or nobody knows of such a person.
        case none
        /// The wake-up service has not said yet that it does.
        case asked
        /// It is said to wake.
        case told
    }

    /// What a node sees.
    package struct Sight: Hashable, Sendable {
        package var call = Place.unread
        package var line = Place.unread
        /// The newest ring that rings for the person; `nil`: none.
        package var ring: UInt64?
        /// Whether whoever rings may not know of the person.
        package var isHidden = false
        /// Whether somebody who was never online may be reached by other means.
        package var waking = Waking.none
        /// Whether the line shows a ring of that room.
        package var hasCopy = false
        /// Whether this node speaks for the room: the caller is at home here, or on a node that is dead.
        package var speaksForRoom = false
        /// Whether a device of the person is at home here.
        package var hasDevice = false
        /// Whether one is connected anywhere.
        package var hasAnyDevice = false
        package var intoLine: [CallStep] = []
        package var intoCall: [CallStep] = []

        package init() {}
    }

    package enum Step: Hashable, Sendable {
        /// Until somebody sees something else.
        case none
        /// Nothing is left to do, and nothing will be.
        case forget
        /// Look again then.
        case wait(until: UInt64)
        /// Hold the person's line here.
        case findLine
        /// Hold the room that rings here.
        case findCall
        case tellLine([CallStep])
        case tellCall([CallStep])
        /// Nobody has such a line, as far as whoever rings may know.
        case reportUnreachable(ring: UInt64)
    }

    private struct Need: Hashable, Sendable {
        let step: Step
        let since: UInt64
    }

    private let unreachableMilliseconds: UInt64
    /// Which ring was seen last, and since when.
    private var ring: UInt64?
    private var begun: UInt64
    /// What is due, and since when.
    private var need: Need?
    private var underWay: Step?
    /// What was done last: that it is due once more means that it did not help.
    private var done: Need?
    private var notBefore: UInt64 = 0

    /// So long the others leave it to whoever is nearest.
    package static let patienceMilliseconds: UInt64 = 500
    /// What came to nothing is tried again after so long.
    package static let retryMilliseconds: UInt64 = 1_000

    package init(unreachableMilliseconds: Int, now: UInt64) {
        self.begun = now
        self.unreachableMilliseconds = UInt64(clamping: unreachableMilliseconds)
    }

    /// What is to be done now. Whatever is more than to wait is under way from then on, until ``ended(isDone:now:)``.
    package mutating func look(_ sight: Sight, now: UInt64) -> Step {
        if let ring = sight.ring, ring != self.ring { (self.ring, self.begun) = (ring, now) }
        guard self.underWay == nil else { return .none }
        guard let due = self.due(sight, now) else {
            self.need = nil
            return sight.isOver ? .forget : .none
        }
        if self.need?.step != due.step { self.need = Need(step: due.step, since: now) }
        let patience = due.isNear ? 0 : Self.patienceMilliseconds
        let again = self.done.map { $0.step == due.step ? $0.since + Self.retryMilliseconds : 0 } ?? 0
        let first = max(self.notBefore, due.notBefore, again, (self.need?.since ?? now) + patience)
        guard now >= first else { return .wait(until: min(first, due.notAfter)) }
        self.underWay = due.step
        return due.step
    }

    /// What was under way has come to an end.
    ///
    /// - Parameter isDone: if not, it is tried again later.
    package mutating func ended(isDone: Bool, now: UInt64) {
        self.done = self.underWay.map { Need(step: $0, since: now) }
        self.underWay = nil
        self.notBefore = isDone ? 0 : now + Self.retryMilliseconds
    }

    // MARK: What is due

    private struct Due {
        let step: Step
        /// Whether this node is the one to do it.
        let isNear: Bool
        var notBefore: UInt64 = 0
        /// Then something else is due.
        var notAfter = UInt64.max
    }

    private func due(_ sight: Sight, _ now: UInt64) -> Due? {
        if sight.hasCopy, sight.call == .unread { return Due(step: .findCall, isNear: sight.isNearLine) }
        if let ring = sight.ring, let due = self.due(ring, sight, now) { return due }
        guard sight.line == .here, sight.call != .unread, !sight.isHidden || sight.ring == nil else { return nil }
        return self.dueInLine(sight) ?? self.dueInCall(sight)
    }

    /// As long as it is not known where it rings.
    private func due(_ ring: UInt64, _ sight: Sight, _ now: UInt64) -> Due? {
        guard sight.speaksForRoom else { return nil }
        let unreachable = Due(step: .reportUnreachable(ring: ring), isNear: true, notBefore: self.unreachableAt)
        if sight.isHidden { return unreachable }
        switch sight.line {
        case .unread: return Due(step: .findLine, isNear: true)
        case .absent: return self.dueWithoutLine(sight.waking, now) ?? unreachable
        case .here: return nil
        }
    }

    /// They may come: it is looked for again and again. But whoever nobody has promised to wake by then is nobody, be
    /// it that the service is slow, or that it is away.
    private func dueWithoutLine(_ waking: Waking, _ now: UInt64) -> Due? {
        switch waking {
        case .told: Due(step: .findLine, isNear: false)
        case .asked where now < self.unreachableAt:
            Due(step: .findLine, isNear: false, notAfter: self.unreachableAt)
        case .asked, .none: nil
        }
    }

    private func dueInLine(_ sight: Sight) -> Due? {
        let steps = sight.intoLine.filter { sight.speaksForRoom || !$0.isDelivery }
        guard !steps.isEmpty else { return nil }
        return Due(step: .tellLine(steps), isNear: sight.isNearLine || steps.contains(where: \.isDelivery))
    }

    private func dueInCall(_ sight: Sight) -> Due? {
        guard !sight.intoCall.isEmpty, sight.hasDevice || sight.speaksForRoom else { return nil }
        let isScreened = sight.intoCall.contains(where: \.isScreening)
        return Due(
            step: .tellCall(sight.intoCall),
            isNear: sight.isNearLine || isScreened && sight.speaksForRoom,
            notBefore: sight.intoCall.contains(where: \.isUnreachable) ? self.unreachableAt : 0
        )
    }

    /// Whoever is not there, is not to be known of, or has blocked the caller: it looks the same, and at the same time.
    private var unreachableAt: UInt64 { self.begun + self.unreachableMilliseconds }
}

extension RingLeg.Sight {
    fileprivate var isNearLine: Bool { self.hasDevice || !self.hasAnyDevice }

    fileprivate var isOver: Bool { self.call != .unread && self.ring == nil && !self.hasCopy }
}

extension CallStep {
    package var isDelivery: Bool {
        if case .deliver = self { true } else { false }
    }

    /// Whether it says what the line has found, and not what somebody has said.
    fileprivate var isScreening: Bool {
        guard case .report(_, _, let verdict) = self else { return false }
        switch verdict.state {
        case .busy, .unreachable, .incompatible: return true
        case .calling, .ringing, .answered, .declined: return false
        }
    }

    fileprivate var isUnreachable: Bool {
        guard case .report(_, _, let verdict) = self else { return false }
        return verdict.state == .unreachable
    }
}
