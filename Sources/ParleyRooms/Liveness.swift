/// Tells whether a connection is alive (docs/PROTOCOL.md, section 8). All times are monotonic nanoseconds.
///
/// ```
///   heard              nothing heard or said for `silence`          nothing heard for `dark`
///   alive  ------------------------------------------>  ping + beat  ---------------------->  closed
///     |  expedite: ping at once                                                                 ^
///     +------------------------->  doubtful  ---------------------------------------------------+
///                                     |  heard          nothing heard for less than `dark`
///     ^-------------------------------+
/// ```
public struct Liveness: Hashable, Sendable {
    private let silence: UInt64
    private let dark: UInt64
    private var lastHeard: UInt64
    private var lastSaid: UInt64
    private var lastPing: UInt64
    private var doubt: Doubt?
    private var isClosed = false

    /// What was heard until `since` proves nothing any more.
    private struct Doubt: Hashable {
        let since: UInt64
        let deadline: UInt64
    }

    public init(silenceMilliseconds: Int, darkMilliseconds: Int, now: UInt64) {
        assert(silenceMilliseconds < darkMilliseconds, "somebody must be asked before being given up")
        self.silence = UInt64(max(1, silenceMilliseconds)) * 1_000_000
        self.dark = UInt64(max(1, darkMilliseconds)) * 1_000_000
        self.lastHeard = now
        self.lastSaid = now
        self.lastPing = now
    }

    /// Any bytes count, also a pong or half a frame.
    public mutating func heard(now: UInt64) {
        self.lastHeard = max(self.lastHeard, now)
        if let doubt = self.doubt, now >= doubt.since { self.doubt = nil }
    }

    public mutating func said(now: UInt64) { self.lastSaid = max(self.lastSaid, now) }

    /// The client hints that its network has changed, so that the connection may lead nowhere: it is to be pinged now,
    /// and has less time than usual to be heard. That the hint itself was heard proves that the time before was fine,
    /// also that of an earlier hint.
    public mutating func expedite(withinMilliseconds: Int, now: UInt64) {
        self.lastHeard = max(self.lastHeard, now)
        self.lastSaid = max(self.lastSaid, now)
        self.lastPing = max(self.lastPing, now)
        let deadline = now + UInt64(max(1, withinMilliseconds)) * 1_000_000
        self.doubt = Doubt(since: now, deadline: deadline)
    }

    /// Nobody has listened here for so long, up to now: what the peer has said meanwhile is still to be read.
    public mutating func excuse(nanoseconds: UInt64, now: UInt64) {
        self.lastHeard = max(self.lastHeard, min(now, self.lastHeard + nanoseconds))
        self.doubt = self.doubt.map { Doubt(since: $0.since, deadline: $0.deadline + nanoseconds) }
    }

    public enum Tick: Hashable, Sendable {
        case none
        /// Both in one write. Counts as said.
        case pingAndBeat
        /// Close with 4409. Said once.
        case closeDark
    }

    /// To be asked several times per `silence`.
    public mutating func tick(now: UInt64) -> Tick {
        guard !self.isClosed else { return .none }
        if Self.passed(self.dark, since: self.lastHeard, now) || self.doubt.map({ now >= $0.deadline }) ?? false {
            self.isClosed = true
            return .closeDark
        }
        let isSilent =
            Self.passed(self.silence, since: self.lastHeard, now)
            || Self.passed(self.silence, since: self.lastSaid, now)
        // An unanswered ping is not repeated sooner than it was sent.
        guard isSilent, Self.passed(self.silence, since: self.lastPing, now) else { return .none }
        self.lastPing = now
        self.lastSaid = max(self.lastSaid, now)
        return .pingAndBeat
    }

    private static func passed(_ interval: UInt64, since start: UInt64, _ now: UInt64) -> Bool {
        now >= start && now - start >= interval
    }
}
