/// Why something was refused. A code never changes its meaning and is never used again.
public enum RejectionCode: String, CaseIterable, Hashable, Sendable, BitwiseCopyable {
    // What could not be read.
    case malformed
    case invalidMember = "invalid-member"
    case unknownType = "unknown-type"
    case helloRequired = "hello-required"
    case helloRepeated = "hello-repeated"
    case unsupportedProtocol = "unsupported-protocol"
    // Commands.
    case commandGap = "command-gap"
    case noChange = "no-change"
    case unknownRoom = "unknown-room"
    case alreadyJoined = "already-joined"
    case notJoined = "not-joined"
    case identityPresent = "identity-present"
    case roomFull = "room-full"
    case roomEnded = "room-ended"
    case serverFull = "server-full"
    case tooManyRooms = "too-many-rooms"
    case invalidName = "invalid-name"
    case invalidAlias = "invalid-alias"
    case busy
    // Meetings.
    case notPermitted = "not-permitted"
    case unknownParticipant = "unknown-participant"
    case invalidRole = "invalid-role"
    case roomLocked = "room-locked"
    // Signals and pulses.
    case unknownRecipient = "unknown-recipient"
    case recipientIsSelf = "recipient-is-self"
    case signalGap = "signal-gap"
    case mailboxFull = "mailbox-full"
    case staleOffer = "stale-offer"
    case staleAnswer = "stale-answer"
    case noNegotiation = "no-negotiation"
    case noRollback = "no-rollback"
    case tooManyPeers = "too-many-peers"
    case invalidKind = "invalid-kind"
    case rateLimited = "rate-limited"
    // The server's own trouble.
    case engineUnavailable = "engine-unavailable"

    /// One English sentence, for logs and developers.
    public var message: String {
        switch self {
        case .malformed: "The frame is not one well-formed JSON object."
        case .invalidMember: "A member is missing or has a value that is not allowed."
        case .unknownType: "This server does not know that type of message."
        case .helloRequired: "The first message must be hello."
        case .helloRepeated: "This connection has said hello already."
        case .unsupportedProtocol: "This server speaks another version of the protocol."
        case .commandGap: "Command numbers must not leave any out."
        case .noChange: "The command would change nothing."
        case .unknownRoom: "There is no such room, or you may not know of it."
        case .alreadyJoined: "This session is in that room already."
        case .notJoined: "This session is not in that room."
        case .identityPresent: "You are in that room already, from another device."
        case .roomFull: "The room has no place left."
        case .roomEnded: "The room is over."
        case .serverFull: "This server holds no more rooms."
        case .tooManyRooms: "This session is in too many rooms."
        case .invalidName: "The name is too long, or holds control or formatting characters."
        case .invalidAlias: "An alias is 1 to 64 characters of a-z, 0-9 and -."
        case .busy: "The room has too much to do; send the command again later."
        case .notPermitted: "Your role does not allow that."
        case .unknownParticipant: "Nobody in that room has that id."
        case .invalidRole: "That role cannot be given here, or not by you."
        case .roomLocked: "The room is locked."
        case .unknownRecipient: "Nobody in your rooms has that id."
        case .recipientIsSelf: "A signal to yourself goes nowhere."
        case .signalGap: "Signal numbers must not leave any out."
        case .mailboxFull: "The recipient has not yet acknowledged earlier signals."
        case .staleOffer: "Offers to a peer must have growing numbers."
        case .staleAnswer: "This answers an offer that is no longer the newest one."
        case .noNegotiation: "There is no offer between the two that this could belong to."
        case .noRollback: "Neither of the two devices can take back an offer."
        case .tooManyPeers: "This session has signalled to too many peers."
        case .invalidKind: "A pulse's kind is 1 to 32 characters of a-z, 0-9 and -."
        case .rateLimited: "Too many messages; slow down."
        case .engineUnavailable: "The server cannot reach its store; send the command again later."
        }
    }
}
