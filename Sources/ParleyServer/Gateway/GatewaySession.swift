import ParleyProtocol
import ParleyRooms
import ParleyTransport

/// A client's life with this server: made by `hello`, longer than one socket.
final class GatewaySession {
    /// `nil` while there is no socket. The first, see ``Seat``.
    private(set) var connection: WebSocketConnection?
    let id: SessionID
    let identity: IdentityID
    let abilities: Abilities
    /// Of whom its client wants to hear.
    final class Watch {
        /// What it calls each of them.
        let names: [IdentityID: [String]]
        var told: [IdentityID: Presence?] = [:]
        var isAnswered = false

        init(names: [IdentityID: [String]]) { self.names = names }
    }
    var watch: Watch?
    /// What its client calls its person, where nobody has to show that.
    var saidUser: String?
    /// `nil`: nobody needs one here.
    var authorization: SessionAuthorization?
    var life: SessionLife
    var rates: SessionRates
    /// Why its people have left, once it is over.
    var leaveReason = RoomEvent.LeaveReason.disconnected
    /// Whether the gateway's list of sessions without a socket has it.
    var isListedAsDetached = false
    /// Lets go in ``detach()``. Not weak: a reference of that kind would make each use of the connection dearer.
    private(set) var holder: GatewayConnection?
    /// Of the newest secret that was given out, see ``ResumeSecret/number``.
    var secretNumber: UInt64 = 0
    /// Of the secret with which its client has come back last.
    private(set) var presentedNumber: UInt64 = 0
    /// The client's count of its connections, as of the newest one here; 0 if it does not count.
    private(set) var attempt: UInt64 = 0
    /// Whether a client has read a welcome to this session on this node.
    private(set) var wasWelcomed = false
    /// A connection that shall have the session as soon as its rooms have been read.
    private weak var expected: GatewayConnection?
    /// Bounded by `roomsPerSessionMax`; a session is in one room or two, so a list is the fastest map.
    private(set) var seats: [Seat] = []
    /// Where its last signal went: the next one mostly goes there as well.
    private var lastRoute: Route?
    /// When its last connection was given up, as far as one was.
    var lostAt: Instant?
    /// Whether the newest list of ICE servers that its client has is that of somebody in a room.
    var hasLease = false
    /// When the next one is due; `nil` if nothing in it ends.
    var leaseRenewsAt: Instant?
    /// It has joined before a vendor had lent anything.
    var lacksVendor = false
    /// Messages that were refused since the meter was told last.
    var refused = 0
    /// Joins whose room is still being looked for.
    var joinsUnderWay = 0
    /// By recipient: up to which number signals were acknowledged, as far as the client does not know it yet.
    var delivered: [ParticipantID: UInt64] = [:]

    /// - Parameter now: monotonic nanoseconds.
    init(id: SessionID, identity: IdentityID, abilities: Abilities, sharedLimits: Shared<Limits>, now: UInt64) {
        let limits = sharedLimits.value
        self.rates = SessionRates(limits: sharedLimits, now: now)
        self.id = id
        self.identity = identity
        self.abilities = abilities
        self.life = SessionLife(
            debounceMilliseconds: limits.debounceMilliseconds,
            moveMilliseconds: limits.moveMilliseconds,
            graceMilliseconds: limits.graceMilliseconds
        )
    }

    func add(_ seat: Seat) {
        self.seats.append(seat)
    }

    func remove(_ seat: Seat) {
        self.seats.removeAll { $0 === seat }
    }

    // MARK: The socket

    func attach(_ connection: WebSocketConnection, holder: GatewayConnection, attempt: UInt64) {
        self.connection = connection
        self.holder = holder
        self.attempt = max(self.attempt, attempt)
        self.wasWelcomed = true
    }

    /// Whoever was waiting for it gives way: a later connection of the same client is here.
    func expect(_ holder: GatewayConnection, attempt: UInt64) {
        if self.expected !== holder { self.expected?.supersede() }
        self.expected = holder
        self.attempt = max(self.attempt, attempt)
        holder.awaits(self)
    }

    func expects(_ holder: GatewayConnection) -> Bool { self.expected === holder }

    /// Whether a connection waits for its rooms to be read.
    var isExpected: Bool { self.expected != nil }

    func expectNobody() { self.expected = nil }

    /// Whether that connection was begun after all that are known here. A client that does not count is always the
    /// newest.
    func isNewer(attempt: UInt64) -> Bool { attempt == 0 || attempt > self.attempt }

    /// The newest secret is good, and so is the one for which it was given: the client may never have read the last
    /// `welcome`, or the last three. One that is newer than any of this node's is another node's.
    func redeem(_ secret: ResumeSecret) -> Bool {
        guard self.accepts(secret) else { return false }
        self.presentedNumber = secret.number
        self.secretNumber = max(self.secretNumber, secret.number)
        return true
    }

    /// Whether it is good, which leaves it as good as it is.
    func accepts(_ secret: ResumeSecret) -> Bool {
        secret.number >= self.secretNumber || secret.number == self.presentedNumber
    }

    func detach() {
        self.connection = nil
        self.holder = nil
        // A replay that had begun is over; the next connection reads the mailboxes anew.
        for seat in self.seats { seat.mailFlow = .direct }
    }

    // MARK: Looking

    func seat(in room: RoomID) -> Seat? {
        self.seats.first { $0.host.id == room && $0.phase != .gone }
    }

    /// The seat that an earlier join of the same words took.
    func seat(joinedAs join: JoinCommand) -> Seat? {
        self.seats.first { seat in
            // Each device is on the line once.
            if join.kind == .line { return seat.phase != .gone && seat.isOfLine }
            return switch join.room {
            case .id(let id): seat.phase != .gone && seat.host.id == id
            case .alias(let alias): seat.phase != .gone && seat.host.alias == alias
            // Each join without a name makes a room; only one that is not answered yet can be a repetition.
            case .new: seat.phase == .joining && seat.join?.room == .new && seat.join?.kind == join.kind
            }
        }
    }

    /// Where signals to that peer go, if there were any.
    func route(to peer: ParticipantID) -> Route? {
        if let route = self.lastRoute, route.recipient == peer { return route }
        for seat in self.seats {
            if let route = seat.routes[peer] {
                self.lastRoute = route
                return route
            }
        }
        return nil
    }

    /// The routes of one of its seats change.
    func forgetLastRoute() {
        self.lastRoute = nil
    }

    // MARK: Saying something

    func send(_ message: ServerMessage, counters: inout GatewayCounters) {
        guard let connection = self.connection else { return }
        connection.send(message, counters: &counters)
    }

    /// One command has an outcome that is no event.
    func reject(_ rejection: Rejection, counters: inout GatewayCounters) {
        counters.framesRejected += 1
        counters.rejections[rejection.code, default: 0] += 1
        self.refused += 1
        self.send(.rejected(RejectedMessage(rejection)), counters: &counters)
    }
}

extension WebSocketConnection {
    func send(_ message: ServerMessage, counters: inout GatewayCounters) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(1_024)
        message.encode(into: &bytes)
        counters.bytesSent += bytes.count
        bytes.withUnsafeBytes { self.sendText($0) }
    }
}
