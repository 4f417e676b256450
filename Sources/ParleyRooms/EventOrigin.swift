public import ParleyProtocol

/// By whose will something has happened. The log says it of the first event of a command alone (``RoomEvent/cause``);
/// whoever has decided the command knows it of all.
public enum EventOrigin: Hashable, Sendable {
    case participant(ParticipantID)
    /// By the HTTP API; with a name, if whoever used it has shown one.
    case operators(String?)
    /// Time, a lost connection, a rule.
    case server
}

extension RoomCommand {
    package var origin: EventOrigin {
        if self.number != nil { return .participant(self.participant) }
        switch self.action {
        case .meeting where self.isOperators, .create: return .operators(self.operatorName)
        case .join, .leave, .media, .meeting, .skip, .disconnect, .interrupt, .attach, .expire, .deadline, .call:
            return .server
        }
    }
}

extension [RoomEvent] {
    /// What the log knows of it: the last command that was named before, or the server.
    package var namedOrigins: [EventOrigin] {
        var origin = EventOrigin.server
        return self.map { event in
            if let cause = event.cause { origin = .participant(cause.by) }
            return origin
        }
    }
}
