/// Why somebody hangs up, or why a call was never answered, in words that have a number in SIP and in Q.850.
///
/// SIP numbers are status codes (RFC 3261), as a `Reason` header has them (RFC 3326); Q.850 numbers are cause values
/// (ITU-T Q.850). Where RFC 3398, section 8.2.6, maps one to the other they are that pair, with the two that it leaves
/// to the user: 21 is 603 where a person has declined, and what finds no common format is 488.
public enum HangupCode: String, CaseIterable, Hashable, Sendable, BitwiseCopyable {
    case normal
    case busy
    case noAnswer = "no-answer"
    case declined
    /// Nobody knows them, they do not want to be reached, or are nowhere: the same to whoever calls.
    case unreachable
    /// There is no device that could do what the call needs.
    case incompatible
    case failed
    /// Whoever called has changed their mind.
    case cancelled
    /// Another device or person has answered.
    case answeredElsewhere = "answered-elsewhere"
    case transferred
    /// Two calls were made one.
    case merged
    /// The connection is lost and did not come back.
    case network
    /// Somebody who may has sent them away.
    case removed

    /// The status code; that of a call that was answered is 200.
    public var sip: Int {
        switch self {
        case .normal, .answeredElsewhere, .transferred, .merged: 200
        case .busy: 486
        case .noAnswer, .unreachable: 480
        case .declined: 603
        case .incompatible: 488
        case .failed: 500
        case .cancelled: 487
        case .network: 503
        case .removed: 403
        }
    }

    /// The cause value.
    public var q850: Int {
        switch self {
        case .normal, .cancelled, .transferred, .merged: 16
        case .busy: 17
        case .noAnswer: 19
        case .unreachable: 20
        case .declined, .removed: 21
        case .answeredElsewhere: 26
        case .network: 38
        case .failed: 41
        case .incompatible: 88
        }
    }
}
