import ParleyProtocol
import ParleyRooms
import ParleyTransport

/// A client's life with this server, made by `hello`. Today it ends with its connection.
final class GatewaySession {
    let id: SessionID
    let identity: IdentityID
    let abilities: Abilities
    /// `nil` once the socket is gone.
    private(set) var connection: WebSocketConnection?
    /// Bounded by `roomsPerSessionMax`; a session is in one room or two, so a list is the fastest map.
    private(set) var seats: [Seat] = []

    init(id: SessionID, identity: IdentityID, abilities: Abilities, connection: WebSocketConnection) {
        self.id = id
        self.identity = identity
        self.abilities = abilities
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
