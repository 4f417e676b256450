/// What a peer can do wrong in RFC 6455. Each one ends the connection with its `closeCode`.
public enum WebSocketViolation: Error, Hashable, Sendable, CaseIterable {
    /// A client must mask, a server must not (section 5.1).
    case unmaskedFrame, maskedFrame
    /// No extension was agreed on that would give them a meaning (section 5.2).
    case reservedBits, reservedOpcode
    /// Control frames are whole and short (section 5.5).
    case fragmentedControlFrame, longControlFrame
    /// The shortest form of the length is the only one, and its top bit is zero (section 5.2).
    case wastefulLength, negativeLength
    /// Fragments of one message follow each other (section 5.4).
    case continuationOfNothing, unfinishedMessage
    /// A close frame is empty, or has a code that may travel and a reason in UTF-8 (sections 5.5.1 and 7.4).
    case truncatedCloseCode, invalidCloseCode, invalidCloseReason
    case invalidText
    case messageTooBig
    /// More pings and pongs, or empty fragments, than anybody needs.
    case tooManyControlFrames, tooManyEmptyFragments
    /// Configured away.
    case binaryMessage

    public var closeCode: UInt16 {
        switch self {
        case .invalidText, .invalidCloseReason: 1007
        case .messageTooBig: 1009
        case .tooManyControlFrames, .tooManyEmptyFragments: 1008
        case .binaryMessage: 1003
        case .unmaskedFrame, .maskedFrame, .reservedBits, .reservedOpcode, .fragmentedControlFrame,
            .longControlFrame, .wastefulLength, .negativeLength, .continuationOfNothing, .unfinishedMessage,
            .truncatedCloseCode, .invalidCloseCode:
            1002
        }
    }

    /// At most 123 bytes: it travels in the close frame.
    public var reason: String {
        switch self {
        case .unmaskedFrame: "A client masks its frames."
        case .maskedFrame: "A server does not mask its frames."
        case .reservedBits: "A reserved bit is set."
        case .reservedOpcode: "The opcode is reserved."
        case .fragmentedControlFrame: "A control frame is fragmented."
        case .longControlFrame: "A control frame is longer than 125 bytes."
        case .wastefulLength: "A length is not written in the shortest form."
        case .negativeLength: "The top bit of a length is set."
        case .continuationOfNothing: "A continuation without a beginning."
        case .unfinishedMessage: "A message began before the last one ended."
        case .truncatedCloseCode: "A close frame of one byte."
        case .invalidCloseCode: "A close code that may not travel."
        case .invalidCloseReason: "A close reason is not UTF-8."
        case .invalidText: "A text message is not UTF-8."
        case .messageTooBig: "The message is too long."
        case .tooManyControlFrames: "Too many pings or pongs."
        case .tooManyEmptyFragments: "A message of too many empty fragments."
        case .binaryMessage: "Only text messages are understood."
        }
    }
}
