package import ParleyProtocol

/// What everybody in a room can send and receive, and why it is that and nothing better.
///
/// A function of the devices and the rules alone: every node that holds the same room computes the same.
public struct MediaPolicy: Hashable, Sendable {
    /// That of the kind which is worse off.
    package let mode: MediaAgreement.Mode
    /// In order of preference: at most one of each codec.
    package let video: [MediaFormat]
    package let audio: [MediaFormat]
    /// Lines of a picture that every receiver takes; `nil`: nobody has named a bound.
    package let height: Int?
    /// Pictures a second.
    package let frameRate: Int?
    /// Whether everybody who sends pictures can send several sizes at once.
    let simulcast: Bool
    /// Plain English: the first to be asked is a person.
    package let reason: String
    /// Who stands in the way of a better policy, the first who came first, at most ``blockersMax``.
    package let blockers: [ParticipantID]
    /// Whether it stays as it is, whoever comes or goes, as long as the kinds of devices are the same.
    let isSettled: Bool

    static var blockersMax: Int { Limits().policyBlockersMax }

    /// - Returns: `nil` if there is nothing to say: nobody has declared anything, or nobody who counts has media.
    package init?(of profiles: DeviceProfiles, rules: MediaRules) {
        let counted = Self.counted(profiles, rules)
        guard counted.contains(where: { !$0.isSilent }) else { return nil }
        let video = Self.agreement(counted, \.video, ranks: rules.videoCodecs)
        let audio = Self.agreement(counted, \.audio, ranks: rules.audioCodecs)
        let modes = [video?.mode, audio?.mode].compactMap(\.self)
        guard let first = modes.first else { return nil }
        self.mode = modes.reduce(first) { $0.worse(than: $1) }
        self.video = video?.formats ?? []
        self.audio = audio?.formats ?? []
        let height = MediaBound(of: counted, \.height, room: rules.heightMax)
        let frameRate = MediaBound(of: counted, \.frameRate, room: rules.frameRateMax)
        self.height = video == nil ? nil : height?.value
        self.frameRate = video == nil ? nil : frameRate?.value
        let senders = counted.compactMap(\.abilities.video?.send)
        self.simulcast = !senders.isEmpty && senders.allSatisfy(\.simulcast)
        var sentences: [String] = []
        if let video { sentences.append(video.sentence("video", hasRanks: rules.videoCodecs != nil)) }
        if let audio, video == nil || audio.isRemarkable {
            sentences.append(audio.sentence("audio", hasRanks: rules.audioCodecs != nil))
        }
        if video != nil {
            sentences += [height?.sentence("lines"), frameRate?.sentence("pictures a second")].compactMap(\.self)
        }
        self.reason = sentences.joined(separator: " ")
        self.blockers = Self.blockers(video, audio)
        self.isSettled =
            [video, audio].allSatisfy { $0?.isSettled ?? true }
            && [height, frameRate].allSatisfy { $0?.isRooms ?? true }
    }

    /// A kind of device that counts, and who has it.
    struct Counted {
        let abilities: MediaAbilities
        let isSilent: Bool
        let count: Int
        let holders: [DeviceProfiles.Holder]
    }

    private static func counted(_ profiles: DeviceProfiles, _ rules: MediaRules) -> [Counted] {
        profiles.profiles.compactMap { profile in
            let count = profile.stage.count + (rules.audienceCounts ? profile.audience.count : 0)
            guard count > 0 else { return nil }
            var holders = Array(profile.stage.prefix(Self.blockersMax))
            if rules.audienceCounts {
                holders += profile.audience.prefix(Self.blockersMax)
                holders.sort { $0.joined < $1.joined }
            }
            return Counted(
                abilities: profile.abilities ?? .mandatory,
                isSilent: profile.abilities == nil,
                count: count,
                holders: Array(holders.prefix(Self.blockersMax))
            )
        }
    }

    /// `nil` if nobody has this kind.
    private static func agreement(
        _ counted: [Counted],
        _ kind: KeyPath<MediaAbilities, MediaAbilities.Kind?>,
        ranks: [String: Int]?
    ) -> MediaAgreement? {
        let devices = counted.compactMap { device in
            MediaAgreement.Device(
                device.abilities[keyPath: kind],
                isSilent: device.isSilent,
                count: device.count,
                holders: device.holders
            )
        }
        return devices.isEmpty ? nil : MediaAgreement(among: devices, ranks: ranks)
    }

    private static func blockers(_ video: MediaAgreement?, _ audio: MediaAgreement?) -> [ParticipantID] {
        let obstacles = [video?.obstacle, audio.flatMap { $0.isRemarkable ? $0.obstacle : nil }].compactMap(\.self)
        var seen: Set<ParticipantID> = []
        let holders = obstacles.flatMap(\.devices).flatMap(\.holders).sorted { $0.joined < $1.joined }
        return Array(holders.map(\.id).filter { seen.insert($0).inserted }.prefix(Self.blockersMax))
    }
}

extension MediaAgreement.Mode {
    fileprivate func worse(than other: Self) -> Self {
        switch (self, other) {
        case (.none, _), (_, .none): .none
        case (.pairwise, _), (_, .pairwise): .pairwise
        case (.common, .common): .common
        }
    }
}

extension MediaAgreement {
    /// Whether people should hear of it even where it is sound, which nearly always is Opus.
    var isRemarkable: Bool {
        switch self.mode {
        case .common: self.obstacle?.isPreferred ?? false
        case .pairwise, .none: true
        }
    }
}

// MARK: - The state

extension MediaPolicy {
    /// `state.policy` (docs/PROTOCOL.md, media policy).
    ///
    /// - Parameter revision: grows with every change of the policy.
    package func json(revision: UInt64) -> JSONValue {
        var object: JSONObject = [
            "revision": .integer(Int64(clamping: revision)), "mode": .string(self.mode.rawValue),
        ]
        if !self.video.isEmpty { object.append("video", Self.ranked(self.video)) }
        if !self.audio.isEmpty { object.append("audio", Self.ranked(self.audio)) }
        var limits = JSONObject()
        if let height = self.height { limits.append("height", .integer(Int64(height))) }
        if let frameRate = self.frameRate { limits.append("frameRate", .integer(Int64(frameRate))) }
        if !limits.isEmpty { object.append("limits", .object(limits)) }
        if self.simulcast { object.append("simulcast", true) }
        object.append("reason", .string(self.reason))
        if !self.blockers.isEmpty {
            var blockers = JSONObject()
            for id in self.blockers { blockers.append(id.description, true) }
            object.append("blockers", .object(blockers))
        }
        return .object(object)
    }

    private static func ranked(_ formats: [MediaFormat]) -> JSONValue {
        var object = JSONObject()
        for (index, format) in formats.enumerated() {
            var entry: JSONObject = ["codec": .string(format.codec)]
            if let profile = format.profile { entry.append("profile", .string(profile)) }
            object.append("\(index + 1)", .object(entry))
        }
        return .object(object)
    }
}
