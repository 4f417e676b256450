public import NIOCore

/// What a transport allows. The defaults suit a server of small JSON messages.
public struct TransportLimits: Hashable, Sendable {
    /// Payload of one message, over all its fragments; a longer one closes its connection (1009).
    public var messageBytesMax = 65_536
    /// Pings and pongs of the peer within a second; one more closes its connection (1008).
    public var controlFramesPerSecondMax = 100
    /// Of one message; one more closes its connection (1008).
    public var emptyFragmentsMax = 64
    /// How fast one peer is read: each message or control frame is one unit, and so are so many bytes. Whoever has used
    /// up what was saved is read later; nothing is lost.
    public var readUnitsPerSecond = 1_000_000_000
    public var readUnitsBurst = 1_000_000_000
    public var bytesPerReadUnit = 2_048
    /// So many messages and control frames of one peer are handled before the others have their turn: the most, and
    /// what remains of it for a peer whose units are nearly used up.
    public var eventsPerTurnMax = Int.max
    public var eventsPerTurnMin = Int.max
    /// From one turn of a peer to its next one, if it has more: time to look at the other sockets.
    public var turnPause = TimeAmount.microseconds(100)
    /// What was read and still waits for its turn; more ends the connection.
    public var unhandledBytesMax = 1_048_576
    /// Whether binary messages are delivered; if not, one closes its connection (1003).
    public var acceptsBinary = false
    /// While more than this waits, here or in the channel, a connection is not writable: what can wait should. It is
    /// writable again when half of it has left.
    public var outputWatermark = 65_536
    /// Output of one connection that waits here and in the channel; more closes it with `slowCloseCode`.
    public var outputBytesMax = 4_194_304
    /// Output that waits while not a byte of it leaves for so long closes its connection with `slowCloseCode`.
    public var writeStall = TimeAmount.seconds(10)
    public var slowCloseCode: UInt16 = 4408
    /// Whether frames for many go past the channel while nothing waits in it.
    public var sendsDirectly = true
    /// From our close frame to the peer's; then the connection ends anyway.
    public var closeGrace = TimeAmount.seconds(2)

    /// The opening request or response with all its headers; a longer request is answered with HTTP 431.
    public var upgradeBytesMax = 16_384
    /// From accept (or connect) to the end of the opening handshake; a slower connection ends.
    public var upgradeTime = TimeAmount.seconds(10)
    /// Connections of one loop that have not said yet what they want; one more ends at once.
    public var waitingUpgradesMax = 16_384

    /// How often a loop looks after deadlines: how much later than said they may be kept.
    public var sweepInterval = TimeAmount.milliseconds(250)

    public init() {}
}
