import ParleyProtocol

/// Pairs who call each other: it rings, somebody answers, somebody hangs up.
public struct CallsPlan: Hashable, Sendable {
    /// Each with one who calls and one who is called.
    public var pairs = 100
    /// Of each who is called: one of them answers, in turn.
    public var devices = 1
    /// Calls, all pairs together.
    public var perSecond = 50.0
    public var talkMilliseconds = 0
    public var warmupMilliseconds = 1_000
    public var milliseconds = 10_000
    /// Who have begun to come and are not there yet.
    public var opening = 64

    public init() {}

    public var scenario: LoadScenario {
        let settings: JSONObject = [
            "pairs": .integer(Int64(self.pairs)), "devices": .integer(Int64(self.devices)),
            "perSecond": .number(LoadReport.text(self.perSecond)),
            "talkMilliseconds": .integer(Int64(self.talkMilliseconds)),
        ]
        var scenario = LoadScenario(
            "calls",
            settings,
            unit: "calls",
            latencies: [
                .init("whole", "from due to over"), .init("rings", "until it rings"),
                .init("answered", "accepted to answered"), .init("ended", "hung up to heard"),
            ],
            milliseconds: self.milliseconds,
            praise: "Each call rang once on each device, one answered, both sides heard the end, and nothing rings."
        ) { CallsCrew($0, self, $1) }
        scenario.warmupMilliseconds = self.warmupMilliseconds
        return scenario
    }
}
