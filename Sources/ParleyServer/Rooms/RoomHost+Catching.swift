import NIOCore
import ParleyProtocol
import ParleyRooms
import ParleyTransport

/// Those who are behind: from their place in the ring to its end, as fast as their connection takes it.
///
/// What waits in memory for one of them is what its connection has been given (`Limits.outputWatermarkBytes`, and the
/// one message that went over it), however far it is behind.
extension RoomHost {
    /// A connection has come that has the room as it was at `position`, if at all.
    ///
    /// - Parameter isKnown: whether the client has heard of the room; if not, the snapshot names its join.
    func replay(to seat: Seat, after position: Position?, isKnown: Bool) {
        seat.cursor.forgive()
        self.beat.somebodyCame()
        if let position, let number = self.ring.number(after: position) {
            seat.cursor.seek(number)
        } else if position == self.position {
            seat.cursor.seek(self.ring.numbers.upperBound)
        } else {
            seat.cursor.needSnapshot(namesJoin: !isKnown)
        }
        self.pump(seat)
    }

    /// Sends what the seat lacks, until its connection is full or everything is sent.
    func pump(_ seat: Seat) {
        while let connection = seat.session.connection, connection.isWritable {
            let now = self.gateway.eventLoop.now.uptimeNanoseconds
            switch seat.cursor.step(kept: self.ring.numbers, now: now) {
            case .none:
                return self.gateway.outputFreed(seat)
            case .frame(let number):
                guard let frame = self.ring[number] else { return assertionFailure("frame \(number) is kept") }
                connection.sendFrame(frame.bytes)
                seat.cursor.sent(number)
                self.gateway.counters.eventsDelivered += 1
                self.gateway.counters.bytesSent += frame.bytes.readableBytes
            case .snapshot(let namesJoin):
                self.sendRoom(to: seat, namesJoin: namesJoin)
            case .resync:
                self.gateway.counters.resyncs += 1
                self.sendRoom(to: seat, namesJoin: false)
            case .tooSlow:
                seat.session.holder?.giveUp()
                return
            }
        }
    }

    /// The room as it is.
    private func sendRoom(to seat: Seat, namesJoin: Bool) {
        assert(self.ring.newest.map { $0 == self.position } ?? true, "what is decided is told")
        var events: [JSONValue] = []
        if namesJoin {
            var joined: JSONObject = ["type": "joined", "participant": .string(seat.id.description)]
            joined.append("by", .string(seat.id.description))
            joined.append("id", .integer(Int64(clamping: seat.join.id)))
            events = [.object(joined)]
        }
        self.send(self.room, at: self.position, events: events, to: seat)
    }

    /// A snapshot, if the connection can take it; if not, it gets a later one.
    func send(_ room: Room, at position: Position, events: [JSONValue], to seat: Seat) {
        guard let connection = seat.session.connection, connection.isWritable else { return }
        let message = Snapshot(
            room: room.id,
            participant: seat.id,
            at: position,
            state: room.state(for: .participant),
            hash: room.hash(for: .participant),
            lastCommand: room.membership(seat.id)?.lastCommand,
            events: events
        )
        connection.send(.snapshot(message), counters: &self.gateway.counters)
        seat.cursor.seek(self.ring.numbers.upperBound)
    }
}
