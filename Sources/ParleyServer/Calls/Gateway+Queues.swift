import NIOCore
import ParleyProtocol
import ParleyRooms

/// Whether people come to the room that they were taken to from a queue. The queue's log cannot ask that room's. But
/// both seats are of one session, and therefore on one node, which says in the queue what it has seen.
extension Gateway {
    /// Somebody has come to a room; told when this step is done.
    func followQueues(_ session: GatewaySession) {
        guard session.seats.count > 1, session.seats.contains(where: { $0.host.room.queue != nil }) else { return }
        self.eventLoop.assumeIsolated().execute { self.tellArrivals(of: session) }
    }

    /// As long as the queue does not know it, it is said again.
    private func tellArrivals(of session: GatewaySession) {
        for seat in session.seats where seat.phase == .present || seat.phase == .waiting {
            guard let taken = seat.host.room.queue?.destination(of: seat.id), !taken.hasCome, seat.reports == 0,
                session.seat(in: taken.room)?.phase == .present
            else { continue }
            let step = CallStep.arrive(seat.id, taken.room, next: RoomID(using: &self.random))
            seat.reports += 1
            seat.host.submit(RoomCommand(step, at: self.now), seat: nil) { [unowned self] outcome in
                seat.reports -= 1
                guard case .rejected = outcome, outcome != .rejected(.noChange) else { return }
                self.eventLoop.assumeIsolated().scheduleTask(in: .seconds(1)) { self.tellArrivals(of: session) }
            }
        }
    }
}
