public import ParleyProtocol

/// Those who wait to be taken, and those who take them.
///
/// ```
///              offered                taken
///          .-------------> offered -------------.
///  queued  |                 |                  v       left
///  -----> waits <------------'                taken ----------> (gone)
///          |        offer ended                 ^
///          |'-----------------------------------' |
///          | left           taken, matched         |
///          v                                       |
///        (gone)       unmet: the other has not come
///  waits <-----------------------------------------'
/// ```
///
/// It is told who comes and goes; whose connection is lost is asked for (`isReady`), so that nothing is known twice.
public struct Queue: Hashable, Sendable {
    public var rules: QueueRules
    public internal(set) var customers: PersistentMap<ParticipantID, Customer> = [:]
    public internal(set) var agents: [ParticipantID: Agent] = [:]
    var pace = QueuePace()

    public init(rules: QueueRules = QueueRules()) {
        self.rules = rules
    }

    /// Somebody who waits at the door.
    public struct Customer: Hashable, Sendable {
        /// The smaller goes first.
        public var order: UInt64
        public var since: Instant
        public var skills: Set<String> = []
        public var key: String?
        public var priority = 0
        /// Those who say the same key have the same one; where there are no keys, 0.
        public var group: UInt64 = 0
        public var code: String?
        public var codeExpiresAt: Instant?
        /// The room that they may be taken to: each brings one, and the latest of those who are taken together decides.
        public var room: RoomID
        public internal(set) var taken: Taken?
        /// Agents who have passed on them, and have not said since that they serve.
        package internal(set) var passed: Set<ParticipantID> = []
    }

    public struct Taken: Hashable, Sendable {
        public var room: RoomID
        /// So long they are expected to go there.
        public var until: Instant
        /// How many were taken there, whoever takes them among them.
        public var count: Int
        /// Whether they have come there.
        public internal(set) var hasCome = false
        /// How many have come there, and are not in the queue any more.
        package internal(set) var gone = 0

        public init(room: RoomID, until: Instant, count: Int) {
            self.room = room
            self.until = until
            self.count = count
        }
    }

    /// Somebody in the room.
    public struct Agent: Hashable, Sendable {
        public internal(set) var isAvailable = true
        public internal(set) var skills: Set<String> = []
        /// Who has been idle longest is asked first.
        public internal(set) var since: Instant
        public internal(set) var serving: Taken?
        public internal(set) var offer: Offer?

        public init(since: Instant) {
            self.since = since
        }
    }

    public struct Offer: Hashable, Sendable {
        public var customer: ParticipantID
        public var until: Instant
    }
}

/// How long people wait, as far as the last who were taken tell.
struct QueuePace: Hashable, Sendable {
    /// From one to the next, while somebody waited; the newest last.
    var intervals: [Int64] = []
    var lastTakenAt: Instant?
    /// Since when there has been somebody without a break.
    var busySince: Instant?

    private static let intervalsMax = 16

    /// Between two who are taken; `nil`: nobody was yet.
    var milliseconds: Int64? {
        self.intervals.isEmpty ? nil : self.intervals.reduce(0, +) / Int64(self.intervals.count)
    }

    mutating func take(at now: Instant) {
        let starts = [self.lastTakenAt, self.busySince].compactMap { $0?.milliseconds }
        self.lastTakenAt = now
        guard let start = starts.max() else { return }
        self.intervals.append(max(0, now.milliseconds - start))
        self.intervals.removeFirst(max(0, self.intervals.count - Self.intervalsMax))
    }
}

/// What has happened in a queue.
public enum QueueFact: Hashable, Sendable {
    case queued(ParticipantID, Queue.Customer)
    case taken(Taking)
    case offered(agent: ParticipantID, customer: ParticipantID, until: Instant)
    case offerEnded(agent: ParticipantID, OfferEnd, at: Instant)
    case agentChanged(ParticipantID, isAvailable: Bool, skills: Set<String>, at: Instant)
    /// They are in the room that they were taken to. If nobody else comes they go to `next` another time.
    case came(ParticipantID, next: RoomID)
    case unmet(Unmet)

    public struct Taking: Hashable, Sendable {
        public var people: [ParticipantID]
        /// `nil`: they were put together by the queue itself.
        public var agent: ParticipantID?
        public var to: Queue.Taken
        public var at: Instant
    }

    /// Not all have come to a room in time.
    public struct Unmet: Hashable, Sendable {
        public var room: RoomID
        /// Those who have, and wait again, in their old place.
        public var people: [ParticipantID]
        /// Who serves nobody any more; and if they have not come, they are not available any more.
        public var agent: ParticipantID?
        public var isAvailable: Bool
        public var at: Instant
    }

    public enum OfferEnd: String, CaseIterable, Hashable, Sendable {
        /// The agent has passed.
        case passed
        /// The agent has said nothing, and is not asked any more.
        case expired
        /// One of the two is not there any more, or was taken otherwise.
        case gone
    }
}

extension Queue {
    /// Who is not taken yet, the next one first.
    public var line: [(id: ParticipantID, customer: Customer)] {
        self.customers.filter { $0.value.taken == nil }.map { (id: $0.key, customer: $0.value) }
            .sorted { $0.customer.place < $1.customer.place }
    }

    var isLineEmpty: Bool { self.customers.values.allSatisfy { $0.taken != nil } }

    /// Whom an agent is asked to take.
    func isOffered(_ customer: ParticipantID, except agent: ParticipantID? = nil) -> Bool {
        self.agents.contains { $0.key != agent && $0.value.offer?.customer == customer }
    }

    /// Where somebody of this queue may go now.
    public func destination(of id: ParticipantID) -> Taken? {
        self.customers[id]?.taken ?? self.agents[id]?.serving
    }
}

extension Queue.Customer {
    /// Unique; the smallest goes first.
    var place: Int64 {
        let rank = Int64(Limits().queuePriorityMax - self.priority)
        return rank * 1_000_000_000_000 + Int64(clamping: self.order)
    }
}

extension Queue.Agent {
    var isIdle: Bool { self.isAvailable && self.serving == nil && self.offer == nil }

    /// Until when whom they have taken and they have to meet; `nil`: they have, or there is nobody.
    var unmetUntil: Instant? {
        guard let serving, !serving.hasCome || serving.gone + 1 < serving.count else { return nil }
        return serving.until
    }
}
