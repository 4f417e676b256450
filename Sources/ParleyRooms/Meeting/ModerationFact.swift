public import ParleyProtocol

/// Who was switched off, who wants to speak, and who does.
public enum ModerationFact: Hashable, Sendable {
    case muted(ParticipantID, MediaKinds, by: Muter)
    case allMuted(ModerationAction.MuteAll, by: Muter)
    case speakAllowed(ParticipantID, Bool, by: Muter)
    case handRaised(ParticipantID, at: Instant, toSpeak: Bool)
    case handLowered(ParticipantID)
    case handsLowered
    /// `nil`: nobody speaks.
    case speakerChanged(ParticipantID?)

    var type: String {
        switch self {
        case .muted: "muted"
        case .allMuted: "all-muted"
        case .speakAllowed: "speak-allowed"
        case .handRaised: "hand-raised"
        case .handLowered: "hand-lowered"
        case .handsLowered: "hands-lowered"
        case .speakerChanged: "speaker-changed"
        }
    }

    var participant: ParticipantID? {
        switch self {
        case .muted(let id, _, _), .speakAllowed(let id, _, _), .handRaised(let id, _, _), .handLowered(let id): id
        case .speakerChanged(let id): id
        case .allMuted, .handsLowered: nil
        }
    }

    var wireMembers: JSONObject {
        var object = JSONObject()
        switch self {
        case .muted(_, let kinds, _): object.append(kinds)
        case .allMuted(let all, _): object = all.members
        case .speakAllowed(_, let allowed, _): object.append("allowed", .bool(allowed))
        case .handRaised, .handLowered, .handsLowered, .speakerChanged: break
        }
        return object
    }

    var members: JSONObject {
        var object = self.wireMembers
        switch self {
        case .muted(_, _, let muter), .allMuted(_, let muter), .speakAllowed(_, _, let muter):
            object.append("muter", muter.json)
        case .handRaised(_, let instant, let toSpeak):
            object.append("at", .integer(instant.milliseconds))
            if toSpeak { object.append("speak", true) }
        case .handLowered, .handsLowered, .speakerChanged: break
        }
        return object
    }

    var bytesMax: Int {
        switch self {
        case .muted, .speakAllowed, .handRaised: 128
        case .allMuted(let all, _): 128 + 32 * all.except.count
        case .handLowered, .handsLowered, .speakerChanged: 64
        }
    }

    init?(_ type: String, _ reader: FieldReader) throws(RoomFormatError) {
        switch type {
        case "muted":
            self = .muted(try reader.identifier("participant"), try reader.kinds(), by: try reader.muter())
        case "all-muted": self = .allMuted(try reader.muteAll(), by: try reader.muter())
        case "speak-allowed":
            let allowed = try reader.bool("allowed")
            self = .speakAllowed(try reader.identifier("participant"), allowed, by: try reader.muter())
        case "hand-raised":
            let instant = try reader.instant("at")
            self = .handRaised(try reader.identifier("participant"), at: instant, toSpeak: reader.has("speak"))
        case "hand-lowered": self = .handLowered(try reader.identifier("participant"))
        case "hands-lowered": self = .handsLowered
        case "speaker-changed":
            self = .speakerChanged(reader.has("participant") ? try reader.identifier("participant") : nil)
        default: return nil
        }
    }
}

extension FieldReader {
    fileprivate func kinds() throws(RoomFormatError) -> MediaKinds {
        MediaKinds(audio: self.has("audio"), video: self.has("video"))
    }

    fileprivate func muter() throws(RoomFormatError) -> Muter {
        guard let muter = Muter(json: try self.value("muter")) else { throw .member("muter") }
        return muter
    }

    fileprivate func muteAll() throws(RoomFormatError) -> ModerationAction.MuteAll {
        var except: [ParticipantID] = []
        if self.has("except") {
            for (text, _) in (try self.value("except")).object?.members ?? JSONObject().members {
                guard let id = ParticipantID(text) else { throw .member("except") }
                except.append(id)
            }
        }
        return .init(try self.kinds(), except: except, mayUnmute: try self.boolIfPresent("mayUnmute"))
    }
}
