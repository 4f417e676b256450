public import ParleyProtocol

/// The floors of a room: what at most so many may hold at a time.
///
/// ```
///                  taken                        left, revoked
///   (nothing) ------------------------> holds ----------------> (nothing)
///       |                                 ^  |                      ^
///       | queued                          |  | renewed (lease)      |
///       v              taken              |  v                      |
///     waits ------------------------------+                         |
///       +-----------------------------------------------------------+
///                            left, revoked
/// ```
///
/// Nobody both holds and waits for the same floor. Where the policy is ``FloorPolicy/free`` a place that becomes
/// free goes to the first who waits in the same log entry; who is not connected just then is passed over and keeps
/// the place in the queue.
public struct Floors: Hashable, Sendable {
    /// Only those that differ from what every room has at first.
    var floors: [FloorName: Floor] = [:]

    public init() {}

    /// What every room has at first.
    static func builtIn(_ name: FloorName) -> FloorRule? {
        switch name {
        case .screen: FloorRule(capacity: 1, policy: .free)
        case .spotlight: FloorRule(capacity: 3, policy: .assigned)
        case .recording, .remoteControl: FloorRule(capacity: 1, policy: .assigned)
        default: nil
        }
    }

    /// `nil` if there is no such floor.
    public subscript(name: FloorName) -> Floor? {
        get { self.floors[name] ?? Self.builtIn(name).map { Floor(rule: $0) } }
        set {
            let isUntouched = newValue == Self.builtIn(name).map { Floor(rule: $0) }
            self.floors[name] = isUntouched ? nil : newValue
        }
    }

    /// In a fixed order.
    var names: [FloorName] { self.floors.keys.sorted() }

    /// The first lease that ends.
    public var nextDeadline: Instant? {
        self.floors.values.lazy.flatMap(\.holders.values).compactMap(\.endsAt).min()
    }
}

/// One floor: who holds it and who waits for it.
public struct Floor: Hashable, Sendable {
    public internal(set) var rule: FloorRule
    public internal(set) var holders: [ParticipantID: Holding] = [:]
    /// The smallest number is the first.
    public internal(set) var queue: [ParticipantID: UInt64] = [:]

    public struct Holding: Hashable, Sendable {
        public var since: Instant
        /// Who has held it longest has the smallest.
        public var order: UInt64
        /// When the lease is over; `nil` without one.
        public var endsAt: Instant?
        /// Whose device is controlled, where the floor is ``FloorName/remoteControl``.
        public var of: ParticipantID?
    }

    init(rule: FloorRule) { self.rule = rule }

    public var isFull: Bool { self.holders.count >= self.rule.capacity }

    /// The one who has held it longest comes first.
    public var holdersInOrder: [ParticipantID] {
        self.holders.sorted { ($0.value.order, $0.key) < ($1.value.order, $1.key) }.map(\.key)
    }

    /// The next one comes first.
    public var queueInOrder: [ParticipantID] {
        self.queue.sorted { ($0.value, $0.key) < ($1.value, $1.key) }.map(\.key)
    }
}

// MARK: - What has happened

extension Floors {
    /// Never fails: a fact that does not fit changes nothing.
    public mutating func evolve(_ fact: FloorFact) {
        var floor = self[fact.floor]
        switch fact.change {
        case .defined(let rule, let instant):
            floor = floor ?? rule.map { Floor(rule: $0) }
            floor?.define(rule ?? Self.builtIn(fact.floor), at: instant)
            if rule == nil, Self.builtIn(fact.floor) == nil { floor = nil }
        case .taken(let participant, let instant, let of): floor?.take(participant, at: instant, of: of)
        case .queued(let participant): floor?.wait(participant)
        case .renewed(let participant, let instant): floor?.renew(participant, at: instant)
        case .left(let participant, _), .revoked(let participant): floor?.drop(participant)
        }
        self[fact.floor] = floor
    }
}

extension Floor {
    fileprivate mutating func define(_ rule: FloorRule?, at instant: Instant) {
        guard let rule else { return }
        let leaseChanges = rule.leaseMilliseconds != self.rule.leaseMilliseconds
        self.rule = rule
        // Who holds it under another lease begins a new one.
        if leaseChanges { for participant in self.holders.keys { self.renew(participant, at: instant) } }
    }

    fileprivate mutating func take(_ participant: ParticipantID, at instant: Instant, of: ParticipantID?) {
        guard self.holders[participant] == nil, !self.isFull else { return }
        self.queue[participant] = nil
        let last = self.holders.values.map(\.order).max() ?? 0
        self.holders[participant] = Holding(since: instant, order: last + 1, of: of)
        self.renew(participant, at: instant)
    }

    fileprivate mutating func renew(_ participant: ParticipantID, at instant: Instant) {
        let lease = self.rule.leaseMilliseconds
        self.holders[participant]?.endsAt = lease.map { instant.advanced(milliseconds: $0) }
    }

    fileprivate mutating func wait(_ participant: ParticipantID) {
        guard self.holders[participant] == nil, self.queue[participant] == nil else { return }
        self.queue[participant] = (self.queue.values.max() ?? 0) + 1
    }

    fileprivate mutating func drop(_ participant: ParticipantID) {
        self.holders[participant] = nil
        self.queue[participant] = nil
    }
}
