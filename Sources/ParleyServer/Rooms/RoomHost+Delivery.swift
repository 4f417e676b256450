import NIOCore
import ParleyEngine
import ParleyProtocol
import ParleyRooms
import ParleyTransport

/// From the log to the people: an entry is encoded once and handed to everybody by reference.
extension RoomHost {
    func deliver(_ delivery: RoomDelivery) {
        let gateway = self.gateway
        gateway.counters.eventEntries += 1
        let events = delivery.entry.events
        let joiners = self.seatJoiners(delivery)
        let bytes = self.encodedEvents(delivery)
        let frame = WebSocketConnection.frame(text: bytes)
        self.ring.append(.init(at: delivery.entry.position, after: delivery.entry.after, bytes: frame))
        for seat in self.seats.values where seat.phase == .present && !joiners.contains(where: { $0 === seat }) {
            self.send(frame, length: bytes.count, to: seat)
        }
        if !joiners.isEmpty { self.sendSnapshots(delivery, to: joiners) }
        for seat in joiners { gateway.settle(seat) }
        for event in events {
            guard case .left(let id, _) = event.fact else { continue }
            if let seat = self.seats[id] { self.remove(seat) }
            _ = gateway.engine.drop(MailboxID(room: self.id, recipient: id), on: gateway.eventLoop)
        }
    }

    /// What somebody has missed, or, if that is not known here any more, the room as it is.
    ///
    /// - Parameter isKnown: whether the client has heard of the room; if not, the snapshot names its join.
    func replay(to seat: Seat, after position: Position?, isKnown: Bool) {
        if position == self.position { return }
        if let position, let frames = self.ring.frames(after: position) {
            for frame in frames { self.send(frame.bytes, length: frame.bytes.readableBytes, to: seat) }
            return
        }
        let cause = RoomEvent.Cause(by: seat.id, number: seat.join.id)
        var joined: JSONObject = ["type": "joined", "participant": .string(seat.id.description)]
        joined.append("by", .string(cause.by.description))
        joined.append("id", .integer(Int64(clamping: cause.number)))
        let message = Self.snapshot(
            of: self.room,
            at: self.position,
            events: isKnown ? [] : [.object(joined)],
            for: seat
        )
        seat.session.send(.snapshot(message), counters: &self.gateway.counters)
    }

    /// Everybody's state is another one now.
    func reset(_ snapshot: RoomRead.Snapshot) {
        self.ring.removeAll()
        for seat in self.seats.values.sorted(by: { $0.id < $1.id }) where seat.phase == .present {
            guard snapshot.room.participant(seat.id) != nil else {
                self.remove(seat)
                continue
            }
            let message = Self.snapshot(of: snapshot.room, at: snapshot.position, events: [], for: seat)
            seat.session.send(.snapshot(message), counters: &self.gateway.counters)
        }
    }

    /// A pulse to everybody else: whoever cannot take it at once does without.
    func broadcast(_ pulse: PulseFrame, except sender: Seat) {
        let bytes = [UInt8](unsafeUninitializedCapacity: pulse.byteCount) { buffer, count in
            pulse.write(to: UnsafeMutableRawBufferPointer(buffer))
            count = pulse.byteCount
        }
        let frame = WebSocketConnection.frame(text: bytes)
        for seat in self.seats.values where seat !== sender && seat.phase == .present {
            guard let connection = seat.session.connection, connection.isWritable else { continue }
            connection.sendFrame(frame)
            self.gateway.counters.pulsesRelayed += 1
            self.gateway.counters.bytesSent += bytes.count
        }
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

    private func send(_ frame: ByteBuffer, length: Int, to seat: Seat) {
        guard let connection = seat.session.connection else { return }
        connection.sendFrame(frame)
        self.gateway.counters.eventsDelivered += 1
        self.gateway.counters.bytesSent += length
    }

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

    private func sendSnapshots(_ delivery: RoomDelivery, to joiners: [Seat]) {
        let events = delivery.entry.events.map { $0.wire(patch: nil) }
        for seat in joiners {
            let message = Self.snapshot(of: delivery.room, at: delivery.entry.position, events: events, for: seat)
            seat.session.send(.snapshot(message), counters: &self.gateway.counters)
        }
    }

    private static func snapshot(of room: Room, at position: Position, events: [JSONValue], for seat: Seat) -> Snapshot
    {
        Snapshot(
            room: room.id,
            participant: seat.id,
            at: position,
            state: room.state(for: .participant),
            hash: room.hash(for: .participant),
            events: events
        )
    }
}
