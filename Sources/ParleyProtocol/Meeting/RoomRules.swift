/// How things are done in a room (docs/PROTOCOL.md, section 5, `state.rules`).
public struct RoomRules: Hashable, Sendable {
    /// Whether everybody may switch the own microphone on again after a mute.
    public var mayUnmute = true
    /// Whether people come in with microphone and camera off.
    public var mutedOnJoin = false
    /// Lines of a picture, and pictures a second; `nil`: any.
    public var heightMax: Int?
    public var frameRateMax: Int?
    /// The codecs that may be used, by registered name, with their rank: the lowest is preferred. `nil`: any.
    public var videoCodecs: [String: Int]?
    public var audioCodecs: [String: Int]?
    public var succession = Succession.oldest
    /// Whether the audience's devices count for the media policy.
    public var audienceInPolicy = false
    public var recordingConsent = RecordingConsent.all

    /// Who becomes host when the host is gone for good and there is no co-host.
    public enum Succession: String, CaseIterable, Hashable, Sendable {
        case nobody
        /// Whoever has been here longest.
        case oldest
        /// The meeting ends.
        case end
        /// Nobody, and nobody new comes in.
        case lock
    }

    public enum RecordingConsent: String, CaseIterable, Hashable, Sendable {
        /// Everybody has to agree.
        case all
        /// Everybody is told.
        case inform
    }

    public init() {}
}

// MARK: - JSON

extension RoomRules {
    /// What differs from the usual rules, in a fixed order; an empty object if nothing does.
    public var json: JSONValue {
        let usual = RoomRules()
        var object = JSONObject()
        if self.mayUnmute != usual.mayUnmute { object.append("mayUnmute", .bool(self.mayUnmute)) }
        if self.mutedOnJoin != usual.mutedOnJoin { object.append("mutedOnJoin", .bool(self.mutedOnJoin)) }
        if let heightMax { object.append("heightMax", .integer(Int64(heightMax))) }
        if let frameRateMax { object.append("frameRateMax", .integer(Int64(frameRateMax))) }
        if let videoCodecs { object.append("videoCodecs", Self.json(videoCodecs)) }
        if let audioCodecs { object.append("audioCodecs", Self.json(audioCodecs)) }
        if self.succession != usual.succession { object.append("succession", .string(self.succession.rawValue)) }
        if self.audienceInPolicy != usual.audienceInPolicy {
            object.append("audienceInPolicy", .bool(self.audienceInPolicy))
        }
        if self.recordingConsent != usual.recordingConsent {
            object.append("recordingConsent", .string(self.recordingConsent.rawValue))
        }
        return .object(object)
    }

    /// Reads ``json``. What it does not know it ignores: another version may have written it.
    public init(json: JSONValue) {
        self.init()
        self.mayUnmute = json["mayUnmute"]?.bool ?? self.mayUnmute
        self.mutedOnJoin = json["mutedOnJoin"]?.bool ?? self.mutedOnJoin
        self.heightMax = json["heightMax"]?.integer.map { Int($0) }
        self.frameRateMax = json["frameRateMax"]?.integer.map { Int($0) }
        self.videoCodecs = json["videoCodecs"].map { Self.ranks($0) }
        self.audioCodecs = json["audioCodecs"].map { Self.ranks($0) }
        self.succession = json["succession"]?.string.flatMap { Succession(rawValue: $0) } ?? self.succession
        self.audienceInPolicy = json["audienceInPolicy"]?.bool ?? self.audienceInPolicy
        self.recordingConsent =
            json["recordingConsent"]?.string.flatMap { RecordingConsent(rawValue: $0) } ?? self.recordingConsent
    }

    private static func json(_ ranks: [String: Int]) -> JSONValue {
        var object = JSONObject()
        for (name, rank) in ranks.sorted(by: { $0.key < $1.key }) { object.append(name, .integer(Int64(rank))) }
        return .object(object)
    }

    private static func ranks(_ value: JSONValue) -> [String: Int] {
        var ranks: [String: Int] = [:]
        for (name, rank) in value.object?.members ?? JSONObject().members { ranks[name] = rank.integer.map { Int($0) } }
        return ranks
    }
}
