public import NIOCore

/// What a transport allows. The defaults suit a server of small JSON messages.
public struct TransportLimits: Hashable, Sendable {
    /// Payload of one message, over all its fragments; a longer one closes its connection (1009).
    public var messageBytesMax = 65_536
    /// Whether binary messages are delivered; if not, one closes its connection (1003).
    public var acceptsBinary = false
    /// Output of one connection that waits here and in the channel; more closes it with `overflowCloseCode`.
    public var outputBytesMax = 4_194_304
    public var overflowCloseCode: UInt16 = 4408
    /// Output of which not a byte leaves for so long ends its connection.
    public var writeStall = TimeAmount.seconds(10)
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
