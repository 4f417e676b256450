/// Pairs, each in a room of its own, whose two sides send signals to each other.
public struct RelayPlan: Hashable, Sendable {
    public var pairs = 64
    /// Bytes of a signal as it is sent, framing not counted; it is never shorter than what has to be in it.
    public var bytes = 300
    /// Signals of one sender that have not arrived yet. With a rate, those that are due wait behind it, and the time
    /// that they wait is in their latency.
    public var window = 1
    /// Signals of one sender in a second. `nil`: as fast as the window allows.
    public var perSecond: Double?
    public var warmupMilliseconds = 1_000
    public var milliseconds = 10_000
    /// How long it may take until all are in their rooms.
    public var openingMilliseconds = 60_000
    /// Connections that are being opened at once.
    public var opening = 64

    public init() {}

    /// The most that a server takes of one sender before the recipient acknowledges.
    public static let windowMax = 200
}
