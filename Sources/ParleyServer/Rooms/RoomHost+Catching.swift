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
    /// - Parameters:
    ///   - view: the one that the client holds, if it has said so.
    ///   - isKnown: whether the client has heard of the room; if not, the snapshot names its join.
    func replay(to seat: Seat, after position: Position?, in view: View?, isKnown: Bool) {
        seat.cursor.forgive()
        self.chat?.returned(seat)
        self.streams.somebodyCame(to: seat.view)
        // A client that says nothing of views holds the one that it began with.
        let holdsView = view.map { $0 == seat.view } ?? !(seat.viewHasChanged || seat.wasElsewhere)
        let held = holdsView ? position : nil
        if let held, let number = self.streams[seat.view]?.ring.number(after: held) {
            seat.cursor.seek(number)
        } else if let held, held == self.streams[seat.view]?.position {
            seat.cursor.seek(seat.newestFrame)
        } else {
            seat.cursor.needSnapshot(namesJoin: !isKnown)
        }
        self.pump(seat)
    }

    /// Sends what the seat lacks, until its connection is full or everything is sent.
    func pump(_ seat: Seat) {
        while let connection = seat.session.connection, connection.isWritable, let stream = self.streams[seat.view] {
            let now = self.gateway.eventLoop.now.uptimeNanoseconds
            switch seat.cursor.step(kept: stream.ring.numbers, now: now) {
            case .none:
                self.chat?.tell(seat)
                return self.gateway.outputFreed(seat)
            case .frame(let number):
                guard let frame = stream.ring[number] else { return assertionFailure("frame \(number) is kept") }
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
        var events: [JSONValue] = []
        if namesJoin {
            let type = seat.phase == .waiting ? "waiting" : "joined"
            var joined: JSONObject = ["type": .string(type), "participant": .string(seat.id.description)]
            joined.append("by", .string(seat.id.description))
            joined.append("id", .integer(Int64(clamping: seat.joinID)))
            events = [.object(joined)]
        }
        self.send(self.room, events: events, to: seat)
    }

    /// A snapshot, if the connection can take it; if not, it gets a later one.
    ///
    /// - Parameter room: where the seat's stream stands.
    func send(_ room: Room, events: [JSONValue], to seat: Seat) {
        guard let connection = seat.session.connection, connection.isWritable else { return }
        guard let position = self.streams[seat.view]?.position else { return }
        let participant = room.participant(seat.id)
        let message = Snapshot(
            room: room.id,
            participant: seat.id,
            at: position,
            view: seat.view.rawValue,
            me: participant.map { seat.view.includes($0.section) ? nil : $0.json } ?? room.ownRow(of: seat.id),
            state: [:],
            hash: room.hash(for: seat.view),
            lastCommand: room.membership(seat.id)?.lastCommand,
            events: events
        )
        let state = self.encodedState(of: room, for: seat.view, at: position)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(state.count + 1_024)
        message.encode(into: &bytes, encodedState: state)
        self.gateway.counters.bytesSent += bytes.count
        bytes.withUnsafeBytes { connection.sendText($0) }
        seat.cursor.seek(seat.newestFrame)
    }

    /// What a view shows changes with its frames only: thousands who come while nothing happens on the stage get the
    /// same bytes. Kept for as long as they are good, where so many come.
    private static let keepsStateFrom = 16

    private func encodedState(of room: Room, for view: View, at position: Position) -> [UInt8] {
        if let kept = self.streams[view]?.encodedState, kept.at == position, kept.hash == room.hash(for: view) {
            return kept.bytes
        }
        let bytes = room.state(for: view).encoded
        guard room.count >= Self.keepsStateFrom else {
            self.streams[view]?.encodedState = nil
            return bytes
        }
        self.streams[view]?.encodedState = (position, room.hash(for: view), bytes)
        return bytes
    }
}
