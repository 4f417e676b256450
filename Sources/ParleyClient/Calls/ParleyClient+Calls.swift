public import ParleyProtocol

/// Calls: find people, ring them, and be found (docs/PROTOCOL.md, sections 22 and 23).
///
/// ```swift
/// let line = try await client.online(name: "Ada")
/// let call = try await client.call("bob", order: CallOrder(.video))
/// for await event in client.events {
///     if case .incoming(let incoming) = event { try await client.accept(incoming) }
/// }
/// ```
extension ParleyClient {
    /// This device rings for its person from now on, and others see that they are there.
    ///
    /// - Parameters:
    ///   - name: as others read it who are called.
    ///   - status: how reachable they are.
    @discardableResult
    public func online(name: String? = nil, status: LineStatus? = nil) async throws -> TelephoneLine {
        var call = CallJoin()
        call.status = status
        let wish = JoinWish(name: try Self.name(name), kind: .line, call: status.map { _ in call })
        _ = try await self.room { $0.online(wish, request: $1, &$2) }
        return TelephoneLine(self)
    }

    /// Calls somebody, or several of whom the first one comes in. Returns as soon as the call is begun.
    ///
    /// - Parameter people: each by identity (`i_…`), or by the name that the app has for them.
    /// - Throws: `ClientError.rejected`, such as `ring-self`, and `rate-limited` with the time to wait.
    public func call(
        _ people: [String],
        name: String? = nil,
        order: CallOrder = CallOrder()
    ) async throws -> Call {
        let call = CallJoin(request: try order.request(people))
        let wish = JoinWish(name: try Self.name(name) ?? self.lineName, kind: .call, call: call)
        return Call(try await self.room { $0.join(.new, wish, request: $1, &$2) }.id, self)
    }

    public func call(_ person: String, name: String? = nil, order: CallOrder = CallOrder()) async throws -> Call {
        try await self.call([person], name: name, order: order)
    }

    /// - Parameter answer: to the offer that came with the ring: an object of texts.
    /// - Returns: the call, in which this client is then.
    /// - Throws: `ClientError.rejected` with `answered-elsewhere` or `ring-over` if it came too late.
    @discardableResult
    public func accept(
        _ incoming: Incoming,
        name: String? = nil,
        answer: AttributeValue? = nil
    ) async throws -> Call {
        let call = CallJoin(ring: incoming.ring, answer: answer)
        let wish = JoinWish(name: try Self.name(name) ?? self.lineName, call: call)
        return Call(try await self.room { $0.accept(incoming.call, wish, request: $1, &$2) }.id, self)
    }

    /// A call that another device of this person is in goes on here, and ends there: see `RoomReplica.calls`.
    @discardableResult
    public func continueHere(_ call: RoomID, name: String? = nil) async throws -> Call {
        let wish = JoinWish(name: try Self.name(name) ?? self.lineName)
        return Call(try await self.room { $0.join(.id(call), wish, request: $1, &$2) }.id, self)
    }

    /// A room that this client is in, as a call.
    public nonisolated func call(in room: RoomID) -> Call { Call(room, self) }

    /// How those people are, now and whenever it changes; `nil` for somebody who cannot be seen.
    ///
    /// It ends with the session, with the task that reads it, or when nobody holds it any more.
    /// - Throws: ``ClientError/tooManyWaiting`` with more than 200 people in all.
    public func watch(_ people: [String]) throws(ClientError) -> PresenceWatch {
        for person in people { _ = try Callee(named: person) }
        if let end = self.sessionEnd { throw end }
        let id = self.makeRequest()
        let watch = PresenceWatch { [weak self] in Task { await self?.unwatch(id) } }
        self.watchers[id] = watch.box
        var isTaken = false
        self.perform { isTaken = $0.watch(Set(people), as: id, &$2) }
        guard isTaken else {
            self.watchers[id] = nil
            throw .tooManyWaiting
        }
        return watch
    }

    private func unwatch(_ id: UInt64) {
        self.watchers[id] = nil
        self.perform { $0.unwatch(id, &$2) }
    }

    /// - Parameter code: why, as the network says it.
    public func leave(_ room: RoomID, code: HangupCode?) async throws {
        _ = try await self.request { $0.command(.leave(code), in: room, request: $1, &$2) }
    }

    // MARK: Inside

    func ask(_ action: LineAction) async throws {
        guard let room = self.lineReplica?.id else { throw ClientError.notInRoom }
        try await self.ask(.line(action), in: room)
    }

    var lineName: DisplayName? {
        guard let line = self.lineReplica, let name = line.name(of: line.participant) else { return nil }
        return try? Self.name(name)
    }

    static func name(_ name: String?) throws -> DisplayName? {
        try name.flatMap { try DisplayName($0, bytesMax: Limits().nameBytesMax) }
    }

    func room(
        _ step: (inout ClientStateMachine, UInt64, inout [ClientStateMachine.Effect]) -> Void
    ) async throws -> RoomReplica {
        guard case .room(let replica) = try await self.request(step) else {
            throw ClientError.protocolViolation("A join was answered without a room.")
        }
        return replica
    }
}
