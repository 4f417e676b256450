import NIOCore
import ParleyEngine
import ParleyProtocol
import ParleyRooms
import ParleyTransport

/// The life of sessions: begun by `hello`, kept over the loss of a socket, ended by goodbye, by fault, or by time.
extension Gateway {
    // MARK: Beginning

    func hello(_ hello: Hello, on connection: WebSocketConnection, holder: GatewayConnection) -> GatewaySession {
        guard let resume = hello.resume, let old = self.sessions[resume.session],
            old.redeem(resume.secret, next: self.makeSecret())
        else {
            let identity = IdentityID(using: &self.random)
            return self.begin(identity, hello.abilities, connection, holder)
        }
        guard let rooms = resume.rooms, old.life.isOver == false else {
            // The client has lost its memory: it is who it was, and begins anew.
            self.end(old, .replaced)
            return self.begin(old.identity, hello.abilities, connection, holder)
        }
        self.resume(old, rooms: rooms, received: resume.received, connection, holder)
        return old
    }

    private func begin(
        _ identity: IdentityID,
        _ abilities: Abilities,
        _ connection: WebSocketConnection,
        _ holder: GatewayConnection
    ) -> GatewaySession {
        let session = GatewaySession(
            id: SessionID(using: &self.random),
            identity: identity,
            abilities: abilities,
            secret: self.makeSecret(),
            limits: self.limits
        )
        session.attach(connection, holder: holder)
        self.sessions[session.id] = session
        session.send(.welcome(self.welcome(session, resumed: false)), counters: &self.counters)
        return session
    }

    private func makeSecret() -> String {
        String(IdentityID(using: &self.random).description.dropFirst(2))
    }

    // MARK: Losing the socket

    /// The socket is gone, or as good as gone; the session waits for another one.
    ///
    /// - Parameter isAway: it was silent for long, so that nothing is left to wait for before the others are told.
    func detach(_ session: GatewaySession, isAway: Bool) {
        session.detach()
        session.life.detach(now: self.eventLoop.now.uptimeNanoseconds)
        guard session.life.isOver == false else { return }
        if isAway, session.life.tellAtOnce() { self.command(session) { .interrupt(epoch: $0.epoch) } }
        // Still listed from an earlier loss, of which the sweep has not heard the end.
        guard session.isListedAsDetached == false else { return }
        if self.detachedSessions.count >= self.limits.sessionsMax {
            self.sweepSessions()
            if let oldest = self.detachedSessions.first(where: { !$0.life.isAttached }) {
                self.end(oldest, .disconnected)
            }
        }
        session.isListedAsDetached = true
        self.detachedSessions.append(session)
    }

    /// A few times a second: who is away is told to the others, and who stays away has left.
    func sweepSessions() {
        let now = self.eventLoop.now.uptimeNanoseconds
        guard !self.detachedSessions.isEmpty else { return }
        self.detachedSessions.removeAll { session in
            session.isListedAsDetached = !session.life.isAttached && !session.life.isOver
            return !session.isListedAsDetached
        }
        for session in self.detachedSessions {
            switch session.life.tick(now: now) {
            case .none: break
            case .interrupt: self.command(session) { .interrupt(epoch: $0.epoch) }
            case .expire:
                self.sessions[session.id] = nil
                self.command(session) { .expire(epoch: $0.epoch) }
            }
        }
    }

    /// A page was closed: nobody can come back to these rooms, but perhaps the same identity to others.
    func leaveRooms(_ session: GatewaySession) {
        self.command(session) { _ in .disconnect(.left) }
        self.detach(session, isAway: false)
    }

    /// The session is over at once, and its people have left.
    func end(_ session: GatewaySession, _ reason: RoomEvent.LeaveReason) {
        guard self.sessions.removeValue(forKey: session.id) != nil else { return }
        session.life.end()
        session.holder?.supersede()
        session.detach()
        self.command(session) { _ in .disconnect(reason) }
    }

    /// The same command for each of its participants, from the server.
    private func command(_ session: GatewaySession, _ action: (Seat) -> RoomCommand.Action) {
        for seat in session.seats where seat.phase != .gone {
            let command = RoomCommand(participant: seat.id, number: nil, at: self.now, action: action(seat))
            seat.host.submit(command, seat: nil)
        }
    }

    /// A join came through whose session has had its fate meanwhile: it was meant for this participant, too.
    func settle(_ seat: Seat) {
        let life = seat.session.life
        if life.isOver {
            self.command(seat, .disconnect(.disconnected))
        } else if life.isInterrupted {
            self.command(seat, .interrupt(epoch: seat.epoch))
        }
    }

    private func command(_ seat: Seat, _ action: RoomCommand.Action) {
        seat.host.submit(
            RoomCommand(participant: seat.id, number: nil, at: self.now, action: action),
            seat: nil
        )
    }

    // MARK: Coming back

    private func resume(
        _ session: GatewaySession,
        rooms: [Hello.Resume.HeldRoom],
        received: [Watermark],
        _ connection: WebSocketConnection,
        _ holder: GatewayConnection
    ) {
        session.holder?.supersede()
        let attachment = session.life.attach()
        assert(attachment != .refused, "a session that is over is not resumed")
        session.attach(connection, holder: holder)
        self.counters.sessionsResumed += 1
        session.send(.welcome(self.welcome(session, resumed: true)), counters: &self.counters)
        let present = session.seats.filter { $0.phase == .present }.sorted { $0.host.id < $1.host.id }
        for seat in present {
            let mentioned = rooms.first { $0.room == seat.host.id }
            seat.host.replay(to: seat, after: mentioned?.at, isKnown: mentioned != nil)
        }
        for held in rooms where session.seat(in: held.room) == nil {
            var rejection = Rejection(.notJoined, of: "resume")
            rejection.room = held.room.description
            session.reject(rejection, counters: &self.counters)
        }
        self.acknowledge(ClientBeat(acknowledged: received), from: session)
        for seat in present { self.replayMail(to: seat) }
        self.repeatDelivered(to: session)
        if attachment == .visible { self.command(session) { .resume(epoch: $0.epoch) } }
    }

    /// What waits in the mailbox goes first; what comes meanwhile is held, so that the order per sender stands.
    private func replayMail(to seat: Seat) {
        seat.held = []
        // What was relayed in this tick is read as well.
        self.sendMailNow()
        let mailbox = MailboxID(room: seat.host.id, recipient: seat.id)
        let connection = seat.session.connection
        self.engine.read(mailbox, on: self.eventLoop).assumeIsolated().whenComplete { result in
            // Another socket has come meanwhile: it reads for itself.
            guard let connection, seat.session.connection === connection else { return }
            let held = seat.held ?? []
            seat.held = nil
            if case .success(let signals) = result {
                for signal in signals { self.send(signal.bytes, to: connection) }
            } else {
                // Nothing after it may be told, or it would seem to be all: the client comes again.
                seat.session.holder?.giveUp()
                return
            }
            for bytes in held { self.send(bytes, to: connection) }
        }
    }

    private func send(_ bytes: ByteBuffer, to connection: WebSocketConnection) {
        self.counters.bytesSent += bytes.readableBytes
        bytes.withUnsafeReadableBytes { connection.sendText($0) }
    }

    /// The beats that told it may be lost with the old socket.
    private func repeatDelivered(to session: GatewaySession) {
        for seat in session.seats {
            for route in seat.routes.values {
                let n = route.peer.inbox.delivered(from: seat.id)
                if n > 0 { self.note(delivered: n, to: route.peer.id, for: session) }
            }
        }
    }
}
