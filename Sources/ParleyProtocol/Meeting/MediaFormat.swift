/// What two devices must both know in order to send each other media: a codec, and the profile of it that is part of
/// its identity in an offer.
///
/// Follows how WebRTC matches the lines of two descriptions: H.264 by profile and packetization mode (RFC 6184), H.265
/// by profile, tier and transmission mode (RFC 7798), VP9 by profile (RFC 9628), AV1 by profile and tier (AV1 RTP
/// specification), other codecs by their name; what is not heard at the usual rate and channels, by these too. Levels
/// are no identity, and the rest of Opus' parameters is taste. Vectors: `Tests/Vectors/media-formats.json`.
public struct MediaFormat: Hashable, Sendable {
    /// As registered (IANA, RTP payload format media types): `H264`, `VP8`, `opus`. Others in upper case.
    public let codec: String
    /// A word; `nil` where the name says it all.
    public let profile: String?

    /// - Parameters:
    ///   - codec: the name, in whatever case.
    ///   - profile: the word for the profile, as ``profile`` has it.
    public init(codec: String, profile: String? = nil) {
        self.codec = Self.registered(codec)
        self.profile = profile
    }

    /// - Parameters:
    ///   - codec: the name, in whatever case.
    ///   - parameters: `sdpFmtpLine` of WebRTC, without `a=fmtp:`; empty if there is none.
    ///   - clockRate: in hertz; `nil` if it is the usual one.
    ///   - channels: `nil` if they are the usual ones.
    /// - Returns: `nil` if the parameters name no profile that there could be, which matches with nobody.
    public init?(codec: String, parameters: String, clockRate: Int? = nil, channels: Int? = nil) {
        self.codec = Self.registered(codec)
        let parameters = FormatParameters(parameters)
        switch self.codec {
        case "H264":
            guard let profile = H264Profile.word(parameters) else { return nil }
            self.profile = profile
        case "H265":
            guard let profile = Self.h265Profile(parameters) else { return nil }
            self.profile = profile
        case "VP9":
            guard let number = parameters.number("profile-id", absent: 0) else { return nil }
            self.profile = "profile-\(number)"
        case "AV1":
            guard let profile = parameters.number("profile", absent: 0) else { return nil }
            guard let tier = parameters.number("tier", absent: 0) else { return nil }
            self.profile = Self.word(profile, ["main", "high", "professional"]) + Self.tier(tier)
        default: self.profile = Self.sound(self.codec, clockRate, channels)
        }
    }

    /// Names of what is in a list of codecs and is none: repair, redundancy, comfort noise, tones.
    public static func isCodec(_ name: String) -> Bool {
        switch name.lowercased() {
        case "rtx", "red", "ulpfec", "flexfec", "flexfec-03", "cn", "telephone-event": false
        default: true
        }
    }

    /// For people.
    public var codecTitle: String { Self.title(ofCodec: self.codec) }

    public static func title(ofCodec codec: String) -> String {
        switch codec {
        case "H264": "H.264"
        case "H265": "H.265"
        case "G722": "G.722"
        case "opus": "Opus"
        default: codec
        }
    }

    /// The one spelling of a name: media subtypes are the same in either case (RFC 6838, section 4.2).
    public static func registered(_ codec: String) -> String {
        let upper = codec.uppercased()
        return upper == "OPUS" ? "opus" : upper
    }

    private static func h265Profile(_ parameters: FormatParameters) -> String? {
        guard let profile = parameters.number("profile-id", absent: 1) else { return nil }
        guard let tier = parameters.number("tier-flag", absent: 0) else { return nil }
        let word = Self.word(profile, ["profile-0", "main", "main-10"]) + Self.tier(tier)
        switch (parameters["tx-mode"] ?? "SRST").uppercased() {
        case "SRST": return word
        case "MRST": return word + "-mrst"
        case "MRMT": return word + "-mrmt"
        default: return nil
        }
    }

    private static func word(_ number: UInt8, _ words: [String]) -> String {
        words.indices.contains(Int(number)) ? words[Int(number)] : "profile-\(number)"
    }

    private static func tier(_ number: UInt8) -> String {
        switch number {
        case 0: ""
        case 1: "-high-tier"
        default: "-tier-\(number)"
        }
    }

    /// `nil` where it is heard, or shown, as usual.
    private static func sound(_ codec: String, _ clockRate: Int?, _ channels: Int?) -> String? {
        let usual: (clockRate: Int, channels: Int?) =
            switch codec {
            case "opus": (48_000, 2)
            case "PCMU", "PCMA", "G722": (8_000, 1)
            default: (90_000, nil)
            }
        let rate = clockRate ?? usual.clockRate
        let count = channels ?? usual.channels
        if rate == usual.clockRate, count == usual.channels { return nil }
        return count.map { "\(rate)-\($0)" } ?? "\(rate)"
    }
}

extension MediaFormat: Comparable {
    /// By name, then by profile: for order where nothing else decides.
    public static func < (left: Self, right: Self) -> Bool {
        left.codec == right.codec
            ? (left.profile ?? "") < (right.profile ?? "")
            : left.codec < right.codec
    }
}

/// Profiles of H.264 by the two bytes in front of the level in `profile-level-id` (RFC 6184, section 8.1), as
/// libwebrtc tells them apart.
private enum H264Profile {
    /// `nil` if there is a `profile-level-id` that is none.
    static func word(_ parameters: FormatParameters) -> String? {
        guard let profile = Self.profile(parameters["profile-level-id"]) else { return nil }
        switch parameters.number("packetization-mode", absent: 0) {
        case 1: return profile
        case 0: return "\(profile)-single-nal"
        case 2: return "\(profile)-interleaved"
        default: return nil
        }
    }

    private static func profile(_ id: String?) -> String? {
        // What browsers take for granted where nothing is said.
        guard let id else { return "constrained-baseline" }
        guard id.utf8.count == 6, id.utf8.allSatisfy({ ASCII.hexadecimalValue($0) != nil }) else { return nil }
        guard let number = UInt32(id, radix: 16) else { return nil }
        let constraints = UInt8(truncatingIfNeeded: number >> 8)
        switch number >> 16 {
        case 0x42 where constraints & 0b0100_1111 == 0b0100_0000: return "constrained-baseline"
        case 0x4D where constraints & 0b1000_1111 == 0b1000_0000: return "constrained-baseline"
        case 0x58 where constraints & 0b1100_1111 == 0b1100_0000: return "constrained-baseline"
        case 0x42 where constraints & 0b0100_1111 == 0: return "baseline"
        case 0x58 where constraints & 0b1100_1111 == 0b1000_0000: return "baseline"
        case 0x4D where constraints & 0b1010_1111 == 0: return "main"
        case 0x64 where constraints == 0: return "high"
        case 0x64 where constraints == 0b0000_1100: return "constrained-high"
        case 0xF4 where constraints == 0: return "high-444-predictive"
        // Of a kind that we know no word for: the same bytes are the same profile.
        default: return "profile-" + String(id.lowercased().prefix(4))
        }
    }
}

/// `name=value;name=value`, names and values as in an `a=fmtp` line; the first of a name counts.
private struct FormatParameters {
    private let values: [(name: String, value: String)]

    init(_ text: String) {
        self.values = text.split(separator: ";").compactMap { part in
            let pair = part.split(separator: "=", maxSplits: 1)
            guard pair.count == 2 else { return nil }
            return (Self.trimmed(pair[0]).lowercased(), Self.trimmed(pair[1]))
        }
    }

    subscript(name: String) -> String? { self.values.first { $0.name == name }?.value }

    /// `nil` if there is something that is no number of a profile.
    func number(_ name: String, absent: UInt8) -> UInt8? {
        guard let text = self[name] else { return absent }
        return text.utf8.allSatisfy(ASCII.isDigit) ? UInt8(text) : nil
    }

    private static func trimmed(_ text: Substring) -> String {
        String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
