/// Why the server closes a connection: data, with an advice. 4000 to 4499: come back; 4500 to 4999: do not.
public enum CloseCode: UInt16, CaseIterable, Hashable, Sendable {
    // RFC 6455, section 7.4.1.
    case normal = 1000
    case protocolError = 1002
    case unsupportedData = 1003
    case invalidText = 1007
    case policyViolation = 1008
    case messageTooBig = 1009
    // Come back.
    case goingAway = 4400
    case fenced = 4403
    case helloTimeout = 4407
    case slow = 4408
    case dark = 4409
    case authorizationUnavailable = 4412
    case rateLimited = 4429
    // Do not come back by yourself.
    case tooManyFaults = 4500
    case helloRequired = 4501
    case flooding = 4502
    case unsupportedProtocol = 4505
    case superseded = 4509
    case unauthorized = 4510
    case tokenExpired = 4511
    case revoked = 4512

    /// At most 123 bytes: it travels in the close frame (RFC 6455, section 5.5).
    public var reason: String {
        switch self {
        case .normal: "Goodbye."
        case .protocolError: "The WebSocket protocol was violated."
        case .unsupportedData: "Only text frames are understood."
        case .invalidText: "A text frame was not UTF-8."
        case .policyViolation: "Too much came that says nothing."
        case .messageTooBig: "The message is too long."
        case .goingAway: "The server is stopping; connect again."
        case .fenced: "The server stood still for too long; connect again."
        case .helloTimeout: "No hello came in time; connect again."
        case .slow: "Too much output was waiting; connect again."
        case .dark: "Nothing was heard for too long; connect again."
        case .authorizationUnavailable: "Nobody can be asked now who you are; connect again."
        case .rateLimited: "Your address has failed too often to show who it is; connect again later."
        case .tooManyFaults: "Too many messages could not be read."
        case .helloRequired: "The first message must be hello."
        case .flooding: "Too much was said for too long."
        case .unsupportedProtocol: "This server speaks protocol version 1."
        case .superseded: "Another connection has taken over this session."
        case .unauthorized: "A token that is good here is needed."
        case .tokenExpired: "The token has expired and was not renewed."
        case .revoked: "The authorization was revoked."
        }
    }

    /// Whether a client should connect again by itself (with back-off).
    public var isRetryable: Bool {
        switch self {
        case .normal, .protocolError, .unsupportedData, .invalidText, .policyViolation, .messageTooBig: false
        case .goingAway, .fenced, .helloTimeout, .slow, .dark, .authorizationUnavailable, .rateLimited: true
        case .tooManyFaults, .helloRequired, .flooding, .unsupportedProtocol, .superseded, .unauthorized, .tokenExpired,
            .revoked:
            false
        }
    }
}
