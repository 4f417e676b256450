import ParleyProtocol

/// Pairs, each in a room of its own, whose two sides send signals to each other.
public struct RelayPlan: Hashable, Sendable {
    public var pairs = 64
    /// Bytes of a signal as it is sent, framing not counted; it is never shorter than what has to be in it.
    public var bytes = 300
    /// Signals of one sender that have not arrived yet. With a rate, those that are due wait behind it, and the time
    /// that they wait is in their latency.
    public var window = 1
    /// Signals of one sender in a second. `nil`: as fast as the window allows.
    public var perSecond: Double?
    public var warmupMilliseconds = 1_000
    public var milliseconds = 10_000
    /// Connections that are being opened at once.
    public var opening = 64

    public init() {}

    /// The most that a server takes of one sender before the recipient acknowledges.
    public static let windowMax = 200

    public var scenario: LoadScenario {
        let settings: JSONObject = [
            "pairs": .integer(Int64(self.pairs)), "bytes": .integer(Int64(self.bytes)),
            "window": .integer(Int64(self.window)),
            "perSecond": self.perSecond.map { .number(LoadReport.text($0)) } ?? .null,
        ]
        var scenario = LoadScenario(
            "relay",
            settings,
            unit: "messages",
            latencies: [.init("signal", "signals")],
            milliseconds: self.milliseconds,
            praise: "Everything arrived, once, in its order, as it was sent."
        ) { RelayCrew($0, self, $1) }
        scenario.warmupMilliseconds = self.warmupMilliseconds
        return scenario
    }
}
