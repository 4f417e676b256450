import ParleyProtocol
import ParleyRooms

extension CallSearch {
    /// What is left out, or done wrongly, to see that it is missed.
    enum Mutant: CaseIterable {
        // By whoever carries things between the two rooms.
        case driverNeverConcludes, driverNeverDelivers, driverNeverReports, noDeadlines
        // Not said by the room that rings.
        case answerIsNotSaid, ringsEndIsNotSaid, callsEndIsNotSaid, cancelDoesNothing, noAnswerIsNotSaid
        // Not said by the line.
        case lineEndsNothing, elsewhereIsNotSaid, missedIsNotSaid, declineIsNotPassedOn, lineHasNoDeadline
        // Let happen.
        case secondAcceptComesIn
    }
}

extension CallSearch.Mutant {
    /// What a room with this fault says to a command.
    func instead(of decision: Decision, _ room: Room, _ command: RoomCommand) -> Decision {
        switch decision {
        case .duplicate: return decision
        case .rejected:
            guard let events = self.instead(ofRefusing: command, room) else { return decision }
            return .events(events)
        case .events(let events):
            let isCancel = if case .meeting(.ring(.cancel)) = command.action { true } else { false }
            if self == .cancelDoesNothing, isCancel { return .events([]) }
            return .events(events.compactMap { self.instead(of: $0, isLine: room.line != nil) })
        }
    }

    private func instead(ofRefusing command: RoomCommand, _ room: Room) -> [RoomEvent]? {
        switch (self, command.action) {
        case (.secondAcceptComesIn, .join(var join)) where join.call?.ring != nil && room.count > 0:
            join.call = nil
            join.pass = .ticket(isExpected: true)
            let another = RoomCommand(
                participant: command.participant,
                number: command.number,
                at: command.at,
                action: .join(join)
            )
            guard case .events(let events) = room.decide(another) else { return nil }
            return events
        default: return nil
        }
    }

    private func instead(of event: RoomEvent, isLine: Bool) -> RoomEvent? {
        switch (self, event.fact) {
        case (.answerIsNotSaid, .meeting(.ring(.answered))), (.answerIsNotSaid, .meeting(.ring(.ended(_, .answered)))),
            (.ringsEndIsNotSaid, .meeting(.ring(.ended))), (.noAnswerIsNotSaid, .meeting(.ring(.ended(_, .noAnswer)))),
            (.lineEndsNothing, .meeting(.line(.ended))), (.missedIsNotSaid, .meeting(.line(.missed))),
            (.elsewhereIsNotSaid, .meeting(.line(.ended(_, _, .answeredElsewhere, _, _)))),
            (.elsewhereIsNotSaid, .meeting(.line(.ended(_, _, .answered, _, _)))),
            (.lineHasNoDeadline, .meeting(.line(.ended(_, _, .noAnswer, _, _)))):
            return nil
        case (.callsEndIsNotSaid, .ended): return isLine ? event : nil
        case (.noAnswerIsNotSaid, .ended(.noAnswer)): return nil
        case (.declineIsNotPassedOn, .meeting(.line(.ended(let call, let ring, .declined, _, let instant)))):
            return RoomEvent(.meeting(.line(.ended(call, ring: ring, .declined, nil, at: instant))))
        default: return event
        }
    }
}
