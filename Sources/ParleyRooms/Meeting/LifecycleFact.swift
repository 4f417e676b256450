public import ParleyProtocol

/// What has become of the room as a whole.
public enum LifecycleFact: Hashable, Sendable {
    case locked
    case unlocked
    /// What differs from before.
    case configured(RoomSettings)
    case opened(at: Instant)
    /// It will be over soon, because its time is.
    case ending(at: Instant, aheadMilliseconds: Int)
    /// Nobody is in it any more, and it stays for a while.
    case emptied(at: Instant)

    var type: String {
        switch self {
        case .locked: "locked"
        case .unlocked: "unlocked"
        case .configured: "configured"
        case .opened: "opened"
        case .ending: "ending"
        case .emptied: "emptied"
        }
    }

    var members: JSONObject {
        switch self {
        case .locked, .unlocked: [:]
        case .configured(let settings): ["settings": settings.json]
        case .opened(let instant), .emptied(let instant): ["at": .integer(instant.milliseconds)]
        case .ending(let instant, let ahead):
            [
                "reason": "duration", "endsAt": .integer(instant.milliseconds),
                "aheadMilliseconds": .integer(Int64(ahead)),
            ]
        }
    }

    var wireMembers: JSONObject {
        switch self {
        case .locked, .unlocked, .configured, .opened, .emptied: [:]
        case .ending(let instant, _): ["reason": "duration", "endsAt": .integer(instant.milliseconds)]
        }
    }

    var bytesMax: Int {
        switch self {
        case .locked, .unlocked, .opened, .emptied: 48
        case .ending: 128
        case .configured(let settings): 32 + settings.json.encoded.count
        }
    }

    init?(_ type: String, _ reader: FieldReader) throws(RoomFormatError) {
        switch type {
        case "locked": self = .locked
        case "unlocked": self = .unlocked
        case "configured": self = .configured(RoomSettings(json: try reader.value("settings")))
        case "opened": self = .opened(at: try reader.instant("at"))
        case "emptied": self = .emptied(at: try reader.instant("at"))
        case "ending":
            let ahead = Int(clamping: try reader.number("aheadMilliseconds"))
            self = .ending(at: try reader.instant("endsAt"), aheadMilliseconds: ahead)
        default: return nil
        }
    }
}

extension Room {
    func decide(_ action: LifecycleAction, _ request: MeetingRequest) -> Decision {
        guard self.permits(request, action == .end ? .end : .settings) else { return .rejected(.notPermitted) }
        switch action {
        case .lock:
            return self.lifecycle == .open ? request.events([.lifecycle(.locked)]) : .rejected(.noChange)
        case .unlock:
            return self.lifecycle == .locked ? request.events([.lifecycle(.unlocked)]) : .rejected(.noChange)
        case .configure(let settings): return self.decideConfigure(settings, request)
        case .end: return .events([RoomEvent(.ended(.host), cause: request.cause)])
        }
    }

    mutating func evolve(_ fact: LifecycleFact) -> StatePatches {
        switch fact {
        case .locked: self.lifecycle == .open ? self.setLifecycle(.locked) : .none
        case .unlocked: self.lifecycle == .locked ? self.setLifecycle(.open) : .none
        case .configured(let settings): self.configure(settings)
        case .opened(let instant): self.open(at: instant)
        case .ending(_, let ahead): self.warn(ahead)
        case .emptied(let instant): self.changeRoom { $0.times.emptiedAt = instant }
        }
    }
}
