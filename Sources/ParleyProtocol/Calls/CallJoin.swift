/// What a join says of calls; most joins say nothing.
public struct CallJoin: Hashable, Sendable {
    /// Whom the new room rings.
    public var request: RingRequest?
    /// The ring that is accepted.
    public var ring: UInt64?
    /// The answer to the early offer: opaque here.
    public var answer: AttributeValue?
    /// Of the line that is joined.
    public var status: LineStatus?
    /// What the app calls whoever joins, whose token says so, and the organisation that it names; never on the wire.
    public var user: String?
    public var issuer: String?
    public var organisation: String?

    public init(request: RingRequest? = nil, ring: UInt64? = nil, answer: AttributeValue? = nil) {
        self.request = request
        self.ring = ring
        self.answer = answer
    }

    /// - Returns: `nil`, if the join says nothing of calls.
    init?(_ reader: MemberReader, _ limits: Limits) throws(Rejection) {
        self.init()
        if let call = try reader.reader("call") { self.request = try RingRequest(call, limits) }
        self.ring = try reader.count("ring")
        self.answer = try reader.opaque("answer", bytesMax: limits.offerBytesMax)
        if let status = try reader.reader("status") { self.status = try LineStatus(status, limits) }
        if self == CallJoin() { return nil }
    }

    func encodeMembers(into bytes: inout [UInt8]) {
        bytes.member("call", json: self.request?.json)
        bytes.member("ring", count: self.ring)
        bytes.member("answer", json: self.answer?.json)
        if let status { bytes.member("status", json: .object(status.members)) }
    }
}
