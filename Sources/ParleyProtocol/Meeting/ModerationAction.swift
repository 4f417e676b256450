/// Microphone, camera, or both.
public struct MediaKinds: Hashable, Sendable {
    public var audio: Bool
    public var video: Bool

    public init(audio: Bool = false, video: Bool = false) {
        self.audio = audio
        self.video = video
    }

    public var isEmpty: Bool { !self.audio && !self.video }
}

/// Who is heard and seen, and who wants to be. Nothing of it switches anybody's microphone or camera on.
public enum ModerationAction: Hashable, Sendable {
    case mute(ParticipantID, MediaKinds)
    case muteAll(MuteAll)
    /// Whether somebody may switch the own microphone on where others may not.
    case allowSpeak(ParticipantID, Bool)
    /// Puts the question to them; nothing is switched on by their answer.
    case askUnmute([ParticipantID], MediaKinds)
    /// - Parameter toSpeak: as a request to speak, which `allow-speak` answers.
    case raiseHand(toSpeak: Bool)
    /// `nil`: the own one.
    case lowerHand(ParticipantID?)
    case lowerHands
    /// By the server alone: who speaks, `nil` if nobody does.
    case speaker(ParticipantID?)

    public struct MuteAll: Hashable, Sendable {
        public var kinds: MediaKinds
        public var except: [ParticipantID]
        /// Whether people may switch their own microphone on from now on; `nil`: as before.
        public var mayUnmute: Bool?

        public init(_ kinds: MediaKinds, except: [ParticipantID] = [], mayUnmute: Bool? = nil) {
            self.kinds = kinds
            self.except = except
            self.mayUnmute = mayUnmute
        }
    }

    /// Of those that a client may send.
    static let types = ["mute", "mute-all", "allow-speak", "ask-unmute", "raise-hand", "lower-hand", "lower-hands"]

    init?(_ type: String, _ reader: MemberReader, _ limits: Limits) throws(Rejection) {
        switch type {
        case "mute": self = .mute(try reader.requiredIdentifier("participant"), try MediaKinds(reader))
        case "mute-all":
            let except = try reader.participants("except", countMax: limits.exceptionsMax)
            self = .muteAll(MuteAll(try MediaKinds(reader), except: except, mayUnmute: try reader.flag("mayUnmute")))
        case "allow-speak":
            let allowed = try reader.required("allowed") { $0.bool }
            self = .allowSpeak(try reader.requiredIdentifier("participant"), allowed)
        case "ask-unmute":
            let asked = try reader.participants("participants", countMax: limits.consentAskedMax)
            guard !asked.isEmpty else { throw reader.fault("participants") }
            self = .askUnmute(asked, try MediaKinds(reader))
        case "raise-hand": self = .raiseHand(toSpeak: try reader.flag("speak") ?? false)
        case "lower-hand":
            self = .lowerHand(try reader.optional("participant") { $0.string.flatMap { ParticipantID($0) } })
        case "lower-hands": self = .lowerHands
        default: return nil
        }
    }

    var type: String {
        switch self {
        case .mute: "mute"
        case .muteAll: "mute-all"
        case .allowSpeak: "allow-speak"
        case .askUnmute: "ask-unmute"
        case .raiseHand: "raise-hand"
        case .lowerHand: "lower-hand"
        case .lowerHands: "lower-hands"
        case .speaker: "speaker"
        }
    }

    var members: JSONObject {
        var object = JSONObject()
        switch self {
        case .mute(let participant, let kinds):
            object.append("participant", .string(participant.description))
            object.append(kinds)
        case .muteAll(let all): object = all.members
        case .allowSpeak(let participant, let allowed):
            object.append("participant", .string(participant.description))
            object.append("allowed", .bool(allowed))
        case .askUnmute(let participants, let kinds):
            object.append("participants", .set(of: participants))
            object.append(kinds)
        case .raiseHand(let toSpeak):
            if toSpeak { object.append("speak", true) }
        case .lowerHand(let participant), .speaker(let participant):
            if let participant { object.append("participant", .string(participant.description)) }
        case .lowerHands: break
        }
        return object
    }
}

extension ModerationAction.MuteAll {
    /// As they are in the command, in the log, and in the event.
    package var members: JSONObject {
        var object = JSONObject()
        object.append(self.kinds)
        if !self.except.isEmpty {
            object.append("except", .set(of: self.except))
        }
        if let mayUnmute { object.append("mayUnmute", .bool(mayUnmute)) }
        return object
    }
}

extension MediaKinds {
    /// The microphone, if none is named.
    init(_ reader: MemberReader) throws(Rejection) {
        let (audio, video) = (try reader.flag("audio"), try reader.flag("video"))
        self.init(audio: audio ?? (video == nil), video: video ?? false)
        guard !self.isEmpty else { throw reader.fault("audio") }
    }
}

extension JSONObject {
    package mutating func append(_ kinds: MediaKinds) {
        if kinds.audio { self.append("audio", true) }
        if kinds.video { self.append("video", true) }
    }
}
