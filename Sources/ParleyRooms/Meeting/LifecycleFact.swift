import ParleyProtocol

/// What has become of the room as a whole.
public enum LifecycleFact: Hashable, Sendable {
    case locked
    case unlocked

    var type: String {
        switch self {
        case .locked: "locked"
        case .unlocked: "unlocked"
        }
    }

    var members: JSONObject {
        switch self {
        case .locked, .unlocked: [:]
        }
    }

    init?(_ type: String, _ reader: FieldReader) throws(RoomFormatError) {
        switch type {
        case "locked": self = .locked
        case "unlocked": self = .unlocked
        default: return nil
        }
    }
}

extension Room {
    func decide(_ action: LifecycleAction, _ request: MeetingRequest) -> Decision {
        guard self.permits(request, .settings) else { return .rejected(.notPermitted) }
        switch action {
        case .lock:
            return self.lifecycle == .open ? request.events([.lifecycle(.locked)]) : .rejected(.noChange)
        case .unlock:
            return self.lifecycle == .locked ? request.events([.lifecycle(.unlocked)]) : .rejected(.noChange)
        }
    }

    mutating func evolve(_ fact: LifecycleFact) -> StatePatches {
        switch fact {
        case .locked: self.lifecycle == .open ? self.setLifecycle(.locked) : .none
        case .unlocked: self.lifecycle == .locked ? self.setLifecycle(.open) : .none
        }
    }
}
