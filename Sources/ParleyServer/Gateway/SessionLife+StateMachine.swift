/// Whether a session has a socket, and what its people are told of that. All times are monotonic nanoseconds.
///
/// ```
///             detach                 1 s                      grace
/// attached ----------> missing -------------> interrupted -------------> over
///                                 or at once, if it was silent for long
///    ^  ^                 |                        |
///    |  +---- attach -----+ (nobody has heard)     |
///    +------- attach ------------------------------+ (everybody hears `resumed`)
/// ```
package struct SessionLife: Hashable {
    private enum State: Hashable {
        case attached
        /// Perhaps only changing its network: nobody is told yet.
        case missing(since: UInt64)
        case interrupted(since: UInt64)
        case over
    }

    private var state = State.attached
    private let debounce: UInt64
    private let move: UInt64
    private let grace: UInt64
    /// In nanoseconds: how long the engine may take at most before its time counts.
    private static let late: UInt64 = 1_000_000_000

    package init(debounceMilliseconds: Int, moveMilliseconds: Int = 0, graceMilliseconds: Int) {
        self.debounce = UInt64(max(0, debounceMilliseconds)) * 1_000_000
        self.move = UInt64(max(0, moveMilliseconds)) * 1_000_000
        self.grace = UInt64(max(0, graceMilliseconds)) * 1_000_000
    }

    package var isAttached: Bool { self.state == .attached }

    /// Whether its people have been told that it is away.
    package var isInterrupted: Bool {
        switch self.state {
        case .interrupted: true
        case .attached, .missing, .over: false
        }
    }

    package var isOver: Bool { self.state == .over }

    package mutating func detach(now: UInt64) {
        switch self.state {
        case .attached: self.state = .missing(since: now)
        // The socket's end is heard in more than one way: a legal race.
        case .missing, .interrupted, .over: break
        }
    }

    /// One of its people is at another node now. The others follow, each when that node has read their room; until then
    /// only this one can say of them that they are away, and it would be wrong.
    package mutating func moveAway(now: UInt64) {
        switch self.state {
        case .attached, .missing: self.state = .missing(since: now + self.move)
        case .interrupted, .over: break
        }
    }

    /// A connection has come and is lost before it had the session: the client lives, so its time begins anew. Whether
    /// the others have been told stays as it is.
    package mutating func detachAgain(now: UInt64) {
        switch self.state {
        case .attached, .missing: self.state = .missing(since: now)
        case .interrupted: self.state = .interrupted(since: now)
        case .over: break
        }
    }

    /// There is no hope of a quick return.
    ///
    /// - Returns: whether the others are to be told now.
    package mutating func tellAtOnce() -> Bool {
        switch self.state {
        case .missing(let since):
            self.state = .interrupted(since: since)
            return true
        case .attached, .interrupted, .over:
            return false
        }
    }

    /// A room shows only now that it is away: the engine was not there before. Nobody could come back meanwhile, so the
    /// grace begins anew.
    package mutating func told(now: UInt64) {
        switch self.state {
        case .interrupted(let since) where Self.passed(self.debounce + Self.late, since: since, now):
            self.state = .interrupted(since: now)
        case .attached, .missing, .interrupted, .over: break
        }
    }

    package enum Attachment: Hashable {
        /// Nobody needs to hear of it.
        case hidden
        /// The people who were told that it is away are told that it is back.
        case visible
        /// Too late.
        case refused
    }

    package mutating func attach() -> Attachment {
        switch self.state {
        // A newer socket wins at once.
        case .attached, .missing:
            self.state = .attached
            return .hidden
        case .interrupted:
            self.state = .attached
            return .visible
        case .over:
            return .refused
        }
    }

    package enum Tick: Hashable {
        case none
        case interrupt
        case expire
    }

    /// To be asked a few times a second. The grace is counted from the socket's end, but see ``told(now:)``.
    package mutating func tick(now: UInt64) -> Tick {
        switch self.state {
        case .missing(let since) where Self.passed(self.debounce, since: since, now):
            self.state = .interrupted(since: since)
            return .interrupt
        case .interrupted(let since) where Self.passed(self.grace, since: since, now):
            self.state = .over
            return .expire
        case .attached, .missing, .interrupted, .over:
            return .none
        }
    }

    /// The client has said goodbye, was thrown out, or has begun anew.
    package mutating func end() {
        self.state = .over
    }

    private static func passed(_ interval: UInt64, since start: UInt64, _ now: UInt64) -> Bool {
        now >= start && now - start >= interval
    }
}
