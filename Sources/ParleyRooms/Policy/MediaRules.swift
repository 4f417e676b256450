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
        self.videoCodecs = videoCodecs
        self.audioCodecs = audioCodecs
        self.heightMax = heightMax
        self.frameRateMax = frameRateMax
        self.audienceCounts = audienceCounts
    }
}
