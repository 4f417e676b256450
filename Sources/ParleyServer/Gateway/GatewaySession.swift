import ParleyProtocol
import ParleyRooms
import ParleyTransport

/// A client's life with this server, made by `hello`. Today it ends with its connection.
final class GatewaySession {
    let id: SessionID
    let identity: IdentityID
    let abilities: Abilities
    /// Known to the client alone; this version cannot resume, so nobody ever asks for it.
    let resumeSecret: String
    /// `nil` once the socket is gone.
    private(set) var connection: WebSocketConnection?
    /// Bounded by `roomsPerSessionMax`; a session is in one room or two, so a list is the fastest map.
    private(set) var seats: [Seat] = []

    /// Joins whose room is still being looked for.
    var joinsUnderWay = 0
    /// By recipient: up to which number signals were acknowledged, as far as the client does not know it yet.
    var delivered: [ParticipantID: UInt64] = [:]

    init(
        id: SessionID,
        identity: IdentityID,
        abilities: Abilities,
        resumeSecret: String,
        connection: WebSocketConnection
    ) {
        self.id = id
        self.identity = identity
        self.abilities = abilities
        self.resumeSecret = resumeSecret
        self.connection = connection
    }

    func add(_ seat: Seat) {
        self.seats.append(seat)
    }

    func remove(_ seat: Seat) {
        self.seats.removeAll { $0 === seat }
    }

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

    func detach() {
        self.connection = nil
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

extension WebSocketConnection {
    func send(_ message: ServerMessage, counters: inout GatewayCounters) {
        var bytes: [UInt8] = []
        message.encode(into: &bytes)
        counters.bytesSent += bytes.count
        bytes.withUnsafeBytes { self.sendText($0) }
    }
}
