import NIOCore
import ParleyEngine
import ParleyProtocol
import ParleyRooms

/// The gateway's side of calls: who is meant, how often somebody may ring, and who is in which call.
extension Gateway {
    // MARK: Ringing

    /// - Returns: for how long that person may not ring; `nil`: they may, and it is counted.
    func mayRing(_ identity: IdentityID) -> UInt64? {
        let now = self.eventLoop.now.uptimeNanoseconds
        let pause = max(1, self.limits.ringPauseMilliseconds)
        var rate =
            self.ringRates[identity]
            ?? RingRate(pauseMilliseconds: UInt64(pause), burst: UInt64(max(1, self.limits.ringBurst)))
        let wait = rate.take(now: now / 1_000_000)
        self.ringRates.set(identity, rate)
        return wait
    }

    /// What a join says of calls, with what only the server knows.
    func prepared(_ call: CallJoin?, kind: RoomKind?, of session: GatewaySession) -> CallJoin? {
        guard call != nil || kind == .line else { return nil }
        var call = call ?? CallJoin()
        call.request = call.request.map { self.found($0, for: session) }
        call.user = session.user
        call.issuer = session.authorization?.authorization.issuer
        call.organisation = session.grant?.organisation
        return call
    }

    func prepared(_ action: RingAction, in room: RoomID, _ session: GatewaySession) -> RingAction {
        switch action {
        case .ring(let request): return .ring(self.found(request, for: session))
        case .transfer(let request): return .transfer(self.found(request, for: session))
        case .merge(var merge):
            guard let seat = session.seat(in: room) else { return action }
            for other in seat.host.room.participants where other.id != seat.id {
                let ticket = TransferTicket(
                    room: merge.into,
                    identity: other.identity,
                    number: self.random.next(),
                    isExpected: true,
                    expiresAt: self.now.advanced(milliseconds: self.limits.ticketMilliseconds)
                )
                merge.tickets[other.id] = self.keys.sign(ticket)
            }
            return .merge(merge)
        case .cancel, .hold: return action
        }
    }

    func prepared(_ action: LineAction, _ session: GatewaySession) -> LineAction {
        guard case .block(let callee, let isBlocked) = action else { return action }
        return .block(self.found(callee, for: session), isBlocked)
    }

    func meeting(_ meeting: MeetingCommand, session: GatewaySession) {
        let type = meeting.action.type
        if let refused = meeting.refused {
            let action = RoomCommand.Action.skip(refused, type: type)
            return self.command(meeting.id, room: meeting.room, action, of: type, session: session)
        }
        self.prepare(meeting.action, in: meeting.room, session) { [unowned self] refusal in
            if let (code, wait) = refusal {
                var rejection = Rejection(code, of: type)
                rejection.id = meeting.id
                rejection.room = meeting.room.description
                rejection.retryAfterMilliseconds = wait
                return session.reject(rejection, counters: &self.counters)
            }
            let action = RoomCommand.Action.meeting(self.prepared(meeting.action, in: meeting.room, session))
            self.command(meeting.id, room: meeting.room, action, of: type, session: session)
        }
    }

    /// What has to be so before a command about calls is sent to its room.
    ///
    /// - Parameter then: called with the code of a refusal that uses up no number, and how long to wait; or with none.
    func prepare(
        _ action: MeetingAction,
        in room: RoomID,
        _ session: GatewaySession,
        _ then: @escaping (_ refusal: (RejectionCode, UInt64?)?) -> Void
    ) {
        switch action {
        case .ring(.ring), .ring(.transfer):
            then(self.mayRing(session.identity).map { (.rateLimited, $0) })
        case .ring(.merge(let merge)):
            guard let there = session.seat(in: merge.into), there.phase == .present, merge.into != room,
                let seat = session.seat(in: room)
            else { return then(nil) }
            let others = seat.host.room.participants.filter { $0.id != seat.id }.map(\.identity)
            let until = self.now.advanced(milliseconds: self.limits.awaitedMilliseconds)
            let step = CallStep.await(others, until: until, leaving: merge.leave ? there.id : nil)
            there.host.submit(RoomCommand(step, at: self.now), seat: nil) { _ in then(nil) }
        default: then(nil)
        }
    }

    // MARK: Who is in which call

    /// Somebody has come to a room, or has gone; told when this step is done.
    func followCalls(_ session: GatewaySession) {
        guard session.isOnline else { return }
        self.eventLoop.assumeIsolated().execute { self.tellCalls(of: session) }
    }

    /// The line shows in which calls this device is. As long as that is not so it is said again.
    func tellCalls(of session: GatewaySession) {
        for seat in session.seats where seat.phase == .present && seat.reports == 0 {
            guard let line = seat.host.room.line else { continue }
            let shown = Set(line.calls.filter { $0.value[seat.id] != nil }.keys)
            let real = Set(
                session.seats.filter { $0.phase == .present && $0.host.room.isConversation }.map(\.host.id)
            )
            for call in shown.symmetricDifference(real).sorted() {
                seat.reports += 1
                let step = CallStep.occupy(seat.id, call, real.contains(call))
                seat.host.submit(RoomCommand(step, at: self.now), seat: nil) { [unowned self] outcome in
                    seat.reports -= 1
                    guard case .rejected = outcome, outcome != .rejected(.noChange) else { return }
                    self.eventLoop.assumeIsolated().scheduleTask(in: .seconds(1)) { self.tellCalls(of: session) }
                }
            }
        }
    }

    /// After each entry of a room, and when its replica is another one.
    func callsChanged(in host: RoomHost) {
        self.rings.changed(host)
        let room = host.room
        if let line = room.line {
            self.presence.changed(host, of: line.owner)
            self.lines.changed(host)
            for seat in host.present { self.followCalls(seat.session) }
        } else if room.kind == .call || room.isAnswered {
            for seat in host.present { self.followCalls(seat.session) }
        }
    }

    /// Of what this node has written.
    func countCalls(in delivery: RoomDelivery) {
        guard delivery.room.line == nil, delivery.entry.author == self.node else { return }
        for event in delivery.entry.events {
            guard case .meeting(.ring(let fact)) = event.fact else { continue }
            switch fact {
            case .started: self.counters.ringsStarted += 1
            case .ended(_, let end): self.counters.ringsEnded[end, default: 0] += 1
            case .changed, .answered, .held, .unheld, .transferFailed, .becameMeeting, .awaited: break
            }
        }
    }

    /// Whether a room is of use here though nobody of it may be.
    func needs(_ host: RoomHost) -> Bool {
        self.rings.needs(host) || host.room.line.map { self.presence.needs($0.owner) } ?? false
    }

    // MARK: Tickets

    /// By which a device of somebody who is rung may come, once, as long as it rings; and stay for a while.
    func makeTicket(
        for person: WakeWebhook.Call.Person,
        room: RoomID,
        until: Instant,
        _ then: @escaping (String?) -> Void
    ) {
        var grant = Grant()
        grant.rooms = [room.description]
        var authorization = Authorization(
            identity: person.identity,
            name: nil,
            grant: grant,
            expiresAt: until.advanced(milliseconds: self.limits.ticketMilliseconds),
            token: nil
        )
        authorization.subject = person.user
        authorization.issuer = person.issuer
        let text = StandingTicket.makeSecret(using: &self.random)
        let ticket = ConnectTicket(authorization, expiresAt: until)
        let entry = LogEntry(after: .start, uid: self.makeEntryUID(), author: self.node, payload: ticket.payload)
        self.engine.append(
            entry,
            to: ConnectTicket.log(of: text),
            retention: .milliseconds(max(1, until.milliseconds - self.now.milliseconds)),
            in: self.engine.incarnation,
            on: self.eventLoop
        ).assumeIsolated().whenComplete { result in
            guard case .success(.appended) = result else { return then(nil) }
            self.counters.ticketsMade += 1
            then(text)
        }
    }
}

extension GatewaySession {
    /// Whether it is a device of its person's line.
    var isOnline: Bool { self.seats.contains { $0.host.room.line != nil } }
}

/// How often somebody may ring. Monotonic milliseconds.
struct RingRate {
    private let pauseMilliseconds: UInt64
    private let burst: UInt64
    /// When all that was spent is there again.
    private var fullAt: UInt64 = 0

    init(pauseMilliseconds: UInt64, burst: UInt64) {
        self.pauseMilliseconds = pauseMilliseconds
        self.burst = burst
    }

    /// - Returns: how long to wait; `nil`: it is taken.
    mutating func take(now: UInt64) -> UInt64? {
        let full = max(self.fullAt, now) + self.pauseMilliseconds
        let latest = now + self.burst * self.pauseMilliseconds
        guard full <= latest else { return full - latest }
        self.fullAt = full
        return nil
    }
}
