public import ParleyProtocol

/// What has become of the room as a whole.
public enum LifecycleFact: Hashable, Sendable {
    case locked
    case unlocked
    /// What differs from before.
    case configured(RoomSettings)

    var type: String {
        switch self {
        case .locked: "locked"
        case .unlocked: "unlocked"
        case .configured: "configured"
        }
    }

    var members: JSONObject {
        switch self {
        case .locked, .unlocked: [:]
        case .configured(let settings): ["settings": settings.json]
        }
    }

    var bytesMax: Int {
        switch self {
        case .locked, .unlocked: 32
        case .configured(let settings): 32 + settings.json.encoded.count
        }
    }

    init?(_ type: String, _ reader: FieldReader) throws(RoomFormatError) {
        switch type {
        case "locked": self = .locked
        case "unlocked": self = .unlocked
        case "configured": self = .configured(RoomSettings(json: try reader.value("settings")))
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
        case .configure(let settings): return self.decideConfigure(settings, request)
        }
    }

    mutating func evolve(_ fact: LifecycleFact) -> StatePatches {
        switch fact {
        case .locked: self.lifecycle == .open ? self.setLifecycle(.locked) : .none
        case .unlocked: self.lifecycle == .locked ? self.setLifecycle(.open) : .none
        case .configured(let settings): self.configure(settings)
        }
    }
}
