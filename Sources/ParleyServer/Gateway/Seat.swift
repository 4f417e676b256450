import DequeModule
import ParleyProtocol
import ParleyRooms

/// One participant on this node: where a membership in a room meets the session that holds it.
///
/// ```
///           joined                left (whoever caused it)
/// joining ---------->  present  ---------------------------->  gone
///     \______________ refused ______________________________/
/// ```
final class Seat {
    enum Phase {
        /// The join is on its way through the log; nobody can reach this participant yet.
        case joining
        case present
        case gone
    }

    let id: ParticipantID
    /// How the join named the room: what its rejection repeats.
    let roomAsNamed: String?
    unowned let session: GatewaySession
    unowned let host: RoomHost

    var phase = Phase.joining
    /// Order of arrival; known once present.
    var joined: UInt64 = 0
    var commands = CommandSequence()

    /// To the peers that this participant has signalled to.
    var routes: [ParticipantID: Route] = [:]
    /// What this participant was sent and has not acknowledged.
    var inbox: SignalInbox
    var unacknowledgedBytes = 0

    init(id: ParticipantID, roomAsNamed: String?, session: GatewaySession, host: RoomHost, limits: Limits) {
        self.id = id
        self.roomAsNamed = roomAsNamed
        self.session = session
        self.host = host
        self.inbox = SignalInbox(unacknowledgedMax: limits.unacknowledgedSignalsMax)
    }
}

/// The way from one participant to another, found once and kept: a relayed signal looks up one dictionary entry.
final class Route {
    let peer: Seat
    let side: PairNegotiation.Side
    let pair: Pair
    var sequence = SignalSequence()
    /// The sizes of what the peer has not acknowledged, oldest first: what an acknowledgement gives back.
    var sizes: Deque<UInt32> = []

    init(peer: Seat, side: PairNegotiation.Side, pair: Pair) {
        self.peer = peer
        self.side = side
        self.pair = pair
    }
}

/// What both directions of a pair share.
final class Pair {
    var negotiation: PairNegotiation

    init(_ negotiation: PairNegotiation) {
        self.negotiation = negotiation
    }
}
