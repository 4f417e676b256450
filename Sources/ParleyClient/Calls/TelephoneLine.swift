public import ParleyProtocol

/// The line of this client's person, which each of their devices is in that is online: what rings, what was missed,
/// and how reachable they are.
///
/// What rings here is told as ``ClientEvent/incoming(_:)``, and its end as ``ClientEvent/incomingEnded(_:_:)``: each
/// once, also over lost connections.
public struct TelephoneLine: Sendable {
    private let client: ParleyClient

    init(_ client: ParleyClient) { self.client = client }

    /// As it is now; `nil` if this device is not online.
    public var replica: RoomReplica? {
        get async { await self.client.lineReplica }
    }

    /// What rings here, the first one first.
    public var incoming: [Incoming] {
        get async { await self.replica?.incoming ?? [] }
    }

    /// Calls that nobody has taken, the newest first.
    public var missed: [MissedCall] {
        get async { await self.replica?.missed ?? [] }
    }

    public func setAvailability(_ status: LineStatus) async throws { try await self.client.ask(.availability(status)) }

    public func setAvailability(_ availability: LineStatus.Availability, note: String? = nil) async throws {
        var status = await self.replica?.status ?? LineStatus()
        status.availability = availability
        status.note = note
        try await self.setAvailability(status)
    }

    /// - Parameters:
    ///   - scope: this device alone, or the whole person.
    ///   - message: some words for whoever calls.
    public func decline(
        _ incoming: Incoming,
        scope: CallDecline.Scope = .person,
        code: HangupCode? = nil,
        message: String? = nil
    ) async throws {
        try await self.client.ask(
            .decline(CallDecline(incoming.call, scope: scope, code: code, message: message))
        )
    }

    /// They do not get through any more, and are not told so.
    public func block(_ person: String, _ isBlocked: Bool = true) async throws {
        try await self.client.ask(.block(try Callee(named: person), isBlocked))
    }

    public func unblock(_ person: String) async throws { try await self.block(person, false) }

    /// Missed calls up to that one have been looked at.
    public func missedSeen(through number: UInt64) async throws {
        try await self.client.ask(.seen(through: number))
    }

    /// This device rings no more.
    public func leave() async throws {
        guard let room = await self.replica?.id else { return }
        try await self.client.leave(room)
    }
}
