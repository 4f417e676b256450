public import ParleyProtocol

// What a meeting knows of one person beside role and devices.

/// Who switched somebody's microphone or camera off.
public enum Muter: Hashable, Sendable {
    case participant(ParticipantID)
    /// An operator, or a rule.
    case server

    init(_ participant: ParticipantID?) {
        self = participant.map { .participant($0) } ?? .server
    }

    var json: JSONValue {
        switch self {
        case .participant(let id): .string(id.description)
        case .server: "server"
        }
    }

    init?(json: JSONValue?) {
        guard let text = json?.string else { return nil }
        self = ParticipantID(text).map { .participant($0) } ?? .server
    }
}

/// A hand that is up.
public struct Hand: Hashable, Sendable {
    /// The lowest was raised first; never used again.
    public let order: UInt64
    public let raisedAt: Instant
    /// Whether it asks to speak.
    public internal(set) var isToSpeak: Bool
}

/// What of somebody is shown only where there is something to show.
public struct Conduct: Hashable, Sendable {
    public internal(set) var hand: Hand?
    /// Who switched it off, until the person switches it on again.
    public internal(set) var audioMutedBy: Muter?
    public internal(set) var videoMutedBy: Muter?
    /// A personal right to switch the microphone on, whatever role and rules say.
    public internal(set) var mayUnmute = false
    /// Whether they have put the call on hold.
    public internal(set) var isHeld = false

    init() {}

    /// In the order of the state.
    var members: JSONObject {
        guard self != Conduct() else { return [:] }
        var object = JSONObject()
        if let hand {
            object.append("hand", .integer(Int64(clamping: hand.order)))
            object.append("handRaisedAt", .integer(hand.raisedAt.milliseconds))
            if hand.isToSpeak { object.append("handToSpeak", true) }
        }
        var muted = JSONObject()
        if let audioMutedBy { muted.append("audio", audioMutedBy.json) }
        if let videoMutedBy { muted.append("video", videoMutedBy.json) }
        if !muted.isEmpty { object.append("muted", .object(muted)) }
        if self.mayUnmute { object.append("mayUnmute", true) }
        if self.isHeld { object.append("held", true) }
        return object
    }

    init(_ reader: FieldReader) throws(RoomFormatError) {
        if reader.has("hand") {
            self.hand = Hand(
                order: try reader.number("hand"),
                raisedAt: try reader.instant("handRaisedAt"),
                isToSpeak: reader.has("handToSpeak")
            )
        }
        if reader.has("muted") {
            let muted = try reader.value("muted")
            self.audioMutedBy = Muter(json: muted["audio"])
            self.videoMutedBy = Muter(json: muted["video"])
        }
        self.mayUnmute = reader.has("mayUnmute")
        self.isHeld = reader.has("held")
    }
}

extension Participant {
    /// Those of the devices that are on.
    var kindsOn: MediaKinds { MediaKinds(audio: self.media.audio, video: self.media.video) }

    /// Whether there is something that muting would switch off.
    var isOn: Bool { self.media.audio || self.media.video }

    mutating func mute(_ kinds: MediaKinds, by muter: Muter) {
        if kinds.audio, self.media.audio {
            self.media.audio = false
            self.conduct.audioMutedBy = muter
        }
        if kinds.video, self.media.video {
            self.media.video = false
            self.conduct.videoMutedBy = muter
        }
    }

    /// By the person: what is on was muted by nobody.
    mutating func switchMedia(_ change: MediaChange) {
        self.media.apply(change)
        if self.media.audio { self.conduct.audioMutedBy = nil }
        if self.media.video { self.conduct.videoMutedBy = nil }
    }
}
