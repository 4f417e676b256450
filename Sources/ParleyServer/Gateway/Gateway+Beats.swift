import NIOCore
import ParleyProtocol
import ParleyRooms
import ParleyTransport

/// A room, and when it is to say something of itself.
struct BeatingRoom {
    let reference: RoomReferenceUntilOver
    let due: NIODeadline
}

/// A room as long as it is not over. Not a weak reference: one of that kind would make each use of the room dearer.
final class RoomReferenceUntilOver {
    fileprivate(set) var host: RoomHost?

    init(_ host: RoomHost) {
        self.host = host
    }

    func letGo() {
        self.host = nil
    }
}

/// What every room says now and then, and how far away everybody is.
extension Gateway {
    /// All rooms wait for the same time, so the first in the queue is the first that is due: a sweep costs what is
    /// due in it.
    func beatRooms(_ now: NIODeadline) {
        let interval = TimeAmount.milliseconds(Int64(max(1, self.limits.roomBeatMilliseconds)))
        while let first = self.beatingRooms.first, first.due <= now {
            self.beatingRooms.removeFirst()
            // Over: it comes no more.
            guard let host = first.reference.host else { continue }
            host.tellBeat()
            self.beatingRooms.append(BeatingRoom(reference: first.reference, due: now + interval))
        }
    }

    func startBeat(of host: RoomHost) {
        let due = self.eventLoop.now + .milliseconds(Int64(self.limits.roomBeatMilliseconds))
        let reference = RoomReferenceUntilOver(host)
        host.beat = reference
        self.beatingRooms.append(BeatingRoom(reference: reference, due: due))
    }

    /// For the metrics: the median of what connections have measured, as often as rooms beat.
    func measureRoundTrips(_ now: NIODeadline) {
        guard now >= self.roundTripsDue else { return }
        self.roundTripsDue = now + .milliseconds(Int64(self.limits.roomBeatMilliseconds))
        let trips = self.connections.compactMap(\.roundTrip.microseconds).sorted()
        self.counters.roundTripMicroseconds = trips.isEmpty ? 0 : trips[trips.count / 2]
    }

    /// - Returns: whether the client may ask for a snapshot now; if not, it was refused by name.
    private func mayResync(_ request: ResyncRequest, _ seat: Seat) -> Bool {
        let now = self.eventLoop.now.uptimeNanoseconds
        guard case .retryAfterMilliseconds(let wait) = seat.rates.resyncs.take(now: now) else { return true }
        self.refuse(.rateLimited, request, seat.session, retryAfterMilliseconds: wait)
        return false
    }

    func resync(_ request: ResyncRequest, session: GatewaySession) {
        guard let seat = session.seat(in: request.room), seat.isInRoom else {
            return self.refuse(.notJoined, request, session)
        }
        if self.mayResync(request, seat) { seat.host.resync(request, seat: seat) }
    }

    private func refuse(
        _ code: RejectionCode,
        _ request: ResyncRequest,
        _ session: GatewaySession,
        retryAfterMilliseconds: UInt64? = nil
    ) {
        var rejection = Rejection(code, of: "resync")
        rejection.room = request.room.description
        rejection.retryAfterMilliseconds = retryAfterMilliseconds
        session.reject(rejection, counters: &self.counters)
    }
}
