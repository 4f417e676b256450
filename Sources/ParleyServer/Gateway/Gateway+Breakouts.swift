import NIOCore
import ParleyEngine
import ParleyProtocol
import ParleyRooms

/// Small rooms beside a room, and people who are sent to another room.
///
/// A small room has a log of its own, and its log cannot ask the main room's. But whoever may go there is in the main
/// room, by the same session and therefore on this node: the gateway looks there, and says in the join what it has
/// seen (``RoomCommand/Pass``). What changes later, the sweep notices: who should not be there any more is taken out.
extension Gateway {
    // MARK: Coming in

    /// What the gateway knows of a join that the room does not; answered at once, unless there is a ticket.
    func findPass(
        of join: JoinCommand,
        _ session: GatewaySession,
        _ then: @escaping (Result<RoomCommand.Pass?, RejectionCode>) -> Void
    ) {
        guard case .id(let room) = join.room else {
            return then(join.ticket == nil ? .success(nil) : .failure(.invalidTicket))
        }
        for seat in session.seats where seat.phase == .present || seat.phase == .waiting {
            let main = seat.host.room
            if let (destination, pass) = main.queuePass(of: seat.id), destination == room {
                return then(.success(.queue(pass)))
            }
            guard let breakout = main.breakout(room), let participant = main.participant(seat.id) else { continue }
            guard main.mayEnter(room, seat.id) else { return then(.failure(.notPermitted)) }
            let pass = RoomCommand.BreakoutPass(
                parent: main.id,
                name: breakout.name,
                role: participant.role,
                endsAt: main.breakoutsEndAt
            )
            return then(.success(.breakout(pass)))
        }
        guard let text = join.ticket else { return then(.success(nil)) }
        guard let ticket = self.keys.openTicket(text), ticket.room == room, ticket.identity == session.identity,
            ticket.expiresAt > self.now
        else { return then(.failure(.invalidTicket)) }
        self.redeem(ticket, session) { code in
            then(code.map { .failure($0) } ?? .success(.ticket(isExpected: ticket.isExpected)))
        }
    }

    /// Whatever must happen once is a log whose first append wins; the same session may try again.
    private func redeem(
        _ ticket: TransferTicket,
        _ session: GatewaySession,
        _ then: @escaping (RejectionCode?) -> Void
    ) {
        let payload = ByteBuffer(string: session.id.description)
        let entry = LogEntry(after: .start, uid: self.makeEntryUID(), author: self.node, payload: payload)
        let log = LogID(.ticket, "\(ticket.number)")
        self.engine.append(
            entry,
            to: log,
            retention: .milliseconds(Int64(self.limits.ticketMilliseconds)),
            in: self.engine.incarnation,
            on: self.eventLoop
        ).assumeIsolated().whenComplete { result in
            switch result {
            case .success(.appended): then(nil)
            case .success(.conflict(let conflict)):
                then(conflict.tail?.first?.payload == payload ? nil : .invalidTicket)
            // Sent again it has the same outcome.
            case .success(.engineChanged), .failure: then(.engineUnavailable)
            }
        }
    }

    // MARK: Commands

    /// With what only the server can make: ids of small rooms, and tickets.
    func prepared(_ action: MeetingAction, in room: RoomID, _ session: GatewaySession) -> MeetingAction {
        switch action {
        case .ring(let ring): return .ring(self.prepared(ring, in: room, session))
        case .line(let line): return .line(self.prepared(line, session))
        default: break
        }
        guard case .breakout(let breakout) = action else { return action }
        switch breakout {
        case .open(var plan):
            for index in plan.rooms.indices { plan.rooms[index].id = RoomID(using: &self.random) }
            return .breakout(.open(plan))
        case .transfer(var transfer):
            guard let seat = session.seat(in: room),
                let participant = seat.host.room.participant(transfer.participant)
            else { return action }
            let there = session.seat(in: transfer.room)
            let ticket = TransferTicket(
                room: transfer.room,
                identity: participant.identity,
                number: self.random.next(),
                isExpected: there.map { $0.phase == .present && $0.host.room.permits($0.id, .admit) } ?? false,
                expiresAt: self.now.advanced(milliseconds: self.limits.ticketMilliseconds)
            )
            transfer.ticket = self.keys.sign(ticket)
            return .breakout(.transfer(transfer))
        case .assign, .recall, .close, .arrive, .depart: return action
        }
    }

    // MARK: Where people are

    /// From now on the sweep looks at that room.
    func noteBreakouts(of host: RoomHost) {
        guard host.room.parent != nil || host.room.hasBreakouts else { return }
        self.breakoutRooms.insert(host.id)
    }

    /// Somebody has come to a small room, or has gone; told when this step is done.
    func followBreakout(_ session: GatewaySession) {
        self.eventLoop.assumeIsolated().execute {
            for seat in session.seats where seat.phase == .present { self.tellMovements(of: seat) }
        }
    }

    /// Once a second. Costs the people of rooms that have small rooms, or are some.
    func sweepBreakouts() {
        for id in self.breakoutRooms.sorted() {
            guard let host = self.directory.hosts[id], host.room.parent != nil || host.room.hasBreakouts else {
                self.breakoutRooms.remove(id)
                continue
            }
            for seat in host.present {
                self.tellMovements(of: seat)
                if let parent = host.room.parent { self.judgeStray(seat, parent) }
            }
        }
    }

    /// The main room shows who is where. As long as that is not so it is said again.
    private func tellMovements(of seat: Seat) {
        guard seat.host.room.hasBreakouts, seat.reports == 0 else { return }
        let session = seat.session
        let movements = seat.host.room.movements(of: seat.id) { session.seat(in: $0)?.phase == .present }
        for movement in movements { self.report(seat, .meeting(.breakout(movement))) }
    }

    /// Their client has been told by events to go. One that does not goes all the same.
    private func judgeStray(_ seat: Seat, _ parent: RoomID) {
        let main = seat.session.seat(in: parent)
        let mayStay = main.map { $0.phase == .present && $0.host.room.mayEnter(seat.host.id, $0.id) } ?? false
        guard !mayStay else {
            seat.strayingSince = nil
            return
        }
        let now = self.eventLoop.now
        let since = seat.strayingSince ?? now
        seat.strayingSince = since
        guard now - since >= .milliseconds(Int64(self.limits.strayMilliseconds)), seat.reports == 0 else { return }
        self.report(seat, .disconnect(.left, epoch: seat.epoch))
    }
}
