import NIOCore
import ParleyEngine
import ParleyProtocol
import ParleyRooms
import ParleyTransport

/// The life of sessions: begun by `hello`, kept over the loss of a socket, ended by goodbye, by fault, by time, or
/// silently because another node has them now. How they come back is in `Gateway+Resume.swift`.
extension Gateway {
    // MARK: Beginning

    /// Answers at once, or when the token was judged, or the rooms of a session that another node held have been read.
    func hello(_ hello: Hello, on connection: WebSocketConnection, holder: GatewayConnection) {
        if holder.saysThatItReturns, hello.resume == nil { self.noteFailure(.credential, from: holder.clientAddress) }
        guard let wait = self.mayTry(.credential, from: holder.clientAddress) else {
            return self.judge(hello, on: connection, holder: holder)
        }
        // Whoever was here before may come back, whatever their neighbours do.
        guard let resume = hello.resume else { return holder.refuseHello(retryAfterMilliseconds: wait) }
        self.open(resume.secret, of: resume.session) { [unowned self] secret in
            guard connection.end == nil else { return }
            guard secret != nil else { return holder.refuseHello(retryAfterMilliseconds: wait) }
            self.judge(hello, on: connection, holder: holder)
        }
    }

    private func judge(_ hello: Hello, on connection: WebSocketConnection, holder: GatewayConnection) {
        self.authorize(hello, holder) { [unowned self] outcome in
            guard connection.end == nil else { return }
            switch outcome {
            case .success(let authorization):
                holder.authorization = authorization
                self.greet(hello, on: connection, holder: holder)
            case .failure(let refusal):
                if refusal.code == .invalidToken { self.noteFailure(.credential, from: holder.clientAddress) }
                holder.refuseAuthorization(refusal)
            }
        }
    }

    private func greet(_ hello: Hello, on connection: WebSocketConnection, holder: GatewayConnection) {
        self.renewLease()
        if let resume = hello.resume {
            self.open(resume.secret, of: resume.session) { [unowned self] secret in
                guard connection.end == nil else { return }
                if secret == nil { self.noteUnknownSecret(from: holder.clientAddress) }
                guard let secret, holder.authorization?.identity.map({ $0 == secret.identity }) ?? true else {
                    return self.begin(IdentityID(using: &self.random), hello, connection, holder, refused: .unknown)
                }
                self.resume(secret, resume, hello, connection, holder)
            }
        } else if let proof = hello.identity {
            self.open(proof.secret, of: proof.session) { [unowned self] secret in
                guard connection.end == nil else { return }
                if secret == nil { self.noteUnknownSecret(from: holder.clientAddress) }
                self.begin(self.identity(proven: secret), hello, connection, holder)
            }
        } else {
            self.begin(IdentityID(using: &self.random), hello, connection, holder)
        }
    }

    private func resume(
        _ secret: ResumeSecret,
        _ resume: Hello.Resume,
        _ hello: Hello,
        _ connection: WebSocketConnection,
        _ holder: GatewayConnection
    ) {
        guard let old = self.sessions[resume.session], old.life.isOver == false else {
            return self.resumeFromElsewhere(secret, resume, hello, connection, holder)
        }
        guard old.redeem(secret) else {
            return self.begin(IdentityID(using: &self.random), hello, connection, holder, refused: .outdated)
        }
        guard !self.isRevoked(old.id) else {
            return self.begin(secret.identity, hello, connection, holder, refused: .over)
        }
        guard let rooms = resume.rooms else {
            // The client has lost its memory: it is who it was, and begins anew.
            if holder.authorization == nil { holder.authorization = old.authorization?.authorization }
            self.end(old, .replaced)
            return self.begin(old.identity, hello, connection, holder)
        }
        guard old.isNewer(attempt: resume.attempt) else { return holder.refuseOutdatedAttempt() }
        self.resume(old, Returning(secret, resume, rooms, hello.abilities), hello, connection, holder)
    }

    /// Another device of somebody who is here already.
    private func identity(proven secret: ResumeSecret?) -> IdentityID {
        guard let secret, secret.expiresAt > self.now else { return IdentityID(using: &self.random) }
        // One that is too old to come back with proves nothing either, as far as this node can know.
        if let session = self.sessions[secret.session], !session.accepts(secret) {
            return IdentityID(using: &self.random)
        }
        return secret.identity
    }

    func begin(
        _ identity: IdentityID,
        _ hello: Hello,
        _ connection: WebSocketConnection,
        _ holder: GatewayConnection,
        refused: ResumeRefusal? = nil
    ) {
        // The session for whose sake no token was asked for is not to be had.
        guard holder.authorization != nil || !self.wantsTokens else {
            return holder.refuseAuthorization(.tokenRequired)
        }
        // Meanwhile: between the token's judgement and now rooms may have been read.
        guard !self.isRevoked(holder.authorization, identity) else {
            return holder.refuseAuthorization(.tokenRevoked)
        }
        let session = GatewaySession(
            id: SessionID(using: &self.random),
            // Whoever has shown a token is who that says.
            identity: holder.authorization?.identity ?? self.identity(saidIn: hello) ?? identity,
            abilities: hello.abilities,
            sharedLimits: self.sharedLimits,
            now: self.eventLoop.now.uptimeNanoseconds
        )
        session.authorization = holder.authorization.map { SessionAuthorization($0) }
        session.saidUser = self.wantsTokens ? nil : hello.user
        // The client has counted for another session; for this one it begins anew.
        session.attach(connection, holder: holder, attempt: 0)
        self.sessions[session.id] = session
        session.send(.welcome(self.welcome(session, resumed: false, refused: refused)), counters: &self.counters)
        // What it held is not this session's.
        for held in refused == nil ? [] : hello.resume?.rooms ?? [] { self.refuse(held, session) }
        holder.greeted(session, hello)
    }

    /// The next secret of a session: whoever reads it may come back with it.
    func makeSecret(of session: GatewaySession) -> String {
        session.secretNumber += 1
        return self.keys.sign(
            ResumeSecret(
                session: session.id,
                identity: session.identity,
                number: session.secretNumber,
                expiresAt: self.now.advanced(milliseconds: self.limits.resumeSecretMilliseconds)
            )
        )
    }

    // MARK: Losing the socket

    /// The socket is gone, or as good as gone; the session waits for another one.
    ///
    /// - Parameter isAway: it was silent for long, so that nothing is left to wait for before the others are told.
    func detach(_ session: GatewaySession, isAway: Bool) {
        session.lostAt = self.now
        session.detach()
        session.life.detach(now: self.eventLoop.now.uptimeNanoseconds)
        guard session.life.isOver == false else { return }
        if isAway, session.life.tellAtOnce() { self.reportOwn(session) { .interrupt(epoch: $0.epoch) } }
        // Still listed from an earlier loss, of which the sweep has not heard the end.
        guard session.isListedAsDetached == false else { return }
        if self.detachedSessions.count >= self.limits.sessionsMax {
            self.sweepSessions()
            if let oldest = self.detachedSessions.first(where: { !$0.life.isAttached }) {
                self.end(oldest, .disconnected)
            }
        }
        self.listAsDetached(session)
    }

    func listAsDetached(_ session: GatewaySession) {
        guard session.isListedAsDetached == false else { return }
        session.isListedAsDetached = true
        self.detachedSessions.append(session)
    }

    /// A few times a second: who is away is told to the others, and who stays away has left.
    func sweepSessions() {
        let now = self.eventLoop.now.uptimeNanoseconds
        guard !self.detachedSessions.isEmpty else { return }
        self.detachedSessions.removeAll { session in
            session.isListedAsDetached = !session.life.isAttached && !(session.life.isOver && session.seats.isEmpty)
            return !session.isListedAsDetached
        }
        for session in self.detachedSessions {
            switch session.life.tick(now: now) {
            case .none: self.repeatReport(session)
            case .interrupt: self.reportOwn(session) { .interrupt(epoch: $0.epoch) }
            case .expire:
                self.sessions[session.id] = nil
                self.reportOwn(session) { .expire(epoch: $0.epoch) }
            }
        }
    }

    /// A report that spoke of an epoch which was over by the time that it was judged has changed nothing, though the
    /// connection is lost all the same: as long as the room does not show it, it is said again.
    private func repeatReport(_ session: GatewaySession) {
        guard session.life.isOver || session.life.isInterrupted else { return }
        for seat in session.seats where seat.isInRoom && seat.reports == 0 {
            guard let connection = seat.host.room.connection(of: seat.id) else { continue }
            // The usual case comes first: thousands may be away.
            guard session.life.isOver || connection == .connected, self.speaks(for: seat) else { continue }
            if session.life.isOver {
                self.report(seat, .disconnect(session.leaveReason, epoch: seat.epoch))
            } else {
                self.report(seat, .interrupt(epoch: seat.epoch))
            }
        }
    }

    /// A page was closed: nobody can come back to these rooms, but perhaps the same identity to others.
    func leaveRooms(_ session: GatewaySession) {
        self.report(session) { .disconnect(.left, epoch: $0.epoch) }
        self.detach(session, isAway: false)
    }

    /// The session is over at once, and its people have left.
    func end(_ session: GatewaySession, _ reason: RoomEvent.LeaveReason) {
        guard self.sessions.removeValue(forKey: session.id) != nil else { return }
        session.life.end()
        session.leaveReason = reason
        session.holder?.supersede()
        session.detach()
        self.report(session) { .disconnect(reason, epoch: $0.epoch) }
        if !session.seats.isEmpty { self.listAsDetached(session) }
    }

    /// One of its participants is at home on another node now. What is left of the session here, if the client has
    /// forgotten a room, ends by its grace.
    func moved(_ seat: Seat, to attachment: RoomEvent.Attachment) {
        let session = seat.session
        if session.connection != nil, attachment.attempt > 0, session.attempt > attachment.attempt {
            // It has come back here since: the other node has heard of an earlier connection.
            return self.attach(seat) { _ in }
        }
        // The room is about to judge whether a connection that is not welcomed yet is a later one.
        if session.isExpected, seat.reports > 0 { return }
        self.letGo(seat)
    }

    func letGo(_ seat: Seat) {
        let session = seat.session
        seat.host.release(seat)
        session.holder?.supersede()
        if session.connection != nil || session.seats.isEmpty == false {
            session.detach()
            session.life.moveAway(now: self.eventLoop.now.uptimeNanoseconds)
        }
        // A connection that is about to have it takes its seats anew.
        guard !session.isExpected else { return }
        if session.seats.isEmpty {
            session.life.end()
            self.sessions[session.id] = nil
        } else {
            self.listAsDetached(session)
        }
    }

    // MARK: Reports

    /// Of a connection only the node speaks that the log knows it to be at. What this one holds of somebody who has
    /// moved while another connection was expected here says nothing of them any more.
    private func speaks(for seat: Seat) -> Bool {
        seat.host.room.membership(seat.id).map { $0.node == self.node } ?? true
    }

    private func reportOwn(_ session: GatewaySession, _ action: (Seat) -> RoomCommand.Action) {
        for seat in session.seats where seat.phase != .gone && self.speaks(for: seat) {
            self.report(seat, action(seat))
        }
    }

    /// The same about each of its participants.
    func report(_ session: GatewaySession, _ action: (Seat) -> RoomCommand.Action) {
        for seat in session.seats where seat.phase != .gone { self.report(seat, action(seat)) }
    }

    /// What the server says of a participant, by itself.
    func report(_ seat: Seat, _ action: RoomCommand.Action, _ then: ((Outcome) -> Void)? = nil) {
        seat.reports += 1
        let command = RoomCommand(participant: seat.id, number: nil, at: self.now, action: action)
        seat.host.submit(command, seat: nil) { outcome in
            seat.reports -= 1
            then?(outcome)
        }
    }

    /// The participant has another connection, and it is on this node.
    func attach(_ seat: Seat, _ then: @escaping (Outcome) -> Void) {
        let session = seat.session
        let attach = RoomCommand.Attach(node: self.node, attempt: session.attempt, secret: session.presentedNumber)
        self.report(seat, .attach(attach), then)
    }

    /// The connection that it has is taken for lost, or for another node's. Whoever has attached since that epoch is
    /// right.
    func attach(_ seat: Seat, since epoch: UInt64) {
        self.report(seat, .attach(.init(node: self.node, attempt: seat.session.attempt, epoch: epoch)))
    }

    /// A join came through whose session has had its fate meanwhile: it was meant for this participant, too.
    func settle(_ seat: Seat) {
        let life = seat.session.life
        if life.isOver {
            self.report(seat, .disconnect(seat.session.leaveReason, epoch: seat.epoch))
            self.listAsDetached(seat.session)
        } else if life.isInterrupted {
            self.report(seat, .interrupt(epoch: seat.epoch))
        }
    }
}
