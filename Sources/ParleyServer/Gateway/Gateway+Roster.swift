import NIOCore
import ParleyProtocol
import ParleyRooms

/// Who asks for the audience, of whom nobody is told one by one.
extension Gateway {
    func roster(_ request: RosterRequest, session: GatewaySession) {
        guard let seat = session.seat(in: request.room), seat.phase == .present else {
            return self.refuse(.notJoined, request, session)
        }
        let room = seat.host.room
        guard room.permits(seat.id, .roster) else { return self.refuse(.notPermitted, request, session) }
        let outcome = seat.rates.rosters.take(now: self.eventLoop.now.uptimeNanoseconds)
        if case .retryAfterMilliseconds(let wait) = outcome {
            return self.refuse(.rateLimited, request, session, retryAfterMilliseconds: wait)
        }
        let (listed, isAll) = room.audience(after: request.after, max: request.max ?? self.limits.rosterPageUsual)
        var people = JSONObject()
        for participant in listed { people.append(participant.id.description, participant.json) }
        let page = RosterPage(
            room: request.room,
            after: request.after,
            people: .object(people),
            next: isAll ? nil : listed.last?.joined
        )
        session.send(.roster(page), counters: &self.counters)
    }

    private func refuse(
        _ code: RejectionCode,
        _ request: RosterRequest,
        _ session: GatewaySession,
        retryAfterMilliseconds: UInt64? = nil
    ) {
        var rejection = Rejection(code, of: "roster")
        rejection.room = request.room.description
        rejection.retryAfterMilliseconds = retryAfterMilliseconds
        session.reject(rejection, counters: &self.counters)
    }
}
