import ParleyProtocol

/// What a room itself says about media.
public struct MediaRules: Hashable, Sendable {
    /// The codecs that may be used, by their registered name, with their rank: the lowest is preferred. `nil`: any.
    public var videoCodecs: [String: Int]?
    public var audioCodecs: [String: Int]?
    /// Lines of a picture; `nil`: any.
    public var heightMax: Int?
    /// Pictures a second; `nil`: any.
    public var frameRateMax: Int?
    /// Whether the audience's devices count as well.
    public var audienceCounts: Bool

    public init(
        videoCodecs: [String: Int]? = nil,
        audioCodecs: [String: Int]? = nil,
        heightMax: Int? = nil,
        frameRateMax: Int? = nil,
        audienceCounts: Bool = false
    ) {
        self.videoCodecs = videoCodecs.map(Self.registered)
        self.audioCodecs = audioCodecs.map(Self.registered)
        self.heightMax = heightMax
        self.frameRateMax = frameRateMax
        self.audienceCounts = audienceCounts
    }

    /// Names in whatever case; of two spellings of one the better rank counts.
    private static func registered(_ ranks: [String: Int]) -> [String: Int] {
        Dictionary(ranks.map { (MediaFormat.registered($0.key), $0.value) }, uniquingKeysWith: min)
    }
}
