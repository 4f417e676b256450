import NIOCore
import ParleyProtocol
import ParleyRooms
import ParleyTransport

/// Commands on their way to their room, and refusals on their way back.
extension Gateway {
    func welcome(_ session: GatewaySession, resumed: Bool, refused: ResumeRefusal? = nil) -> Welcome {
        // Whoever comes back is in their rooms already.
        let servers = self.lendServers(to: session)
        var welcome = Welcome(
            session: session.id,
            identity: session.identity,
            resumed: resumed,
            resumeRefused: refused,
            resumeSecret: self.makeSecret(of: session),
            limits: self.limits,
            features: Self.features + (self.wantsTokens ? ["authenticate"] : []),
            iceServers: servers.iceServers,
            iceServersExpireAt: servers.expireAt,
            time: self.now
        )
        welcome.endpoints = self.endpoints
        return welcome
    }

    private static let features = [
        "rooms", "signals", "pulses", "media", "resume", "resync", "goaway", "network-changed", "restarter", "hash",
        "chat", "breakouts", "roster", "queues", "presence", "calls",
    ]

    // MARK: Join

    func join(_ join: JoinCommand, session: GatewaySession) {
        if let seat = session.seat(joinedAs: join) {
            return self.rejoin(join, seat)
        }
        guard join.id == 1 else {
            return self.refuse(.commandGap, join, expected: 1, session)
        }
        guard !self.isDegraded else { return self.refuse(.engineUnavailable, join, session) }
        guard session.seats.count + session.joinsUnderWay < self.limits.roomsPerSessionMax else {
            return self.refuse(.tooManyRooms, join, session)
        }
        if join.call?.request != nil, let wait = self.mayRing(session.identity) {
            return self.refuse(.rateLimited, join, retryAfterMilliseconds: wait, session)
        }
        session.joinsUnderWay += 1
        let due = self.eventLoop.now + .milliseconds(Int64(self.limits.unknownRoomMilliseconds))
        self.findPass(of: join, session) { [unowned self] result in
            switch result {
            case .success(let pass): self.join(join, pass, due, session: session)
            case .failure(let code):
                session.joinsUnderWay -= 1
                self.refuse(code, join, session)
            }
        }
    }

    /// - Parameter due: when it is said that there is no such room.
    private func join(_ join: JoinCommand, _ pass: RoomCommand.Pass?, _ due: NIODeadline, session: GatewaySession) {
        self.find(join, pass, session) { [unowned self] result in
            session.joinsUnderWay -= 1
            switch result {
            case .success(let host): self.join(join, pass, due, host: host, session: session)
            case .failure(let code): self.refuse(code, join, at: due, session)
            }
        }
    }

    private func join(
        _ join: JoinCommand,
        _ pass: RoomCommand.Pass?,
        _ due: NIODeadline,
        host: RoomHost,
        session: GatewaySession
    ) {
        // Gone while its room was being looked for: nobody is there to join.
        guard session.life.isOver == false else { return host.endIfUnused() }
        // By id after by alias, before the first one was answered.
        if let seat = session.seat(in: host.id) { return self.rejoin(join, seat) }
        guard self.directory.enter(host, session.identity) else {
            self.refuse(.tooManyRooms, join, session)
            return host.endIfUnused()
        }
        let address = session.holder?.clientAddress
        let isGuess = join.pin != nil || join.queue?.code != nil
        if isGuess,
            let pause = self.mayTry(.pin, from: address) ?? host.guesses.begin(session.identity, at: self.now)
        {
            self.refuse(.rateLimited, join, retryAfterMilliseconds: pause, session)
            return host.endIfUnused()
        }
        let seat = Seat(
            id: ParticipantID(using: &self.random),
            join: join,
            session: session,
            host: host,
            limits: self.limits
        )
        seat.unknownRoomAt = due
        session.add(seat)
        let accepted = seat.commands.receive(join.id)
        assert(accepted == .accept, "a seat begins with its join")
        host.submit(
            RoomCommand(
                participant: seat.id,
                number: join.id,
                at: self.now,
                action: .join(self.wish(join, pass, of: session, in: host.id))
            ),
            seat: seat
        ) { [unowned self] outcome in
            guard isGuess else { return }
            if outcome == .rejected(.wrongPIN) || outcome == .rejected(.wrongCode) {
                host.guesses.failed(session.identity, at: self.now)
                self.noteFailure(.pin, from: address)
            } else {
                host.guesses.succeeded(session.identity)
            }
        }
    }

    /// What a join asks of its room: secrets as the room keeps them.
    private func wish(
        _ join: JoinCommand,
        _ pass: RoomCommand.Pass?,
        of session: GatewaySession,
        in room: RoomID
    ) -> RoomCommand.Join {
        var wish = RoomCommand.Join(
            session: session.id,
            node: self.node,
            attempt: session.attempt,
            identity: session.identity,
            name: session.authorization?.authorization.name ?? join.name,
            abilities: session.abilities,
            devices: join.devices ?? self.configuration.devices,
            media: join.media,
            pass: pass
        )
        wish.settings = join.settings.map { self.settled($0, in: room) } ?? RoomSettings()
        wish.pin = join.pin.map { Digest.of($0, in: room) }
        wish.invitation = join.invitation.map { Digest.of($0, in: room) }
        wish.role = join.role
        wish.grant = session.grant
        wish.token = session.authorization?.authorization.token
        wish.assertion = join.assertion
        wish.kind = join.kind
        wish.call = self.prepared(join.call, kind: join.kind, of: session)
        wish.queue = join.queue.map { asked in
            var asked = asked
            // Where there are tokens nobody says of themselves that they go first.
            if let grant = session.grant { asked.priority = min(asked.priority, grant.priority) }
            return .init(wish: asked, room: RoomID(using: &self.random), seed: self.random.next())
        }
        return wish
    }

    /// Settings as a room keeps them: without secrets, and with the operator's numbers where they go back to the usual.
    func settled(_ settings: RoomSettings, in room: RoomID) -> RoomSettings {
        settings.sealed { Digest.of($0, in: room) }.returning(to: self.limits.operatorsNumbers)
    }

    /// What a command asks of its room: secrets as the room keeps them, and a new one for an invitation.
    private func sealed(_ action: RoomCommand.Action, _ id: UInt64, _ seat: Seat) -> RoomCommand.Action {
        let room = seat.host.id
        switch action {
        case .meeting(.lifecycle(.configure(let settings))):
            return .meeting(.lifecycle(.configure(self.settled(settings, in: room))))
        case .meeting(.admission(.invite(var invite))):
            let secret = InvitationSecret(using: &self.random)
            seat.secrets[id] = secret
            invite.digest = Digest.of(secret.text, in: room)
            return .meeting(.admission(.invite(invite)))
        case .join, .create, .leave, .media, .meeting, .skip, .disconnect, .interrupt, .attach, .expire, .deadline,
            .call:
            return action
        }
    }

    /// The same join again is a repetition; another number is a second join.
    private func rejoin(_ join: JoinCommand, _ seat: Seat) {
        guard join.id != seat.joinID else { return }
        self.refuse(.alreadyJoined, join, seat.session)
    }

    /// Whoever asks for a room learns nothing of it by when the answer comes; nor of what rings there.
    func refuse(_ code: RejectionCode, _ join: JoinCommand, at due: NIODeadline, _ session: GatewaySession) {
        let isOver = code == .unknownRoom || code == .roomEnded
        let code = isOver && join.call?.ring != nil ? .ringOver : code
        guard code == .unknownRoom || code == .ringOver, self.eventLoop.now < due else {
            return self.refuse(code, join, session)
        }
        self.eventLoop.assumeIsolated().scheduleTask(deadline: due) { self.refuse(code, join, session) }
    }

    func refuse(
        _ code: RejectionCode,
        _ join: JoinCommand,
        expected: UInt64? = nil,
        retryAfterMilliseconds: UInt64? = nil,
        _ session: GatewaySession
    ) {
        var rejection = Rejection(code, of: "join")
        rejection.id = join.id
        rejection.room = join.room.text
        rejection.expected = expected
        rejection.retryAfterMilliseconds =
            retryAfterMilliseconds ?? (code == .engineUnavailable ? self.engineWait() : nil)
        session.reject(rejection, counters: &self.counters)
    }

    // MARK: Other commands

    func command(
        _ id: UInt64,
        room: RoomID,
        _ action: RoomCommand.Action,
        of type: String,
        member: String? = nil,
        code: HangupCode? = nil,
        session: GatewaySession
    ) {
        var rejection = Rejection(.notJoined, of: type)
        rejection.id = id
        rejection.room = room.description
        guard let seat = session.seat(in: room) else {
            return session.reject(rejection, counters: &self.counters)
        }
        guard !self.isDegraded else {
            rejection.code = .engineUnavailable
            rejection.retryAfterMilliseconds = self.engineWait()
            return session.reject(rejection, counters: &self.counters)
        }
        if let wait = seat.host.wait(for: action, now: self.eventLoop.now.uptimeNanoseconds) {
            rejection.code = .busy
            rejection.retryAfterMilliseconds = wait
            return session.reject(rejection, counters: &self.counters)
        }
        let isForgetful = !self.configuration.mechanisms.contains(.commandDeduplication)
        switch seat.commands.receive(id) {
        case .accept,
            .pending where isForgetful, .duplicate where isForgetful:
            var command = RoomCommand(
                participant: seat.id,
                number: id,
                rejectedSince: seat.commands.rejectedSince,
                at: self.now,
                action: self.sealed(action, id, seat)
            )
            command.code = code
            if let member { seat.faults[id] = member }
            seat.host.submit(command, seat: seat)
        case .pending:
            // Its outcome is on its way.
            break
        case .duplicate(nil):
            // Its event was in the stream that this client reads. Or the log knows better: a later command's entry was
            // heard of before the outcome of this one.
            guard let membership = seat.host.room.membership(seat.id) else { break }
            if let refusal = membership.rejected.last(where: { $0.number == id }) {
                rejection.code = refusal.code
            } else if membership.lastCommand < id, seat.commands.remembersAllRefusals {
                // Neither: the engine has forgotten what had been heard of, and it has to be said again.
                seat.commands = CommandSequence(resuming: membership)
                rejection.code = .commandGap
                rejection.expected = seat.commands.next
            } else {
                break
            }
            session.reject(rejection, counters: &self.counters)
        case .duplicate(let code?):
            rejection.code = code
            rejection.member = member
            session.reject(rejection, counters: &self.counters)
        case .gap(let expected):
            rejection.code = .commandGap
            rejection.expected = expected
            session.reject(rejection, counters: &self.counters)
        }
    }

    /// A command that says what no room would take. Like any other that is refused it is refused in its turn and has
    /// used up its number, which another reading of the same frame would find wrong as well.
    ///
    /// - Returns: whether it was such a one.
    func refuse(_ rejection: Rejection, session: GatewaySession) -> Bool {
        guard rejection.code.usesUpNumber, let type = rejection.of, let id = rejection.id,
            let room = rejection.room.flatMap({ RoomID($0) })
        else { return false }
        let action = RoomCommand.Action.skip(rejection.code, type: type)
        self.command(id, room: room, action, of: type, member: rejection.member, session: session)
        return true
    }

    // MARK: Refusing what is relayed

    func refuse(
        _ code: RejectionCode,
        member: String? = nil,
        expected: UInt64? = nil,
        retryAfterMilliseconds: UInt64? = nil,
        _ envelope: Envelope,
        _ frame: UnsafeRawBufferPointer,
        _ session: GatewaySession
    ) {
        var rejection = envelope.rejection(code, member: member, in: frame)
        rejection.expected = expected
        rejection.retryAfterMilliseconds = retryAfterMilliseconds
        session.reject(rejection, counters: &self.counters)
    }

    // MARK: Pulses

    /// Said and forgotten: whoever cannot take it at once does without.
    func relayPulse(_ envelope: Envelope, _ frame: UnsafeRawBufferPointer, from session: GatewaySession) {
        guard let room = envelope.roomID, let seat = session.seat(in: room), seat.phase == .present else {
            return self.refuse(.notJoined, envelope, frame, session)
        }
        if envelope.isPulse("reaction", in: frame), !seat.host.room.permits(seat.id, .react) {
            return self.refuse(.notPermitted, envelope, frame, session)
        }
        guard let pulse = PulseFrame(envelope, in: frame, room: room, from: seat.id) else {
            return self.refuse(.invalidKind, envelope, frame, session)
        }
        if envelope.to != nil {
            guard let recipient = envelope.recipient, recipient != seat.id,
                seat.host.room.participant(recipient) != nil
            else { return self.refuse(.unknownRecipient, envelope, frame, session) }
            guard let peer = self.participants[recipient] else {
                return seat.host.publish(pulse, to: recipient, from: seat)
            }
            guard let connection = peer.session.connection, connection.isWritable else { return }
            self.counters.pulsesRelayed += 1
            connection.sendText(length: pulse.byteCount) { pulse.write(to: $0) }
        } else {
            seat.host.broadcast(pulse, except: seat)
            guard let kind = envelope.pulseKind, kind.bytes(in: frame).elementsEqual(RoomHost.speaking),
                let data = envelope.payload
            else { return }
            seat.host.hear(seat.id, speaking: data.bytes(in: frame))
        }
    }
}

extension RoomReference {
    /// As the client wrote it; `nil` for a room without a name.
    fileprivate var text: String? {
        switch self {
        case .id(let id): id.description
        case .alias(let alias): alias.text
        case .new: nil
        }
    }
}

extension ICEServer {
    var json: JSONValue {
        var object: JSONObject = ["urls": .array(self.urls.map { .string($0) })]
        if let username = self.username { object.append("username", .string(username)) }
        if let credential = self.credential { object.append("credential", .string(credential)) }
        return .object(object)
    }
}
