import DequeModule
import NIOCore
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
    let session: GatewaySession
    let host: RoomHost
    /// How the join named the room, and the name it asked for: what a second try needs.
    let join: JoinCommand

    private(set) var phase = Phase.joining
    /// Order of arrival; known once present.
    private(set) var joined: UInt64 = 0
    var commands = CommandSequence()
    /// What the session's connection has of the room's frames. Means nothing while there is no connection.
    var cursor: StreamCursor

    /// Each costs a snapshot.
    var resyncs: RateLimit
    /// What others were told last, in milliseconds.
    var toldRoundTrip: Int?

    /// To the peers that this participant has signalled to.
    private(set) var routes: [ParticipantID: Route] = [:]
    /// Who has a route to here; for the day when this participant leaves.
    private var callers: [ParticipantID: Seat] = [:]
    /// One more with each resume that the log knows: a late report about an earlier connection names another one.
    var epoch: UInt64 = 1
    /// While the mailbox is read for a resumed session: what has come since. Bounded like the mailbox.
    var held: [ByteBuffer]?
    /// What this participant was sent and has not acknowledged.
    var inbox: SignalInbox
    var unacknowledgedBytes = 0

    init(id: ParticipantID, join: JoinCommand, session: GatewaySession, host: RoomHost, limits: Limits) {
        self.id = id
        self.join = join
        self.session = session
        self.host = host
        self.cursor = StreamCursor(
            next: .snapshot(namesJoin: true),
            patienceMilliseconds: limits.patienceMilliseconds
        )
        self.resyncs = RateLimit(perSecond: 1, burst: limits.resyncBurst, now: 0)
        self.inbox = SignalInbox(unacknowledgedMax: limits.unacknowledgedSignalsMax)
    }

    func becomePresent(joined: UInt64) {
        assert(self.phase == .joining, "a membership begins once")
        self.phase = .present
        self.joined = joined
    }

    func add(_ route: Route) {
        self.routes[route.peer.id] = route
        route.peer.callers[self.id] = self
    }

    /// Nobody finds the way here any more, and from here to nobody: routes are the only references between seats.
    /// The order of the loops does not matter: each touches another seat.
    func end() {
        self.phase = .gone
        for route in self.routes.values {
            let peer = route.peer
            peer.callers[self.id] = nil
            peer.inbox.forget(self.id)
            peer.unacknowledgedBytes -= route.sizes.reduce(0) { $0 + Int($1) }
        }
        for caller in self.callers.values {
            caller.routes[self.id] = nil
        }
        self.routes = [:]
        self.callers = [:]
        self.session.remove(self)
    }
}

/// The way from one participant to another, found once and kept: a relayed signal costs one look-up.
final class Route {
    let owner: Seat
    let peer: Seat
    let side: PairNegotiation.Side
    let pair: Pair
    var sequence = SignalSequence()
    /// The sizes of what the peer has not acknowledged, oldest first: what an acknowledgement gives back.
    var sizes: Deque<UInt32> = []

    init(owner: Seat, peer: Seat, side: PairNegotiation.Side, pair: Pair) {
        self.owner = owner
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
