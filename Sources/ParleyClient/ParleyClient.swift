public import NIOCore
public import ParleyProtocol
import ParleyTransport

/// A session with a Parley server, for apps in Swift, for load tests and for our own.
///
/// ```swift
/// let client = try await ParleyClient.connect(to: ["ws://127.0.0.1:8080"])
/// let room = try await client.join("blue-fox", name: "Ada")
/// for await event in client.events { … }
/// ```
///
/// The readme has an example that is whole.
///
/// The session survives its connection: the client connects again by itself, gets what it has missed, and sends again
/// what may have been lost. Nothing is told twice, and a request that is under way completes when it is back.
/// ``events`` ends only when the session is over: after ``close()``, or by what ``ClientEvent/ended(_:)`` names.
///
/// A client lives until then, whether or not somebody holds it: call ``close()``. A call whose task is cancelled throws
/// `CancellationError` at once; what it has asked for may be done all the same.
///
/// Bounds: ``eventsMax`` events that the app has not read; 64 commands for each room that wait and 64 that are kept
/// for a server that has lost them; 64 messages and 64 questions of its chat; 64 joins without outcome;
/// 1,024 signals for each peer that are not delivered, for at most 16,384 peers. Beyond them a request fails with
/// ``ClientError/tooManyWaiting``.
public actor ParleyClient {
    /// What the server says, in its order, and what becomes of the connection; ends with the session. To be read by
    /// one task.
    public nonisolated let events: AsyncStream<ClientEvent>
    private let told: AsyncStream<ClientEvent>.Continuation

    /// What the server said first, on the newest connection; its ICE servers may be newer still.
    public private(set) var welcome: Welcome?

    private let addresses: [ServerAddress]
    private let options: ClientOptions
    private let tls: ClientTLS?
    private let clock = ContinuousClock()
    private let origin = ContinuousClock.now
    private var machine: ClientStateMachine
    private var lines: [ClientStateMachine.LineID: ClientLine] = [:]
    private var requests: [UInt64: CheckedContinuation<Answer, any Error>] = [:]
    private var lastRequest: UInt64 = 0
    private var greeting: CheckedContinuation<Void, any Error>?
    private var end: ClientError?
    /// Who reads how people are.
    var watchers: [UInt64: PresenceBox] = [:]
    private var alarm: (at: Duration, task: Task<Void, Never>)?

    // MARK: Connecting

    /// Connects to the first address that can be reached, says hello, and waits for the welcome.
    ///
    /// - Parameter addresses: each `wss://host` or `ws://host`, with or without port and path. `wss:` speaks TLS, only
    ///   with a server that has a trusted certificate for that host. A connection that is lost is tried again
    ///   at the next one, and so on in a circle.
    /// - Throws: ``ClientError``, of the last address that was tried.
    public static func connect(to addresses: [String], options: ClientOptions = ClientOptions()) async throws
        -> ParleyClient
    {
        let client = try ParleyClient(
            addresses.map { address throws(ClientError) in try ServerAddress(address) },
            options
        )
        try await withTaskCancellationHandler {
            try await client.greet()
        } onCancel: {
            Task { await client.close() }
        }
        return client
    }

    /// The same with one address.
    public static func connect(
        to address: String,
        abilities: Abilities = Abilities(rollback: true, trickle: true, restart: true),
        origin: String? = nil,
        group: (any EventLoopGroup)? = nil
    ) async throws -> ParleyClient {
        var options = ClientOptions()
        options.abilities = abilities
        options.origin = origin
        options.group = group
        return try await Self.connect(to: [address], options: options)
    }

    private init(_ addresses: [ServerAddress], _ options: ClientOptions) throws(ClientError) {
        guard !addresses.isEmpty else { throw .invalidAddress("") }
        self.addresses = addresses
        self.options = options
        self.tls = try addresses.contains(where: \.isSecure) ? Self.tls(options) : nil
        self.machine = ClientStateMachine(try options.setup(addresses))
        (self.events, self.told) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(Self.eventsMax))
    }

    private static func tls(_ options: ClientOptions) throws(ClientError) -> ClientTLS {
        do throws(ClientTLS.UnreadableTrust) {
            return try ClientTLS(options.trustedCertificates.map { .certificates(pem: $0) } ?? .system)
        } catch {
            throw .invalidTrust(error.reason)
        }
    }

    /// So many events wait for the app; one more ends the session.
    public static let eventsMax = 65_536

    private func greet() async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            if let end = self.end { return continuation.resume(throwing: end) }
            self.greeting = continuation
            self.perform { $0.start($1, &$2) }
        }
    }

    /// What to keep for the next start of the app; changes with every connection.
    public var savedSession: SavedSession? {
        guard let session = self.machine.session, self.end == nil else { return nil }
        return SavedSession(
            session: session.id.description,
            secret: session.secret,
            address: self.address(of: self.machine.endpoint).text
        )
    }

    /// The device may have another network, or has been asleep: looks after the connection at once.
    ///
    /// Call it when the system says so; without it a dead connection is found within seconds.
    public func networkChanged() { self.perform { $0.networkChanged($1, &$2) } }

    /// Hands over a newer token: before the one expires that the session has, and for connections from now on.
    public func authenticate(_ token: String) { self.perform { $0.authenticate(token, $1, &$2) } }

    /// Says goodbye: the session ends, its participants leave, and ``events`` ends.
    public func close() { self.perform { $0.close($1, &$2) } }

    // MARK: Rooms

    /// - Parameter devices: for a room that this join creates: what a second device of the same identity may do.
    /// - Returns: the room as it is with this client in it.
    public func join(
        _ room: RoomReference,
        name: String? = nil,
        devices: DeviceRule? = nil
    ) async throws -> RoomReplica {
        let name = try name.flatMap { try DisplayName($0, bytesMax: Limits().nameBytesMax) }
        let answer = try await self.request { $0.join(room, name: name, devices: devices, request: $1, &$2) }
        guard case .room(let replica) = answer else {
            throw ClientError.protocolViolation("A join was answered without a room.")
        }
        return replica
    }

    /// - Parameter room: a room id (`r_…`) or an alias.
    public func join(_ room: String, name: String? = nil, devices: DeviceRule? = nil) async throws -> RoomReplica {
        try await self.join(try Self.reference(room), name: name, devices: devices)
    }

    static func reference(_ room: String) throws(ClientError) -> RoomReference {
        do throws(RejectionCode) {
            return try RoomReference(room)
        } catch {
            // As the server would say it.
            throw .rejected(RejectedMessage(code: error.rawValue, message: error.message))
        }
    }

    public func leave(_ room: RoomID) async throws { try await self.leave(room, code: nil) }

    /// What the devices are doing; `nil` stays as it is.
    public func setMedia(in room: RoomID, audio: Bool? = nil, video: Bool? = nil, screen: Bool? = nil) async throws {
        let media = CommandOutbox.Action.media(.init(audio: audio, video: video, screen: screen))
        _ = try await self.request { $0.command(media, in: room, request: $1, &$2) }
    }

    /// Anything else that is asked of a meeting: roles, admission, muting, floors …
    ///
    /// Returns when the log has it, or when there was nothing to change.
    /// - Throws: `ClientError.rejected` with the server's reason, such as `not-permitted`.
    public func ask(_ action: MeetingAction, in room: RoomID) async throws {
        _ = try await self.request { $0.command(.meeting(action), in: room, request: $1, &$2) }
    }

    /// The room as it is now; `nil` if this client is not in it.
    public func replica(of room: RoomID) -> RoomReplica? { self.machine.replica(of: room) }

    /// Of this client's own person, while this device is online.
    var lineReplica: RoomReplica? { self.machine.line.flatMap { self.machine.replica(of: $0) } }

    /// How long a message to that participant's device and its answer take, as the server has measured it last.
    public func roundTrip(of participant: ParticipantID) -> Duration? {
        self.machine.roundTrip(of: participant).map { .milliseconds($0) }
    }

    // MARK: Signals and pulses

    /// Arrives once, in order, also over lost connections of either side.
    ///
    /// - Returns: the number by which ``ClientEvent/delivered(to:n:)``, ``ClientEvent/undelivered(to:n:_:)`` and a
    ///   rejection name it.
    @discardableResult
    public func send(_ payload: SignalPayload, to peer: ParticipantID, negotiation: UInt64? = nil) -> UInt64 {
        var n: UInt64 = 0
        self.perform { n = $0.signal(payload, to: peer, negotiation: negotiation, &$2) }
        return n
    }

    /// Said and forgotten; without a connection, nobody hears it.
    public func pulse(_ pulse: OutboundPulse) { self.perform { $0.pulse(pulse, &$2) } }

    /// Asks for some of a large audience, of whom nobody is told one by one; ``ClientEvent/roster(_:)`` is the answer,
    /// or ``ClientEvent/rejected(_:)``. Without a connection, nobody hears it.
    ///
    /// - Parameters:
    ///   - after: ``RosterPage/next`` of the page before; 0: from the first on.
    ///   - max: at most so many, 1–100; `nil`: 50.
    public func askRoster(of room: RoomID, after: UInt64 = 0, max: Int? = nil) {
        self.perform { $0.ask(RosterRequest(room: room, after: after, max: max), &$2) }
    }

    // MARK: Driving

    /// What a request has brought.
    enum Answer: Sendable {
        case done
        case room(RoomReplica)
        case message(ChatMessage)
        case history([ChatMessage])
    }

    func request(
        _ step: (inout ClientStateMachine, UInt64, inout [ClientStateMachine.Effect]) -> Void
    ) async throws -> Answer {
        let request = self.makeRequest()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                guard !Task.isCancelled else { return continuation.resume(throwing: CancellationError()) }
                self.requests[request] = continuation
                self.perform { step(&$0, request, &$2) }
            }
        } onCancel: {
            Task { await self.forget(request) }
        }
    }

    /// A number that was not used yet.
    func makeRequest() -> UInt64 {
        self.lastRequest += 1
        return self.lastRequest
    }

    /// Whoever has asked does not wait any longer. What was asked may be done all the same.
    private func forget(_ request: UInt64) {
        self.requests.removeValue(forKey: request)?.resume(throwing: CancellationError())
    }

    func perform(_ step: (inout ClientStateMachine, Moment, inout [ClientStateMachine.Effect]) -> Void) {
        let moment = Moment(time: self.clock.now - self.origin, chance: .random(in: 0..<1))
        var effects: [ClientStateMachine.Effect] = []
        step(&self.machine, moment, &effects)
        for effect in effects { self.perform(effect) }
    }

    private func perform(_ effect: ClientStateMachine.Effect) {
        switch effect {
        case .open(let line, let endpoint): self.open(line, self.address(of: endpoint))
        case .send(let line, let message): self.lines[line]?.send(message)
        case .drop(let line): self.lines.removeValue(forKey: line)?.close(code: Self.lostCode)
        case .goodbye(let line): self.lines.removeValue(forKey: line)?.close(code: CloseCode.normal.rawValue)
        case .watch(let line, let dark): self.lines[line]?.watch(dark: dark)
        case .expect(let line, let within): self.lines[line]?.expect(within: within)
        case .welcomed(let welcome):
            self.welcome = welcome
            self.greeting?.resume()
            self.greeting = nil
        case .joined(let request, let replica): self.answer(request, .room(replica))
        case .succeeded(let request): self.answer(request, .done)
        case .said(let request, let message): self.answer(request, .message(message))
        case .read(let request, let messages): self.answer(request, .history(messages))
        case .failed(let request, let error): self.requests.removeValue(forKey: request)?.resume(throwing: error)
        case .tell(let event): self.tell(event)
        case .watched(let id, let entry): self.watchers[id]?.put(entry)
        case .wake(let time): self.wake(at: time)
        case .ended(let error): self.finish(error)
        }
    }

    private func answer(_ request: UInt64, _ answer: Answer) {
        self.requests.removeValue(forKey: request)?.resume(returning: answer)
    }

    /// Says of a socket that it is given up and the session is not (docs/PROTOCOL.md, section 2: every end but 1000 and
    /// 1001 is a lost connection).
    static let lostCode: UInt16 = 4000

    private func tell(_ event: ClientEvent) {
        if case .iceServers(let servers, let expiry) = event {
            self.welcome?.iceServers = servers
            self.welcome?.iceServersExpireAt = expiry
        }
        guard case .dropped = self.told.yield(event) else { return }
        self.perform { $0.end(.unreadEvents, $1, &$2) }
    }

    private func finish(_ error: ClientError) {
        self.end = error
        self.alarm?.task.cancel()
        self.alarm = nil
        self.greeting?.resume(throwing: error)
        self.greeting = nil
        assert(self.requests.isEmpty, "the machine has answered every request")
        self.told.finish()
        for watcher in self.watchers.values { watcher.finish() }
        self.watchers = [:]
    }

    /// Why the session is over, if it is.
    var sessionEnd: ClientError? { self.end }

    // MARK: Sockets and time

    /// One that a server has named and that nobody can read is the first of the app's.
    private func address(of endpoint: Int) -> ServerAddress {
        guard endpoint >= self.addresses.count else { return self.addresses[endpoint] }
        let advised = self.machine.advised
        let index = endpoint - self.addresses.count
        guard index < advised.count, let address = try? ServerAddress(advised[index]) else { return self.addresses[0] }
        return address
    }

    private func open(_ id: ClientStateMachine.LineID, _ address: ServerAddress) {
        let ticket = self.machine.ticket
        Task {
            do {
                let isReturning = self.machine.session != nil
                var target = address.target(origin: self.options.origin, tls: self.tls, isReturning: isReturning)
                if let ticket { target.path = ServerAddress.path(target.path, ticket: ticket) }
                let line = try await ClientLine.open(to: target, group: self.options.group)
                self.lines[id] = line
                self.perform { $0.opened(id, $1, &$2) }
                await self.listen(to: line, id)
            } catch {
                var wait: Duration?
                if case WebSocketConnectFailure.refused(_, let head) = error {
                    wait = Reconnection.retryAfter(head: head)
                }
                let error = ClientError(opening: error)
                if let wait { self.perform { machine, moment, _ in machine.rest(for: wait, moment) } }
                self.perform { $0.ended(id, error, isFinal: false, $1, &$2) }
            }
        }
    }

    private func listen(to line: ClientLine, _ id: ClientStateMachine.LineID) async {
        var end = ClientError.closed(code: nil)
        var isFinal = false
        for await input in line.inputs {
            switch input {
            case .message(let message): self.perform { $0.received(message, on: id, $1, &$2) }
            case .unreadable:
                end = .protocolViolation("A frame could not be read.")
                line.close(code: Self.lostCode)
            case .dark: end = .dark
            case .closed(let code):
                guard case .closed = end else { break }
                end = code == CloseCode.superseded.rawValue ? .superseded : .closed(code: code)
                isFinal = !Reconnection.comesBack(after: code)
            }
        }
        self.lines[id] = nil
        self.perform { $0.ended(id, end, isFinal: isFinal, $1, &$2) }
    }

    private func wake(at time: Duration) {
        if let alarm = self.alarm, alarm.at <= time { return }
        self.alarm?.task.cancel()
        let task = Task {
            try? await self.clock.sleep(until: self.origin + time)
            guard !Task.isCancelled else { return }
            self.alarm = nil
            self.perform { $0.tick($1, &$2) }
        }
        self.alarm = (time, task)
    }
}

extension ClientError {
    /// What the system or the transport says to opening a socket.
    fileprivate init(opening error: any Error) {
        switch error {
        case WebSocketConnectFailure.refused(let status, _): self = .refused(status: status)
        case let error as ClientError: self = error
        default: self = .unreachable("\(error)")
        }
    }
}
