public import NIOCore

/// What a transport allows. The defaults suit a server of small JSON messages.
public struct TransportLimits: Hashable, Sendable {
    /// Payload of one message, over all its fragments; a longer one closes its connection (1009).
    public var messageBytesMax = 65_536
    /// Pings and pongs of the peer within a second; one more closes its connection (1008).
    public var controlFramesPerSecondMax = 100
    /// Of one message; one more closes its connection (1008).
    public var emptyFragmentsMax = 64
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
