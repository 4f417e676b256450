import Logging
import NIOCore
import ParleyProtocol
import ParleyRooms
import ParleyTransport

/// Proofs and doubts: what the room says of itself now and then, and what it answers to somebody who disagrees.
extension RoomHost {
    /// By the rules of a pulse: encoded once per view; whoever is behind or cannot take it at once does without.
    func tellBeat() {
        guard !(self.present.isEmpty && self.waitingSeats.isEmpty), self.position != .start else { return }
        var plans: [(view: View, tellsHash: Bool)] = []
        var tellsEverybody = false
        for view in self.streams.views {
            guard let position = self.streams[view]?.position, let plan = self.streams[view]?.beat.plan(at: position)
            else { continue }
            plans.append((view, plan.tellsHash))
            if plan.tellsEverybody { tellsEverybody = true }
        }
        let trips = self.roundTrips(ofEverybody: tellsEverybody)
        for (view, tellsHash) in plans {
            // Who waits at the door knows nobody, and an audience can be large.
            let tellsTrips = view.includes(.roster) && !trips.isEmpty
            guard tellsHash || tellsTrips else { continue }
            self.tellBeat(view, tellsHash: tellsHash, tellsTrips ? trips : [])
        }
    }

    private func tellBeat(_ view: View, tellsHash: Bool, _ trips: [RoundTrip]) {
        guard let stream = self.streams[view] else { return }
        var said = ServerBeat.Room(room: self.id, roundTrips: trips)
        if tellsHash {
            let hash = self.room.hash(for: view)
            self.streams[view]?.beat.tell(hash, at: stream.position)
            said.at = stream.position
            said.hash = hash
        }
        var bytes: [UInt8] = []
        ServerMessage.beat(ServerBeat(time: self.gateway.now, rooms: [said])).encode(into: &bytes)
        let frame = WebSocketConnection.frame(text: bytes)
        let newest = StreamCursor.Next.frame(stream.ring.numbers.upperBound)
        let seats = view == .waiting ? self.waitingSeats : self.present
        for seat in seats where seat.view == view && seat.cursor.next == newest {
            guard let connection = seat.session.connection, connection.isWritable else { continue }
            connection.sendFrame(frame)
            self.gateway.counters.bytesSent += bytes.count
        }
    }

    /// Bounded: in a large room those who are told take turns.
    private func roundTrips(ofEverybody: Bool) -> [RoundTrip] {
        var trips: [RoundTrip] = []
        var visited = 0
        while visited < self.present.count, trips.count < self.gateway.limits.roundTripsPerBeatMax {
            if self.nextRoundTrip >= self.present.count { self.nextRoundTrip = 0 }
            let seat = self.present[self.nextRoundTrip]
            self.nextRoundTrip += 1
            visited += 1
            guard !seat.isCounted, let now = seat.session.holder?.roundTrip.milliseconds,
                ofEverybody || RoundTripEstimate.isNews(now, told: seat.toldRoundTrip)
            else { continue }
            seat.toldRoundTrip = now
            trips.append(RoundTrip(participant: seat.id, milliseconds: now))
        }
        return trips
    }

    // MARK: Doubts

    /// The client does not trust what it holds: it gets the room as it is, as soon as its connection can take it.
    func resync(_ request: ResyncRequest, seat: Seat) {
        let gateway = self.gateway
        gateway.counters.resyncs += 1
        // A view that has just become another one is no other state. Who does not say holds the one of the beginning.
        let isOwnView = request.view.map { $0 == seat.view.rawValue } ?? !seat.viewHasChanged
        if isOwnView, let at = request.at, let hash = request.hash,
            let stream = self.streams[seat.view],
            stream.beat.contradicts(hash, at: at, current: (stream.position, self.room.hash(for: seat.view)))
        {
            gateway.counters.stateDifferences += 1
            self.logDifference(at)
        }
        seat.cursor.needSnapshot()
        self.pump(seat)
    }

    /// Once a minute: whoever lies shall not fill the disk.
    private func logDifference(_ position: Position) {
        let now = self.gateway.eventLoop.now
        if let last = self.differenceLogged, now < last + .minutes(1) { return }
        self.differenceLogged = now
        self.gateway.logger.error(
            "A client holds another state of a room than the server.",
            metadata: ["room": "\(self.id)", "sequence": "\(position.sequence)"]
        )
    }
}
