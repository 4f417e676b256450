public import ParleyProtocol

/// One kind of load, with its numbers: made by a plan, such as ``RelayPlan/scenario``.
public struct LoadScenario: Sendable {
    /// A kind of latency; the first one of a scenario is that of the arrivals which are counted.
    public struct Latency: Hashable, Sendable {
        public let key: String
        public let words: String

        package init(_ key: String, _ words: String) {
            self.key = key
            self.words = words
        }
    }

    public let name: String
    /// What was asked for, as it is told in the report.
    public let settings: JSONObject
    /// What arrives and is counted, in the plural.
    public let unit: String
    public let latencies: [Latency]
    var warmupMilliseconds = 0
    /// How long it is measured; where the scenario ends by itself, the longest that it may take.
    var milliseconds: Int
    var endsByItself = false
    /// What is said when nothing was wrong.
    let praise: String
    /// So long the server has to forget those who have gone.
    static let goneMilliseconds = 10_000
    /// What follows from what was seen of the server.
    var judgeServer: @Sendable (ServerHistory, inout Verdict) -> [LoadFigure] = { _, _ in [] }
    /// Whether the server is to be as it was before, once everybody has gone; one waits for it.
    var waitsForTheServer = false
    /// How often one looks at it.
    var probeMilliseconds = 1_000
    let makeCrew: @Sendable (LoadLane, CrewShare) -> any LoadCrew

    init(
        _ name: String,
        _ settings: JSONObject,
        unit: String,
        latencies: [Latency],
        milliseconds: Int,
        praise: String,
        makeCrew: @escaping @Sendable (LoadLane, CrewShare) -> any LoadCrew
    ) {
        self.name = name
        self.settings = settings
        self.unit = unit
        self.latencies = latencies
        self.milliseconds = milliseconds
        self.praise = praise
        self.makeCrew = makeCrew
    }
}

/// Which part of a load one event loop has.
struct CrewShare: Sendable {
    /// Begins the names of rooms, so that no two runs meet.
    let run: String
    let seed: UInt64
    let loop: Int
    let loops: Int

    /// Of things that are numbered, those of this loop.
    func numbers(below count: Int) -> [Int] {
        Array(stride(from: self.loop, to: count, by: self.loops))
    }

    func alias(_ number: Int) -> RoomAlias? { RoomAlias("\(self.run)-\(number)") }
}

/// SplitMix64 (Steele, Lea, Flood 2014): the same seed gives the same load.
package struct SeededGenerator: RandomNumberGenerator, Hashable, Sendable {
    private var state: UInt64

    package init(seed: UInt64) { self.state = seed }

    package mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var z = self.state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// 0 to 1, without 1.
    package mutating func share() -> Double { Double(self.next() >> 11) / 9_007_199_254_740_992 }
}
