public import ParleyProtocol

/// What the server itself does in calls and on lines; about nobody in the room, and never on the wire.
public enum CallStep: Hashable, Sendable {
    // In the room that rings.
    /// What the line of somebody who is rung says of it.
    case report(ring: UInt64, IdentityID, RingVerdict)
    /// These people come over from another call until then; whoever sends them is not waited for.
    case await([IdentityID], until: Instant, leaving: ParticipantID?)
    // On a line.
    /// - Parameter caller: what the device of whoever calls can do.
    indirect case deliver(IncomingCall, caller: MediaAbilities?)
    case conclude(RoomID, ring: UInt64, IncomingEnd)
    /// A device of the line is in that call, or is not any more.
    case occupy(ParticipantID, RoomID, Bool)
    // In a queue.
    /// Somebody is in the room that they were taken to.
    ///
    /// - Parameter next: where they go if nobody else comes there; a new id.
    case arrive(ParticipantID, RoomID, next: RoomID)
}

extension RoomCommand {
    /// What the server does in calls and on lines.
    public init(_ step: CallStep, at instant: Instant) {
        self.init(participant: Self.nobody, number: nil, at: instant, action: .call(step))
    }
}

extension Room {
    func decide(_ step: CallStep, at now: Instant) -> Decision {
        guard self.lifecycle.isLive else { return .rejected(.unknownRoom) }
        switch step {
        case .report(let ring, let person, let verdict):
            return self.decideReport(ring, person, verdict, at: now)
        case .await(let people, let until, let leaving):
            return self.decideAwait(people, until: until, leaving: leaving, at: now)
        case .deliver(let incoming, let caller): return self.decideDeliver(incoming, caller, at: now)
        case .conclude(let call, let ring, let end): return self.decideConclude(call, ring, end, at: now)
        case .occupy(let device, let call, let isIn): return self.decideOccupy(device, call, isIn, at: now)
        case .arrive(let id, let room, let next): return self.decideQueueArrival(of: id, in: room, next: next, at: now)
        }
    }
}
