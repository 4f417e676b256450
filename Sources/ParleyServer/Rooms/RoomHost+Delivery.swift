import NIOCore
import ParleyEngine
import ParleyProtocol
import ParleyRooms
import ParleyTransport

/// From the log to the people: an entry is encoded once and handed to everybody by reference.
///
/// Whoever can take it gets it at once. A connection that is not writable is left behind, at the cost of a number
/// (``StreamCursor``), and goes on when it is writable again: see `RoomHost+Catching.swift`.
extension RoomHost {
    func deliver(_ delivery: RoomDelivery) {
        let gateway = self.gateway
        gateway.counters.eventEntries += 1
        let joiners = self.seatJoiners(delivery)
        let bytes = self.encodedEvents(delivery)
        let frame = WebSocketConnection.frame(text: bytes)
        let number = self.ring.append(.init(at: delivery.entry.position, after: delivery.entry.after, bytes: frame))
        for seat in self.present where seat.cursor.next == .frame(number) {
            guard let connection = seat.session.connection, connection.isWritable else { continue }
            connection.sendFrame(frame)
            seat.cursor.sent(number)
            gateway.counters.eventsDelivered += 1
            gateway.counters.bytesSent += bytes.count
        }
        if !joiners.isEmpty { self.sendSnapshots(delivery, to: joiners) }
        for seat in joiners { gateway.settle(seat) }
        self.seeOff(delivery.entry.events)
    }

    /// Who has left needs no seat, and no mailbox.
    private func seeOff(_ events: [RoomEvent]) {
        let gateway = self.gateway
        for event in events {
            guard case .left(let id, _) = event.fact else { continue }
            if let seat = self.seats[id] { self.remove(seat) }
            _ = gateway.engine.drop(MailboxID(room: self.id, recipient: id), on: gateway.eventLoop)
        }
    }

    /// Everybody's state is another one now.
    func reset(_ snapshot: RoomRead.Snapshot) {
        self.ring.removeAll()
        for seat in self.present {
            guard snapshot.room.participant(seat.id) != nil else {
                self.remove(seat)
                continue
            }
            seat.cursor.needSnapshot()
            self.send(snapshot.room, at: snapshot.position, events: [], to: seat)
        }
    }

    /// A pulse to everybody else: whoever cannot take it at once does without.
    func broadcast(_ pulse: PulseFrame, except sender: Seat) {
        let bytes = [UInt8](unsafeUninitializedCapacity: pulse.byteCount) { buffer, count in
            pulse.write(to: UnsafeMutableRawBufferPointer(buffer))
            count = pulse.byteCount
        }
        let frame = WebSocketConnection.frame(text: bytes)
        for seat in self.present where seat !== sender {
            guard let connection = seat.session.connection, connection.isWritable else { continue }
            connection.sendFrame(frame)
            self.gateway.counters.pulsesRelayed += 1
            self.gateway.counters.bytesSent += bytes.count
        }
        self.publish(.pulse(from: sender.id, to: nil, ByteBuffer(bytes: bytes)))
    }

    // MARK: Frames

    private func encodedEvents(_ delivery: RoomDelivery) -> [UInt8] {
        let events = zip(delivery.entry.events, delivery.patches).map { event, patches in
            event.wire(patch: patches.patch(for: .participant))
        }
        var bytes: [UInt8] = []
        ServerMessage.events(
            EventsMessage(
                room: self.id,
                at: delivery.entry.position,
                after: delivery.entry.after,
                events: events
            )
        ).encode(into: &bytes)
        return bytes
    }

    // MARK: Joining

    /// Those whose own join is in this entry: they begin with it.
    private func seatJoiners(_ delivery: RoomDelivery) -> [Seat] {
        delivery.entry.events.compactMap { event in
            guard case .joined(let joining) = event.fact, let seat = self.seats[joining.participant],
                seat.phase == .joining
            else { return nil }
            self.add(seat, joined: joining.joined)
            return seat
        }
    }

    /// The answer to a join is the room right after it, even if more entries are known already.
    private func sendSnapshots(_ delivery: RoomDelivery, to joiners: [Seat]) {
        let events = delivery.entry.events.map { $0.wire(patch: nil) }
        for seat in joiners {
            self.send(delivery.room, at: delivery.entry.position, events: events, to: seat)
        }
    }
}
