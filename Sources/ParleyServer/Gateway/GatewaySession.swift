import ParleyProtocol
import ParleyRooms
import ParleyTransport

/// A client's life with this server: made by `hello`, longer than one socket.
final class GatewaySession {
    let id: SessionID
    let identity: IdentityID
    let abilities: Abilities
    var life: SessionLife
    /// Whether the gateway's list of sessions without a socket has it.
    var isListedAsDetached = false
    /// `nil` while there is no socket.
    private(set) var connection: WebSocketConnection?
    private(set) weak var holder: GatewayConnection?
    private var secrets: SessionSecrets
    /// Bounded by `roomsPerSessionMax`; a session is in one room or two, so a list is the fastest map.
    private(set) var seats: [Seat] = []
    /// Joins whose room is still being looked for.
    var joinsUnderWay = 0
    /// By recipient: up to which number signals were acknowledged, as far as the client does not know it yet.
    var delivered: [ParticipantID: UInt64] = [:]

    init(id: SessionID, identity: IdentityID, abilities: Abilities, secret: String, limits: Limits) {
        self.id = id
        self.identity = identity
        self.abilities = abilities
        self.secrets = SessionSecrets(current: secret)
        self.life = SessionLife(
            debounceMilliseconds: limits.debounceMilliseconds,
            graceMilliseconds: limits.graceMilliseconds
        )
    }

    var secret: String { self.secrets.current }

    func add(_ seat: Seat) {
        self.seats.append(seat)
    }

    func remove(_ seat: Seat) {
        self.seats.removeAll { $0 === seat }
    }

    // MARK: The socket

    func attach(_ connection: WebSocketConnection, holder: GatewayConnection) {
        self.connection = connection
        self.holder = holder
    }

    func detach() {
        self.connection = nil
        self.holder = nil
        // A replay that had begun is over; the next connection reads the mailboxes anew.
        for seat in self.seats { seat.held = nil }
    }

    /// Whether that is a secret of this session: the current one, or the one before, in case the client never read
    /// the last `welcome`. If so, `next` is the current one from now on.
    func redeem(_ secret: String, next: String) -> Bool {
        self.secrets.redeem(secret, next: next)
    }

    /// Whether that is a secret of this session, which stays as it is.
    func accepts(_ secret: String) -> Bool {
        self.secrets.accepts(secret)
    }

    // MARK: Looking

    func seat(in room: RoomID) -> Seat? {
        self.seats.first { $0.host.id == room && $0.phase != .gone }
    }

    /// The seat that an earlier join of the same words took.
    func seat(joinedAs reference: RoomReference) -> Seat? {
        self.seats.first { seat in
            switch reference {
            case .id(let id): seat.phase != .gone && seat.host.id == id
            case .alias(let alias): seat.phase != .gone && seat.host.claim?.alias == alias
            // Each join without a name makes a room; only one that is not answered yet can be a repetition.
            case .new: seat.phase == .joining && seat.join.room == .new
            }
        }
    }

    /// Where signals to that peer go, if there were any.
    func route(to peer: ParticipantID) -> Route? {
        for seat in self.seats {
            if let route = seat.routes[peer] { return route }
        }
        return nil
    }

    // MARK: Saying something

    func send(_ message: ServerMessage, counters: inout GatewayCounters) {
        guard let connection = self.connection else { return }
        connection.send(message, counters: &counters)
    }

    /// One command has an outcome that is no event.
    func reject(_ rejection: Rejection, counters: inout GatewayCounters) {
        counters.framesRejected += 1
        self.send(.rejected(RejectedMessage(rejection)), counters: &counters)
    }
}

/// What a client shows in order to be the session that it was.
package struct SessionSecrets: Hashable {
    package private(set) var current: String
    private var previous: String?

    package init(current: String) {
        self.current = current
    }

    package mutating func redeem(_ secret: String, next: String) -> Bool {
        guard self.accepts(secret) else { return false }
        self.previous = secret
        self.current = next
        return true
    }

    package func accepts(_ secret: String) -> Bool {
        Self.equal(secret, self.current) || self.previous.map { Self.equal(secret, $0) } == true
    }

    /// In a time that does not tell how much of it was right.
    private static func equal(_ left: String, _ right: String) -> Bool {
        guard left.utf8.count == right.utf8.count else { return false }
        return zip(left.utf8, right.utf8).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }
}

extension WebSocketConnection {
    func send(_ message: ServerMessage, counters: inout GatewayCounters) {
        var bytes: [UInt8] = []
        message.encode(into: &bytes)
        counters.bytesSent += bytes.count
        bytes.withUnsafeBytes { self.sendText($0) }
    }
}
