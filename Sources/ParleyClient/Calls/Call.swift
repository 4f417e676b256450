public import ParleyProtocol

/// A room that rings, or has rung: made by ``ParleyClient/call(_:name:order:)`` and by
/// ``ParleyClient/accept(_:name:answer:)``. A third person makes a meeting of it, which is the same room.
///
/// ``ParleyClient/events`` tells the rest: `ring-changed`, `ring-answered`, `left`, `ended`; and
/// ``ClientEvent/moved(_:from:)``, if its people go on in another call.
public struct Call: Hashable, Sendable {
    public let id: RoomID
    private let client: ParleyClient

    init(_ id: RoomID, _ client: ParleyClient) {
        self.id = id
        self.client = client
    }

    public static func == (left: Self, right: Self) -> Bool { left.id == right.id && left.client === right.client }

    public func hash(into hasher: inout Hasher) { hasher.combine(self.id) }

    /// As it is now; `nil` if this client is not in it.
    public var replica: RoomReplica? {
        get async { await self.client.replica(of: self.id) }
    }

    /// Who is rung, the oldest ring first.
    public var rings: [CallRing] {
        get async { await self.replica?.rings ?? [] }
    }

    /// Rings more people.
    public func ring(_ people: [String], order: CallOrder = CallOrder()) async throws {
        try await self.ask(.ring(try order.request(people)))
    }

    /// - Parameter ring: its number.
    public func cancel(_ ring: UInt64) async throws { try await self.ask(.cancel(ring)) }

    /// No sound and no picture, in both directions: the app sees to it. It stays so over lost connections.
    public func hold() async throws { try await self.ask(.hold(true)) }

    public func unhold() async throws { try await self.ask(.hold(false)) }

    /// Somebody else takes our place: we leave, and they ring. If they do not come, the others ring us.
    public func transferTo(_ person: String, order: CallOrder = CallOrder()) async throws {
        try await self.ask(.transfer(try order.request([person])))
    }

    /// The others of this call go to that one, in which we are as well.
    ///
    /// - Parameter leave: without us, in both.
    public func mergeInto(_ call: Call, leave: Bool = false) async throws {
        try await self.ask(.merge(CallMerge(into: call.id, leave: leave)))
    }

    /// - Parameter code: why.
    public func hangUp(_ code: HangupCode? = nil) async throws {
        try await self.client.leave(self.id, code: code)
    }

    private func ask(_ action: RingAction) async throws {
        try await self.client.ask(.ring(action), in: self.id)
    }
}

/// How people are called.
public struct CallOrder: Hashable, Sendable {
    /// The `first` who accepts is in and nobody else, or `each` may come.
    public var mode = RingMode.first
    public var intent = CallIntent.audio
    /// How long it rings; `nil`: as long as usual.
    public var ringMilliseconds: Int?
    /// The caller's session description, which travels with the ring: an object of texts.
    public var offer: AttributeValue?
    /// What the app wants to tell: a subject, a picture.
    public var data: AttributeValue?

    public init(_ intent: CallIntent = .audio, mode: RingMode = .first) {
        self.intent = intent
        self.mode = mode
    }

    func request(_ people: [String]) throws(ClientError) -> RingRequest {
        RingRequest(
            try people.map { person throws(ClientError) in try Callee(named: person) },
            mode: self.mode,
            intent: self.intent,
            milliseconds: self.ringMilliseconds,
            offer: self.offer,
            data: self.data
        )
    }
}

extension Callee {
    init(named text: String) throws(ClientError) {
        guard let callee = Callee(text) else {
            // As the server would say it.
            let code = RejectionCode.invalidMember
            throw .rejected(RejectedMessage(code: code.rawValue, message: code.message))
        }
        self = callee
    }
}
