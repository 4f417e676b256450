import NIOCore
import ParleyEngine
import ParleyProtocol
import ParleyRooms
import ParleyTransport

/// From the log to the people: an entry is encoded once per view and handed to everybody by reference.
///
/// Whoever can take it gets it at once. A connection that is not writable is left behind, at the cost of a number
/// (``StreamCursor``), and goes on when it is writable again: see `RoomHost+Catching.swift`.
extension RoomHost {
    func deliver(_ delivery: RoomDelivery) {
        self.gateway.counters.eventEntries += 1
        let joiners = self.seatJoiners(delivery)
        let movers = self.changeViews(delivery)
        let counted = self.concerned(by: delivery, except: joiners + movers)
        self.tell(delivery)
        self.sendSnapshots(delivery, to: joiners + movers + counted)
        for seat in joiners { self.gateway.settle(seat) }
        self.seeOff(delivery)
    }

    /// One frame per view; views that are shown the same share it.
    private func tell(_ delivery: RoomDelivery) {
        var encoded: [(frame: ShownFrame, bytes: ByteBuffer)] = []
        var numbers: [(view: View, number: UInt64, frame: ShownFrame, bytes: ByteBuffer)] = []
        for view in self.streams.views {
            let seen = self.gateway.configuration.mechanisms.contains(.ownView) ? view : .moderator
            guard let shown = ShownFrame(delivery, in: seen, after: self.streams[view]?.position) else { continue }
            let bytes = encoded.first { $0.frame == shown }?.bytes ?? shown.encoded(delivery, room: self.id)
            encoded.append((shown, bytes))
            let frame = ReplayRing.Frame(at: delivery.entry.position, after: shown.after, bytes: bytes)
            if let number = self.streams[view]?.append(frame) { numbers.append((view, number, shown, bytes)) }
        }
        for (view, number, frame, bytes) in numbers {
            self.tellSecrets(delivery, frame, number, of: view)
            self.hand(bytes, number, to: view == .waiting ? self.waitingSeats : self.present, of: view)
        }
    }

    /// Who has made an invitation is told its secret, and nobody else ever: in a frame of their own, instead of the one
    /// that is kept. Whoever cannot take it now does without, and makes another invitation.
    private func tellSecrets(_ delivery: RoomDelivery, _ frame: ShownFrame, _ number: UInt64, of view: View) {
        for event in delivery.entry.events {
            guard case .meeting(.admission(.invited)) = event.fact, let cause = event.cause,
                let seat = self.seats[cause.by], seat.view == view, seat.cursor.next == .frame(number),
                !seat.secrets.isEmpty, let connection = seat.session.connection, connection.isWritable
            else { continue }
            connection.sendFrame(frame.encoded(delivery, room: self.id, to: seat))
            seat.cursor.sent(number)
        }
    }

    /// What a crowd costs is memory that is not in the cache: for each of them a seat, its session and its connection,
    /// of which only what stands first in them is looked at here.
    private func hand(_ bytes: ByteBuffer, _ number: UInt64, to seats: [Seat], of view: View) {
        var count = 0
        for seat in seats where seat.view == view && seat.cursor.next == .frame(number) {
            guard let connection = seat.session.connection, connection.isWritable else { continue }
            connection.sendFrame(bytes)
            seat.cursor.sent(number)
            count += 1
        }
        self.gateway.counters.eventsDelivered += count
        self.gateway.counters.bytesSent += count * bytes.readableBytes
    }

    /// Who has left needs no seat, and no mailbox. Whoever saw nothing of it by their view is told in person.
    private func seeOff(_ delivery: RoomDelivery) {
        let gateway = self.gateway
        for event in delivery.entry.events {
            guard let id = event.participant, delivery.room.membership(id) == nil else { continue }
            // Also who came to the door and was gone from it with one entry: whose connection that was is gone as well.
            if let seat = self.seats[id] {
                if seat.isInRoom { self.tellFarewell(delivery, to: seat) }
                let acquaintances = seat.acquaintances
                if !acquaintances.isEmpty { self.acquaintances[id] = acquaintances }
                self.remove(seat)
            }
            _ = gateway.engine.drop(MailboxID(room: self.id, recipient: id), on: gateway.eventLoop)
        }
    }

    /// Everybody's state is another one now.
    func reset(_ snapshot: RoomRead.Snapshot) {
        self.streams.restart(at: snapshot.position)
        for seat in self.seats.values.sorted(by: { $0.id < $1.id }) {
            let isJoining = seat.phase == .joining
            if let membership = snapshot.room.membership(seat.id) {
                // Also a join that nobody saw in the log, and that is in it.
                self.place(seat, in: snapshot.room, from: snapshot.position)
                seat.commands = CommandSequence(resuming: membership)
                seat.cursor.needSnapshot(namesJoin: isJoining)
                self.pump(seat)
                if isJoining { self.gateway.settle(seat) }
            } else if !isJoining {
                self.remove(seat)
                self.gateway.refuse(.init(room: self.id, at: nil), seat.session)
            }
        }
    }

    /// A pulse to everybody else: whoever cannot take it at once does without.
    func broadcast(_ pulse: PulseFrame, except sender: Seat) {
        let bytes = [UInt8](unsafeUninitializedCapacity: pulse.byteCount) { buffer, count in
            pulse.write(to: UnsafeMutableRawBufferPointer(buffer))
            count = pulse.byteCount
        }
        guard !sender.isCounted || self.audienceMayPulse() else { return }
        let frame = WebSocketConnection.frame(text: bytes)
        for seat in self.present where seat !== sender && !(sender.isCounted && seat.isCounted) {
            guard let connection = seat.session.connection, connection.isWritable else { continue }
            connection.sendFrame(frame)
            self.gateway.counters.pulsesRelayed += 1
            self.gateway.counters.bytesSent += bytes.count
        }
        self.publish(.pulse(from: sender.id, to: nil, ByteBuffer(bytes: bytes)))
    }

    /// Thousands applaud: the stage hears some of it.
    func audienceMayPulse() -> Bool {
        guard case .allowed = self.audiencePulses.take(now: self.gateway.eventLoop.now.uptimeNanoseconds) else {
            return false
        }
        return true
    }

    // MARK: Joining and moving

    /// Those whose own join is in this entry: they begin with it, inside or at the door. Whoever was replaced in the
    /// same entry is told both.
    private func seatJoiners(_ delivery: RoomDelivery) -> [Seat] {
        delivery.entry.events.compactMap { event in
            guard let id = event.participant, let seat = self.seats[id], seat.phase == .joining else { return nil }
            if delivery.room.membership(id) != nil {
                self.place(seat, in: delivery.room, from: delivery.entry.after)
            } else if case .joined(let joining) = event.fact {
                self.streams.open(seat.view, at: delivery.entry.after)
                self.add(seat, joined: joining.joined)
            } else {
                return nil
            }
            return seat
        }
    }

    /// Those who see more or less from now on. Costs a look at everybody, and is asked for only where it can be so.
    private func changeViews(_ delivery: RoomDelivery) -> [Seat] {
        guard delivery.entry.events.contains(where: \.mayChangeViews) else { return [] }
        return (self.present + self.waitingSeats).filter { seat in
            guard delivery.room.membership(seat.id) != nil else { return false }
            let before = seat.view
            self.place(seat, in: delivery.room, from: delivery.entry.after)
            guard seat.view != before else { return false }
            guard self.gateway.configuration.mechanisms.contains(.viewSnapshots) else {
                // For a simulation: it goes on with what others see.
                seat.cursor.seek(seat.newestFrame)
                return false
            }
            seat.viewHasChanged = true
            seat.cursor.needSnapshot()
            return true
        }
    }

    /// Those beyond the stage about whom something is said that no frame tells them.
    private func concerned(by delivery: RoomDelivery, except told: [Seat]) -> [Seat] {
        var seats: [Seat] = []
        var known = Set(told.map(ObjectIdentifier.init))
        for event in delivery.entry.events where event.concernsWhoIsCounted {
            let named = [event.cause?.by, event.participant].compactMap { $0.flatMap { self.seats[$0] } }
            let all = event.isForAllHands ? self.present.filter(\.isCounted) : named
            for seat in all where seat.isCounted && seat.phase == .present {
                guard known.insert(ObjectIdentifier(seat)).inserted else { continue }
                seat.cursor.needSnapshot()
                seats.append(seat)
            }
        }
        return seats
    }

    /// Puts a seat where the room says that it belongs: among the people, or at the door.
    ///
    /// - Parameter position: where a stream begins that nobody had yet: the next frame follows from there.
    func place(_ seat: Seat, in room: Room, from position: Position) {
        seat.view = room.view(of: seat.id)
        self.streams.open(seat.view, at: position)
        if let participant = room.participant(seat.id) {
            seat.isCounted = !participant.isListed
            guard seat.phase != .present else { return }
            self.waitingSeats.removeAll { $0 === seat }
            self.add(seat, joined: participant.joined)
        } else if seat.phase == .joining {
            self.addWaiting(seat)
        }
    }

    /// The answer to a join is the room right after it, even if more entries are known already.
    private func sendSnapshots(_ delivery: RoomDelivery, to seats: [Seat]) {
        for seat in seats {
            let events = zip(delivery.entry.events, delivery.patches).compactMap { event, patches in
                event.isShown(in: seat.view, patches, after: delivery.room) || event.isAbout(seat.id)
                    ? event.wire(patch: nil) : nil
            }
            self.send(delivery.room, events: events, to: seat)
        }
    }

    /// The last that somebody hears of the room, if the frame of their view did not say it.
    private func tellFarewell(_ delivery: RoomDelivery, to seat: Seat) {
        guard let stream = self.streams[seat.view], stream.position != delivery.entry.position,
            let connection = seat.session.connection, connection.isWritable
        else { return }
        let events = delivery.entry.events.filter { $0.isAbout(seat.id) }.map { $0.wire(patch: nil) }
        let message = EventsMessage(
            room: self.id,
            at: delivery.entry.position,
            after: stream.position,
            events: events
        )
        connection.send(.events(message), counters: &self.gateway.counters)
    }
}

/// Which events of an entry a view is shown, and with what of their patches: two views for which that is the same get
/// the same bytes.
private struct ShownFrame: Equatable {
    let after: Position
    private let view: View
    /// Per event the sections of its patch that are shown; `nil` if the event is not.
    private let shown: [PatchSections?]

    /// - Returns: `nil` if there is nothing to show.
    init?(_ delivery: RoomDelivery, in view: View, after: Position?) {
        guard let after else { return nil }
        self.after = after
        self.view = view
        self.shown = zip(delivery.entry.events, delivery.patches).map { event, patches in
            event.isShown(in: view, patches, after: delivery.room) ? patches.sections(in: view) : nil
        }
        guard self.shown.contains(where: { $0 != nil }) else { return nil }
    }

    static func == (left: Self, right: Self) -> Bool {
        left.after == right.after && left.shown == right.shown
    }

    /// - Parameter seat: who alone gets it; `nil`: everybody of the view.
    func encoded(_ delivery: RoomDelivery, room: RoomID, to seat: Seat? = nil) -> ByteBuffer {
        var events: [JSONValue] = []
        for (index, event) in delivery.entry.events.enumerated() where self.shown[index] != nil {
            var told = event.wire(patch: delivery.patches[index].patch(for: self.view))
            if let seat, let cause = event.cause, cause.by == seat.id, let secret = seat.secrets[cause.number] {
                told = told.with("secret", .string(secret.text))
            }
            events.append(told)
        }
        var bytes: [UInt8] = []
        ServerMessage.events(
            EventsMessage(room: room, at: delivery.entry.position, after: self.after, events: events)
        ).encode(into: &bytes)
        return WebSocketConnection.frame(text: bytes)
    }
}

extension JSONValue {
    /// The same object with one more member.
    fileprivate func with(_ name: String, _ value: JSONValue) -> JSONValue {
        guard var object = self.object else { return self }
        object[name] = value
        return .object(object)
    }
}
