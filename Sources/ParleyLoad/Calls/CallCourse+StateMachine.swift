package import ParleyProtocol

/// One call after the other between a caller and the devices of one other person, and what must be true of each: it
/// rings on each device once and stops there, one device answers, both sides hear the end.
///
/// ```
///         due            the snapshot, and it rings           answered         talked
///  idle -------> calling --------------------> ringing ---------------> talking -------> ending
///   ^                                                                                      |
///   +--------------------- both have heard the end, no device rings -----------------------+
/// ```
package struct CallCourse: Hashable, Sendable {
    package enum Effect: Hashable, Sendable {
        case call
        /// The device with that number takes it.
        case accept(device: Int, RoomID, ring: UInt64)
        case hangUp
        /// A latency, from then until now.
        case measured(Latency, from: UInt64)
        /// All is over; the next one may begin.
        case done
    }

    package enum Latency: Int, CaseIterable, Hashable, Sendable {
        /// From when it was due until all is over.
        case whole
        case untilItRings
        case untilAnswered
        case untilBothHaveHeard
    }

    private enum Phase: Hashable {
        case idle, calling, ringing, talking, ending
    }

    private let devices: Int
    private var phase = Phase.idle
    private var call: RoomID?
    private var due: UInt64 = 0
    private var acceptedAt: UInt64 = 0
    private var answeredAt: UInt64 = 0
    private var hungUpAt: UInt64 = 0
    private var ringing: Set<Int> = []
    private var rung: Set<Int> = []
    private var answering = 0
    private var hasCallerHeard = false
    private var hasCalleeHeard = false
    package private(set) var count: UInt64 = 0
    package private(set) var begun: UInt64 = 0

    package init(devices: Int) { self.devices = devices }

    package var isIdle: Bool { self.phase == .idle }

    /// - Parameter due: when it was to begin.
    package mutating func begin(due: UInt64, _ effects: inout [Effect]) {
        guard self.phase == .idle else { return }
        self = {
            var next = CallCourse(devices: self.devices)
            next.count = self.count
            next.begun = self.begun + 1
            return next
        }()
        self.phase = .calling
        self.due = due
        self.answering = Int(self.begun - 1) % self.devices
        effects.append(.call)
    }

    /// The caller is in the room.
    package mutating func called(_ room: RoomID, _ verdict: inout Verdict) {
        if let call = self.call, call != room { verdict.altered += 1 }
        self.call = room
    }

    /// A device's line says that it rings.
    package mutating func rings(
        on device: Int,
        _ room: RoomID,
        ring: UInt64,
        at now: UInt64,
        _ verdict: inout Verdict,
        _ effects: inout [Effect]
    ) {
        guard self.phase == .calling || self.phase == .ringing || self.phase == .talking,
            self.call ?? room == room, self.rung.insert(device).inserted
        else {
            verdict.twice += 1
            return
        }
        self.call = room
        self.ringing.insert(device)
        effects.append(.measured(.untilItRings, from: self.due))
        if self.phase == .calling { self.phase = .ringing }
        guard device == self.answering else { return }
        self.acceptedAt = now
        effects.append(.accept(device: device, room, ring: ring))
    }

    /// A device's line says that it rings no more.
    package mutating func ringEnded(
        on device: Int,
        _ room: RoomID,
        reason: String,
        at now: UInt64,
        _ verdict: inout Verdict,
        _ effects: inout [Effect]
    ) {
        guard room == self.call, self.ringing.remove(device) != nil else {
            verdict.twice += 1
            return
        }
        if reason != "answered" { verdict.note("A ring that was answered has ended with \(reason).") }
        self.finishIfOver(at: now, &effects)
    }

    /// The caller hears that somebody has answered.
    package mutating func answered(_ room: RoomID, at now: UInt64, _ verdict: inout Verdict, _ effects: inout [Effect])
    {
        guard room == self.call, self.phase == .ringing else {
            verdict.twice += 1
            return
        }
        self.phase = .talking
        self.answeredAt = now
        effects.append(.measured(.untilAnswered, from: self.acceptedAt))
    }

    /// Time to hang up, if they have talked long enough. Only when all devices have rung: what rings late must be seen.
    package mutating func tick(talking: UInt64, at now: UInt64, _ effects: inout [Effect]) {
        guard self.phase == .talking, self.rung.count == self.devices, now >= self.answeredAt + talking else { return }
        self.phase = .ending
        self.hungUpAt = now
        effects.append(.hangUp)
    }

    /// One side hears the end: the caller that it has left, the other one that the call is over.
    package mutating func ended(
        byCaller isCaller: Bool,
        _ room: RoomID,
        reason: String,
        at now: UInt64,
        _ verdict: inout Verdict,
        _ effects: inout [Effect]
    ) {
        guard room == self.call else { return }
        guard self.phase == .ending else {
            verdict.note("A call has ended by itself: \(reason).")
            return self.abandon(&effects)
        }
        if isCaller { self.hasCallerHeard = true } else { self.hasCalleeHeard = true }
        if self.hasCallerHeard, self.hasCalleeHeard {
            effects.append(.measured(.untilBothHaveHeard, from: self.hungUpAt))
        }
        self.finishIfOver(at: now, &effects)
    }

    /// Something was refused: that was noted, and there is nothing to wait for.
    package mutating func abandon(_ effects: inout [Effect]) {
        guard self.phase != .idle else { return }
        self.phase = .idle
        effects.append(.done)
    }

    private mutating func finishIfOver(at now: UInt64, _ effects: inout [Effect]) {
        guard self.phase == .ending, self.hasCallerHeard, self.hasCalleeHeard, self.ringing.isEmpty,
            self.rung.count == self.devices
        else { return }
        self.phase = .idle
        self.count += 1
        effects.append(.measured(.whole, from: self.due))
        effects.append(.done)
    }

    /// Nothing comes any more.
    package func settle(_ verdict: inout Verdict) {
        guard self.phase != .idle else { return }
        verdict.lost += UInt64(self.devices - self.rung.count)
        // A ring that nobody has ended.
        verdict.ghosts += UInt64(self.ringing.count)
        if self.phase == .ringing || self.phase == .calling { verdict.lost += 1 }
        if self.phase == .ending { verdict.lost += (self.hasCallerHeard ? 0 : 1) + (self.hasCalleeHeard ? 0 : 1) }
    }
}
