/// A named refusal, with what the sender needs in order to know which of its frames it was.
public struct Rejection: Error, Hashable, Sendable {
    public var code: RejectionCode
    /// The `type` of the refused frame; `nil` if it could not be read.
    public var of: String?
    /// The room as the sender named it.
    public var room: String?
    /// The number of the refused command.
    public var id: UInt64?
    /// The sender's own name of the refused chat message.
    public var cid: String?
    /// The recipient as the sender named it.
    public var to: String?
    /// The number of the refused signal.
    public var n: UInt64?
    /// The number that would have been accepted.
    public var expected: UInt64?
    /// The member that is missing or wrong.
    public var member: String?
    public var retryAfterMilliseconds: UInt64?

    public init(_ code: RejectionCode, of: String? = nil, member: String? = nil) {
        self.code = code
        self.of = of
        self.member = member
    }
}
