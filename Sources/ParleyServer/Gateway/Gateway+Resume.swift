import NIOCore
import ParleyEngine
import ParleyProtocol
import ParleyRooms
import ParleyTransport

/// What a client that comes back says of itself.
struct Returning {
    let session: SessionID
    let identity: IdentityID
    let attempt: UInt64
    let rooms: [Hello.Resume.HeldRoom]
    let received: [Watermark]
    let abilities: Abilities

    init(_ secret: ResumeSecret, _ resume: Hello.Resume, _ rooms: [Hello.Resume.HeldRoom], _ abilities: Abilities) {
        self.session = secret.session
        self.identity = secret.identity
        self.attempt = resume.attempt
        self.rooms = rooms
        self.received = resume.received
        self.abilities = abilities
    }

    /// Whether it speaks of that participant. A client that moves may leave by its first connection, and join again,
    /// while the `hello` of the second one is on its way: what its former self has received is not the new one's.
    func means(_ seat: Seat) -> Bool {
        let held = self.rooms.first { $0.room == seat.host.id }
        return (held?.participant ?? seat.id) == seat.id
    }
}

/// Coming back, to the node that holds the session or to any other.
///
/// ```
/// hello ---> secret good? ---> all rooms here? ------------------------------> welcome, replay, mail, live
///                                    | no
///                                    v
///                        read the rooms' logs, take the seats ---> attach, in the log ---> the same
/// ```
///
/// Attached first, welcomed then: whoever has read the welcome is at home here for everybody.
extension Gateway {
    /// Nobody here knows the session.
    func resumeFromElsewhere(
        _ secret: ResumeSecret,
        _ resume: Hello.Resume,
        _ hello: Hello,
        _ connection: WebSocketConnection,
        _ holder: GatewayConnection
    ) {
        // What its token has allowed only the node knows that has seen it.
        guard holder.authorization != nil || !self.wantsTokens else {
            return holder.refuseAuthorization(.tokenRequired)
        }
        guard !self.isRevoked(secret.session) else {
            return self.begin(secret.identity, hello, connection, holder, refused: .over)
        }
        guard secret.expiresAt > self.now else {
            return self.begin(IdentityID(using: &self.random), hello, connection, holder, refused: .expired)
        }
        // Without memory there is nothing to come back to but the identity.
        guard let rooms = resume.rooms else { return self.begin(secret.identity, hello, connection, holder) }
        let session = GatewaySession(
            id: secret.session,
            identity: secret.identity,
            abilities: hello.abilities,
            sharedLimits: self.sharedLimits,
            now: self.eventLoop.now.uptimeNanoseconds
        )
        if self.identity(saidIn: hello) == secret.identity { session.saidUser = hello.user }
        _ = session.redeem(secret)
        // Listed before its rooms are read: a later connection of the same client finds it.
        session.life.detach(now: self.eventLoop.now.uptimeNanoseconds)
        self.sessions[session.id] = session
        self.resume(session, Returning(secret, resume, rooms, hello.abilities), hello, connection, holder)
    }

    func resume(
        _ session: GatewaySession,
        _ returning: Returning,
        _ hello: Hello,
        _ connection: WebSocketConnection,
        _ holder: GatewayConnection
    ) {
        if session.connection != nil { session.lostAt = self.now }
        session.holder?.supersede()
        session.detach()
        session.expect(holder, attempt: returning.attempt)
        self.refresh(session.seats[...]) { [unowned self] isCurrent in
            guard session.expects(holder) else { return }
            guard isCurrent else { return self.abandon(session, holder) { holder.giveUp() } }
            let missing = returning.rooms.filter { session.seat(in: $0.room) == nil }
            // One after the other: a client is in one room or two, and the engine answers within a millisecond.
            self.takeSeats(missing[...], session, holder) { outcome in
                guard session.expects(holder) else { return }
                switch outcome {
                case .success: self.complete(session, returning, hello, connection, holder)
                case .failure(.engineUnavailable): self.abandon(session, holder) { holder.giveUp() }
                case .failure(.outdatedSecret): self.refuseOutdatedSecret(session, hello, connection, holder)
                case .failure(.outdated): self.abandon(session, holder) { holder.refuseOutdatedAttempt() }
                }
            }
        }
    }

    /// What this node holds of the session may be of the past: it may have moved on, and come back. That there is no
    /// other node is of the past as well.
    private func refresh(_ seats: ArraySlice<Seat>, _ then: @escaping (_ isCurrent: Bool) -> Void) {
        guard let seat = seats.first else { return then(true) }
        seat.host.whenCurrent { [unowned self] isCurrent in
            // A room that is over has taken its seats with it.
            guard isCurrent || seat.phase == .gone else { return then(false) }
            self.refresh(seats.dropFirst(), then)
        }
    }

    /// The connection cannot have the session, which waits for the next one or has nothing to wait for.
    func abandon(_ session: GatewaySession, _ holder: GatewayConnection, _ close: () -> Void) {
        guard session.expects(holder) else { return }
        session.expectNobody()
        close()
        session.life.detachAgain(now: self.eventLoop.now.uptimeNanoseconds)
        self.detach(session, isAway: false)
    }

    // MARK: Seats that another node held

    private enum Seating: Error {
        case engineUnavailable
        /// The room knows a later connection of this client.
        case outdated
        /// The room knows a later secret of this client.
        case outdatedSecret
    }

    private func takeSeats(
        _ rooms: ArraySlice<Hello.Resume.HeldRoom>,
        _ session: GatewaySession,
        _ holder: GatewayConnection,
        _ then: @escaping (Result<Void, Seating>) -> Void
    ) {
        guard let held = rooms.first else { return then(.success(())) }
        self.directory.find(.id(held.room)) { [unowned self] result in
            // A later connection of the same client goes on from here.
            guard session.expects(holder) else { return then(.success(())) }
            switch result {
            case .failure(.engineUnavailable): then(.failure(.engineUnavailable))
            case .failure: self.takeSeats(rooms.dropFirst(), session, holder, then)
            case .success(let host):
                host.whenSettled { isCurrent in
                    guard session.expects(holder) else { return then(.success(())) }
                    guard isCurrent else {
                        // It has ended, which its log still says for a while: that is no reason to lose the others.
                        let hasEnded = host.room.lifecycle.isEnded
                        return hasEnded
                            ? self.takeSeats(rooms.dropFirst(), session, holder, then)
                            : then(.failure(.engineUnavailable))
                    }
                    self.takeSeat(in: host, session, holder) { outcome in
                        guard case .success = outcome else { return then(outcome) }
                        self.takeSeats(rooms.dropFirst(), session, holder, then)
                    }
                }
            }
        }
    }

    /// If the session is not in that room any more, it hears so after the welcome.
    private func takeSeat(
        in host: RoomHost,
        _ session: GatewaySession,
        _ holder: GatewayConnection,
        _ then: @escaping (Result<Void, Seating>) -> Void
    ) {
        guard session.seat(in: host.id) == nil,
            let id = host.room.participant(of: session.id), host.seats[id] == nil,
            let membership = host.room.membership(id)
        else {
            host.endIfUnused()
            return then(.success(()))
        }
        guard session.presentedNumber >= membership.secret else {
            host.endIfUnused()
            return then(.failure(.outdatedSecret))
        }
        let participant = host.room.participant(id)
        let name = participant?.name ?? host.room.door.waiting[id]?.name
        let seat = Seat(
            id: id,
            join: JoinCommand(id: 1, room: .id(host.id), name: name),
            session: session,
            host: host,
            limits: self.limits,
            wasElsewhere: true
        )
        seat.commands = CommandSequence(resuming: membership)
        seat.epoch = membership.epoch
        session.add(seat)
        participant.map { host.take(seat, joined: $0.joined) } ?? host.takeWaiting(seat)
        self.attach(seat) { [unowned self] outcome in
            // A later connection of the same client has the seat by now, see `RoomHost.reconcile`.
            guard session.expects(holder) else { return then(.failure(.outdated)) }
            switch outcome {
            case .accepted, .duplicate: return then(.success(()))
            case .rejected(.noChange):
                host.release(seat)
                return then(.failure(.outdated))
            case .rejected(.busy), .rejected(.engineUnavailable):
                host.release(seat)
                return then(.failure(.engineUnavailable))
            case .rejected:
                // It has left meanwhile.
                host.release(seat)
                self.forgetIfOver(session)
                return then(.success(()))
            }
        }
    }

    /// Somebody has the secret of an earlier day, and the session is another one's.
    private func refuseOutdatedSecret(
        _ session: GatewaySession,
        _ hello: Hello,
        _ connection: WebSocketConnection,
        _ holder: GatewayConnection
    ) {
        session.expectNobody()
        // Seats that it has taken in other rooms go back to whoever comes with the newest one.
        for seat in session.seats { seat.host.release(seat) }
        if self.sessions[session.id] === session { self.sessions[session.id] = nil }
        self.begin(IdentityID(using: &self.random), hello, connection, holder, refused: .outdated)
    }

    private func forgetIfOver(_ session: GatewaySession) {
        guard session.life.isOver else { return }
        self.sessions[session.id] = nil
    }

    // MARK: Back

    private func complete(
        _ session: GatewaySession,
        _ returning: Returning,
        _ hello: Hello,
        _ connection: WebSocketConnection,
        _ holder: GatewayConnection
    ) {
        session.expectNobody()
        // Whoever names no room may have said a join that was not answered, and says it again: as another session they
        // would be there twice, until the first one's grace is over.
        guard !session.seats.isEmpty || session.wasWelcomed || returning.rooms.isEmpty else {
            // It was in none of those rooms any more: there is nothing to come back to.
            self.sessions[session.id] = nil
            return self.begin(session.identity, hello, connection, holder, refused: .over)
        }
        guard session.life.isOver == false else {
            // Its people are told to be gone, also those who have just been taken over.
            self.listAsDetached(session)
            return self.begin(session.identity, hello, connection, holder, refused: .over)
        }
        guard !self.isRevoked(holder.authorization, session.identity), !self.isRevoked(session.id) else {
            // As nobody has it, it ends without a connection.
            self.end(session, .unauthorized)
            return holder.refuseAuthorization(.tokenRevoked)
        }
        let attachment = session.life.attach()
        assert(attachment != .refused, "a session that is over is not resumed")
        session.attach(connection, holder: holder, attempt: returning.attempt)
        if let authorization = holder.authorization { session.authorization = SessionAuthorization(authorization) }
        self.counters.sessionsResumed += 1
        var welcome = self.welcome(session, resumed: true)
        welcome.selves = session.seats.filter { $0.isInRoom && !returning.means($0) }
            .map { Welcome.Place(room: $0.host.id, participant: $0.id) }
            .sorted { $0.room < $1.room }
        session.send(.welcome(welcome), counters: &self.counters)
        let present = session.seats.filter(\.isInRoom).sorted { $0.host.id < $1.host.id }
        for seat in present {
            let mentioned = returning.rooms.first { $0.room == seat.host.id }
            let view = mentioned?.view.flatMap { View(rawValue: $0) }
            seat.host.replay(to: seat, after: mentioned?.at, in: view, isKnown: mentioned != nil)
        }
        for held in returning.rooms where session.seat(in: held.room) == nil { self.refuse(held, session) }
        self.acknowledge(returning.received, from: session) { returning.means($0) }
        for seat in present { self.begin(mailOf: seat, received: returning.means(seat) ? returning.received : []) }
        self.repeatDelivered(to: session)
        if attachment == .visible { for seat in present { self.attach(seat) { _ in } } }
        holder.greeted(session, hello)
    }

    /// Whoever was replaced while away is told: a client that joins again by itself would throw the other device out.
    func refuse(_ held: Hello.Resume.HeldRoom, _ session: GatewaySession) {
        let isTaken = self.directory.hosts[held.room]?.room.isTaken(byOtherDeviceOf: session.identity) ?? false
        var rejection = Rejection(isTaken ? .identityPresent : .notJoined, of: "resume")
        rejection.room = held.room.description
        session.reject(rejection, counters: &self.counters)
    }

    /// The beats that told it may be lost with the old socket. A recipient may have acknowledged by another node while
    /// its former seat is still here: what was told counts as well.
    private func repeatDelivered(to session: GatewaySession) {
        for seat in session.seats {
            for route in seat.routes.values.sorted(by: { $0.recipient < $1.recipient }) {
                let n = max(route.peer?.inbox.delivered(from: seat.id) ?? 0, route.told)
                if n > 0 { self.note(delivered: n, to: route.recipient, for: session) }
            }
        }
    }
}
