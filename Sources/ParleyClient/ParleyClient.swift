public import NIOCore
import NIOPosix
public import ParleyProtocol
import ParleyTransport

/// A session with a Parley server, for apps in Swift, for load tests and for our own.
///
/// ```swift
/// let client = try await ParleyClient.connect(to: "ws://127.0.0.1:8080")
/// let room = try await client.join(.alias(alias), name: "Ada")
/// for await event in client.events { … }
/// ```
///
/// This version does not connect again by itself: when ``events`` ends, the session is over.
public actor ParleyClient {
    /// What the server says, in its order; ends with the connection. To be read by one task.
    public nonisolated let events: AsyncStream<ClientEvent>
    private let told: AsyncStream<ClientEvent>.Continuation

    /// What the server said first.
    public private(set) var welcome: Welcome?

    private let line: ClientLine
    private var machine = ClientStateMachine()
    private var requests: [UInt64: CheckedContinuation<RoomReplica?, any Error>] = [:]
    private var lastRequest: UInt64 = 0
    private var greeting: CheckedContinuation<Void, any Error>?
    private var isAcknowledgementPlanned = false
    private var end: ClientError?

    /// Connects, says hello, and waits for the welcome.
    ///
    /// - Parameters:
    ///   - address: `ws://host:port`, with or without a path.
    ///   - origin: the `Origin` header; browsers send one, others need none.
    ///   - group: where the socket lives; absent: the process's own group.
    /// - Throws: ``ClientError``, or what the system says to connecting.
    public static func connect(
        to address: String,
        abilities: Abilities = Abilities(rollback: true, trickle: true, restart: true),
        origin: String? = nil,
        group: (any EventLoopGroup)? = nil
    ) async throws -> ParleyClient {
        let line = try await ClientLine.open(
            to: address,
            origin: origin,
            on: (group ?? MultiThreadedEventLoopGroup.singleton).any()
        )
        let client = ParleyClient(line)
        try await client.greet(abilities)
        return client
    }

    private init(_ line: ClientLine) {
        self.line = line
        // Unbounded for the app's sake would be bounded by nothing: the oldest is dropped for nobody, the
        // connection ends instead, see `tell`.
        (self.events, self.told) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(Self.eventsMax))
        Task { await self.run() }
    }

    /// So many events wait for the app; one more ends the connection.
    public static let eventsMax = 65_536

    // MARK: Rooms

    /// - Returns: the room as it is with this client in it.
    public func join(_ room: RoomReference, name: String? = nil) async throws -> RoomReplica {
        let name = try name.flatMap { try DisplayName($0, bytesMax: Limits().nameBytesMax) }
        let replica = try await self.request { $0.join(room, name: name, request: $1, &$2) }
        guard let replica else { throw ClientError.protocolViolation("A join was answered without a room.") }
        return replica
    }

    public func leave(_ room: RoomID) async throws {
        _ = try await self.request { $0.leave(room, request: $1, &$2) }
    }

    /// What the devices are doing; `nil` stays as it is.
    public func setMedia(in room: RoomID, audio: Bool? = nil, video: Bool? = nil, screen: Bool? = nil) async throws {
        _ = try await self.request {
            $0.media(room, audio: audio, video: video, screen: screen, request: $1, &$2)
        }
    }

    /// The room as it is now; `nil` if this client is not in it.
    public func replica(of room: RoomID) -> RoomReplica? { self.machine.rooms[room] }

    // MARK: Signals and pulses

    /// - Returns: the number by which ``ClientEvent/delivered(to:n:)`` and a rejection name it.
    @discardableResult
    public func send(_ payload: SignalPayload, to peer: ParticipantID, negotiation: UInt64? = nil) -> UInt64 {
        var n: UInt64 = 0
        self.perform { n = $0.signal(payload, to: peer, negotiation: negotiation, &$1) }
        return n
    }

    public func pulse(_ pulse: OutboundPulse) {
        self.line.send(.pulse(pulse))
    }

    /// Says goodbye; ``events`` ends.
    public func close() {
        self.line.close(code: CloseCode.normal.rawValue)
    }

    // MARK: Driving

    private func greet(_ abilities: Abilities) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            if let end = self.end { return continuation.resume(throwing: end) }
            self.greeting = continuation
            self.perform { $0.hello(abilities: abilities, name: "parley-swift", version: "0.1.0", &$1) }
        }
    }

    private func request(
        _ step: (inout ClientStateMachine, UInt64, inout [ClientStateMachine.Effect]) -> Void
    ) async throws -> RoomReplica? {
        try await withCheckedThrowingContinuation { continuation in
            self.lastRequest += 1
            let request = self.lastRequest
            self.requests[request] = continuation
            self.perform { step(&$0, request, &$1) }
        }
    }

    private func run() async {
        var code: UInt16?
        for await input in self.line.inputs {
            switch input {
            case .message(let message): self.perform { $0.received(message, &$1) }
            case .unreadable: self.perform { $1.append(.close(.protocolViolation("A frame could not be read."))) }
            case .closed(let closeCode): code = closeCode
            }
        }
        self.finish(.closed(code: code))
    }

    private func perform(_ step: (inout ClientStateMachine, inout [ClientStateMachine.Effect]) -> Void) {
        var effects: [ClientStateMachine.Effect] = []
        step(&self.machine, &effects)
        for effect in effects {
            switch effect {
            case .send(let message): self.line.send(message)
            case .welcomed(let welcome):
                self.welcome = welcome
                self.greeting?.resume()
                self.greeting = nil
            case .joined(let request, let replica):
                self.requests.removeValue(forKey: request)?.resume(returning: replica)
            case .succeeded(let request): self.requests.removeValue(forKey: request)?.resume(returning: nil)
            case .failed(let request, let error):
                self.requests.removeValue(forKey: request)?.resume(throwing: error)
            case .tell(let event): self.tell(event)
            case .close(let error):
                self.finish(error)
                self.line.close(code: CloseCode.normal.rawValue)
            }
        }
        self.planAcknowledgement()
    }

    private func tell(_ event: ClientEvent) {
        guard case .dropped = self.told.yield(event) else { return }
        self.finish(.gap)
        self.line.close(code: CloseCode.normal.rawValue)
    }

    private func planAcknowledgement() {
        guard self.machine.wantsToAcknowledge, !self.isAcknowledgementPlanned else { return }
        self.isAcknowledgementPlanned = true
        Task {
            try? await Task.sleep(for: .milliseconds(100))
            self.isAcknowledgementPlanned = false
            self.perform { $0.acknowledge(&$1) }
        }
    }

    private func finish(_ error: ClientError) {
        guard self.end == nil else { return }
        self.end = error
        self.greeting?.resume(throwing: error)
        self.greeting = nil
        var effects: [ClientStateMachine.Effect] = []
        self.machine.closed(error, &effects)
        for case .failed(let request, let error) in effects {
            self.requests.removeValue(forKey: request)?.resume(throwing: error)
        }
        self.told.finish()
    }
}
