import DequeModule
import NIOCore
import ParleyEngine
import ParleyProtocol
import ParleyRooms
import ParleyTransport

/// One participant on this node: where a membership in a room meets the session that holds it.
///
/// ```
///           joined                left (whoever caused it)
/// joining ---------->  present  ---------------------------->  gone
///     |  \                ^                                    /  /
///     |   \------->  waiting  ----------- denied, left -------/  /
///     \______________ refused ________________________________/
/// ```
final class Seat {
    /// ```
    ///           somebody else's mail, or something was left out
    /// direct -------------------------------------------------->  reading  --->  direct
    ///    \                                                          |   ^
    ///     \                          the socket is full            v   |  it has drained
    ///      +-------------------------------------------------->    behind
    /// ```
    enum MailFlow {
        /// A signal is handed to the socket when it is sent.
        case direct
        /// The mailbox is being read; what is sent meanwhile stays in it.
        case reading(again: Bool)
        /// Nothing is handed over until the socket has room.
        case behind

        var isDirect: Bool {
            switch self {
            case .direct: true
            case .reading, .behind: false
            }
        }
    }

    enum Phase {
        /// The join is on its way through the log; nobody can reach this participant yet.
        case joining
        case present
        /// At the door: it sees what is written there, and hears whether it is let in.
        case waiting
        case gone
    }

    // What a delivery looks at stands first: in a crowd every line of memory counts.

    let session: GatewaySession
    /// What the session's connection has of the room's frames. Means nothing while there is no connection.
    var cursor: StreamCursor
    /// What the participant may see.
    var view = View.participant
    /// Beyond the stage: nobody is told of this participant, and pulses from here go to the stage.
    var isCounted = false
    private(set) var phase = Phase.joining
    let host: RoomHost
    /// How what others send gets here.
    var mailFlow = MailFlow.direct
    /// What this participant was sent and has not acknowledged.
    var inbox: SignalInbox
    var unacknowledgedBytes = 0

    let id: ParticipantID
    /// As long as it has no answer: what a second try needs.
    @Apart private(set) var join: JoinCommand?
    /// When it is said that there is no such room, if so.
    var unknownRoomAt = NIODeadline.uptimeNanoseconds(0)
    /// The number of its join.
    let joinID: UInt64

    /// It was another node's before: not all that was said to and by it is known here.
    let wasElsewhere: Bool
    /// Order of arrival; known once present.
    private(set) var joined: UInt64 = 0
    var commands = CommandSequence()
    /// What only this participant is told of an invitation that it has made, by the command's number, until the room
    /// has judged that.
    var secrets: [UInt64: InvitationSecret] = [:]
    /// Of commands that no room would take, which member is to blame, by the command's number, until that is told.
    var faults: [UInt64: String] = [:]
    /// Whether it was another one before, here: a client that does not say which one it holds may hold that one.
    var viewHasChanged = false

    /// Made when the first is needed.
    lazy var rates = SeatRates(limits: self.host.gateway.limits)
    /// Of the room's chat, what comes next; `nil` as long as the chat is not held here.
    var nextMessage: UInt64?
    /// In a breakout room: since when the participant should not be there any more.
    var strayingSince: NIODeadline?
    /// What others were told last, in milliseconds.
    var toldRoundTrip: Int?

    /// To the peers that this participant has signalled to.
    private(set) var routes: [ParticipantID: Route] = [:] { didSet { self.session.forgetLastRoute() } }
    /// Who has a route to here; for the day when this participant leaves.
    private(set) var callers: [ParticipantID: Seat] = [:]
    /// As the log has it: a late report about an earlier connection names another one.
    var epoch: UInt64 = 1
    /// After a return: who restarts ICE is told behind the signals that were missed.
    var awaitsRestarters = false
    /// Its mailbox could not be read.
    var lacksMail = false
    /// What the server has said of this participant and the room has not judged yet.
    var reports = 0

    init(
        id: ParticipantID,
        join: JoinCommand,
        session: GatewaySession,
        host: RoomHost,
        limits: Limits,
        wasElsewhere: Bool = false
    ) {
        self.wasElsewhere = wasElsewhere
        self.id = id
        self.join = join
        self.joinID = join.id
        self.session = session
        self.host = host
        self.cursor = StreamCursor(
            next: .snapshot(namesJoin: true),
            patienceMilliseconds: limits.patienceMilliseconds
        )
        self.inbox = SignalInbox(unacknowledgedMax: limits.unacknowledgedSignalsMax)
    }

    func becomePresent(joined: UInt64) {
        assert(self.phase == .joining || self.phase == .waiting, "a membership begins once")
        self.phase = .present
        self.join = nil
        self.joined = joined
    }

    func wait() {
        assert(self.phase == .joining, "nobody is sent back to the door")
        self.phase = .waiting
        self.join = nil
    }

    /// Whether it hears what happens: among the people, or at the door.
    var isInRoom: Bool {
        switch self.phase {
        case .present, .waiting: true
        case .joining, .gone: false
        }
    }

    /// Whether it is one of a person's line.
    var isOfLine: Bool { self.host.room.line != nil || self.join?.kind == .line }

    /// The number of the frame that will be the next one of its view.
    var newestFrame: UInt64 { self.host.streams.nextFrame(of: self.view) }

    /// Whether the connection can take more, and has everything of the room: a signal is never read before the event
    /// that shows its sender. If it is not so, it will be: then the gateway hears `outputFreed`.
    var isCaughtUp: Bool {
        guard let connection = self.session.connection, connection.isWritable else { return false }
        return self.cursor.next == .frame(self.newestFrame)
    }

    /// Whether a signal may go to the socket at once.
    var takesSignals: Bool { self.mailFlow.isDirect && self.isCaughtUp }

    /// Whether that participant, who has that seat if at home on this node, is in the same room.
    func reaches(_ id: ParticipantID, _ peer: Seat?) -> Bool {
        peer.map { $0.host === self.host } ?? (self.host.room.participant(id) != nil)
    }

    func add(_ route: Route) {
        self.routes[route.recipient] = route
        route.peer?.callers[self.id] = self
    }

    /// That participant has left.
    ///
    /// - Returns: whether something from there may still wait in the mailbox.
    func forget(_ peer: ParticipantID) -> Bool {
        self.routes[peer] = nil
        return self.inbox.forget(peer) || self.wasElsewhere
    }

    /// It is on this node from now on: whoever had a way to it there has one to it here.
    func reroute(_ other: Seat) {
        guard let route = other.routes[self.id], route.peer == nil else { return }
        route.peer = self
        self.callers[other.id] = other
    }

    /// Everybody with whom this participant negotiates, in order of arrival. If not all that was said between the two
    /// was said on this node, they may.
    var negotiators: [Participant] {
        let room = self.host.room
        guard !self.wasElsewhere else {
            return room.participants.filter { $0.id != self.id && ($0.isListed || self.knows($0.id)) }
        }
        let known = Set(self.routes.keys).union(self.callers.keys).union(self.host.peopleElsewhere)
        let peers = known.compactMap { room.participant($0) }.filter { peer in
            guard peer.id != self.id else { return false }
            guard let route = self.routes[peer.id] ?? self.callers[peer.id]?.routes[self.id] else {
                return peer.isListed && self.host.peopleElsewhere.contains(peer.id)
            }
            return route.pair?.negotiation.isOpen ?? true
        }
        return peers.sorted { $0.joined < $1.joined }
    }

    /// Whether one of the two has signalled to the other, as far as this node has seen it.
    func knows(_ peer: ParticipantID) -> Bool {
        self.routes[peer] != nil || self.callers[peer] != nil || self.inbox.hasHeard(from: peer)
    }

    /// Those on this node of whom either has signalled to the other.
    var acquaintances: [Seat] {
        self.routes.values.compactMap(\.peer) + self.callers.values.filter { self.routes[$0.id] == nil }
    }

    /// Nobody finds the way here any more, and from here to nobody: routes are the only references between seats.
    /// The order of the loops does not matter: each touches another seat.
    ///
    /// - Parameter isElsewhere: it lives on, on another node, so that numbers go on.
    func end(isElsewhere: Bool) {
        self.phase = .gone
        // The session may be somebody else here soon, who counts anew: what these have reached says nothing of theirs.
        for recipient in self.routes.keys { self.session.delivered[recipient] = nil }
        for route in self.routes.values {
            guard let peer = route.peer else { continue }
            peer.callers[self.id] = nil
            peer.unacknowledgedBytes -= route.sizes.reduce(0) { $0 + Int($1) }
        }
        for caller in self.callers.values {
            if isElsewhere { caller.routes[self.id]?.leaveNode() } else { caller.routes[self.id] = nil }
        }
        self.routes = [:]
        self.callers = [:]
        self.session.remove(self)
    }
}

/// The way from one participant to another, found once and kept: a relayed signal costs one look-up.
final class Route {
    let owner: Seat
    /// The owner, and the mailbox of the recipient: what each signal says of itself, without a look at the two.
    let sender: ParticipantID
    let mailbox: MailboxID
    let recipient: ParticipantID
    /// `nil` while the recipient is at home on another node, which gets its mail from the engine.
    var peer: Seat?
    let side: PairNegotiation.Side
    /// `nil` if this node has not seen all that the two have said: then only they can tell what is out of date.
    private(set) var pair: Pair?
    var sequence = SignalSequence()
    /// So that one peer does not use up what the others are to be told.
    var rate: RateLimit
    /// Up to here the owner knows that its signals are delivered.
    private(set) var told: UInt64 = 0
    /// The sizes of what the peer has not acknowledged, oldest first: what an acknowledgement gives back.
    var sizes: Deque<UInt32> = []

    init(owner: Seat, recipient: ParticipantID, peer: Seat?, side: PairNegotiation.Side, pair: Pair?, rate: RateLimit) {
        self.rate = rate
        self.owner = owner
        self.sender = owner.id
        self.mailbox = MailboxID(room: owner.host.id, recipient: recipient)
        self.recipient = recipient
        self.peer = peer
        self.side = side
        self.pair = pair
    }

    /// What is below is delivered, as the owner has said or was told.
    func heard(floor: UInt64) {
        self.told = max(self.told, max(floor, 1) - 1)
    }

    fileprivate func leaveNode() {
        self.peer = nil
        self.pair = nil
        self.sizes = []
    }
}

/// What both directions of a pair share.
final class Pair {
    var negotiation: PairNegotiation

    init(_ negotiation: PairNegotiation) {
        self.negotiation = negotiation
    }
}
