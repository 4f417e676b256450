public import ParleyProtocol

/// Why something did not work, or why a session is over.
public enum ClientError: Error, Hashable, Sendable {
    /// The server refused it by name.
    case rejected(RejectedMessage)
    /// The connection is over; with the server's close code, if there was one.
    case closed(code: UInt16?)
    /// Another connection has taken this session over (4509): a person decides whether to come back.
    case superseded
    /// ``ParleyClient/close()`` was called.
    case goodbye
    /// The server could not be reached, or did not say `welcome` in time.
    case unreachable(String)
    /// The server does not let this client in (docs/PROTOCOL.md, section 11).
    case refused(status: Int)
    /// Nothing was heard for so long that the connection counts as dead.
    case dark
    /// The address is none that this client understands: `wss://host`, or `ws://host:port`.
    case invalidAddress(String)
    /// ``ClientOptions/trustedCertificates`` cannot be read, or the system has nobody whom it trusts.
    case invalidTrust(String)
    /// The server said what the protocol does not allow.
    case protocolViolation(String)
    /// Something was missed.
    case gap
    /// The session is a new one: what belonged to the earlier one is gone.
    case renewed
    /// The recipient has left the room.
    case recipientLeft
    /// This client is in the room no more.
    case notInRoom
    /// A bound of this client: see the documentation of what was asked.
    case tooManyWaiting
    /// The app does not read ``ParleyClient/events``.
    case unreadEvents
}
