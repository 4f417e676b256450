/// What happens on a connection. All calls come on its event loop, and never from within a call to the
/// connection: whatever a send or a close leads to is told by the flush or by a later event.
public protocol WebSocketDelegate: AnyObject {
    /// A whole text message, checked to be UTF-8. The bytes are valid only during the call.
    func connection(_ connection: WebSocketConnection, received text: UnsafeRawBufferPointer)

    /// A whole binary message (only with `TransportLimits.acceptsBinary`). The bytes are valid only during
    /// the call.
    func connection(_ connection: WebSocketConnection, receivedBinary bytes: UnsafeRawBufferPointer)

    /// Everything that could be read at once was delivered; what was sent meanwhile leaves after this call.
    func connectionReadComplete(_ connection: WebSocketConnection)

    /// The peer has read enough: `isWritable` was false and is true again. What is sent now leaves after this call.
    func connectionBecameWritable(_ connection: WebSocketConnection)

    /// The channel is gone. The last call, exactly once in every case.
    ///
    /// - Parameter code: what the first close frame said; nil if there was none or it was empty.
    func connectionClosed(_ connection: WebSocketConnection, code: UInt16?, end: WebSocketEnd)
}

extension WebSocketDelegate {
    public func connection(_ connection: WebSocketConnection, receivedBinary bytes: UnsafeRawBufferPointer) {}
    public func connectionReadComplete(_ connection: WebSocketConnection) {}
    public func connectionBecameWritable(_ connection: WebSocketConnection) {}
}

/// Why a connection is over.
public enum WebSocketEnd: Hashable, Sendable {
    /// The peer sent the first close frame.
    case peerClosed
    /// `close` or `closeNow` was called, or the loop is closing.
    case weClosed
    case violation(WebSocketViolation)
    /// More than `outputBytesMax` was waiting.
    case overflow
    /// Output was waiting and nothing of it left for `writeStall`.
    case stalled
    /// Without a close frame: the peer hung up or the network failed.
    case lost
}
