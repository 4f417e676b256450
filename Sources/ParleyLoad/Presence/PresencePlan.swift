import ParleyProtocol

/// People who are online, and who watch each other.
public struct PresencePlan: Hashable, Sendable {
    public var people = 100
    /// By how many each is watched.
    public var watchers = 10
    /// Changes, all people together.
    public var perSecond = 20.0
    public var warmupMilliseconds = 2_000
    public var milliseconds = 10_000
    /// Who have begun to come and are not there yet.
    public var opening = 64

    public init() {}

    public var scenario: LoadScenario {
        let settings: JSONObject = [
            "people": .integer(Int64(self.people)), "watchers": .integer(Int64(self.watchers)),
            "perSecond": .number(LoadReport.text(self.perSecond)),
        ]
        let perSecond = self.perSecond
        var scenario = LoadScenario(
            "presence",
            settings,
            unit: "news of somebody",
            latencies: [.init("news", "until a watcher knows")],
            milliseconds: self.milliseconds,
            praise: "Everybody knows in the end how those are whom they watch, and was told it in its order."
        ) { PresenceCrew($0, self, $1) }
        scenario.warmupMilliseconds = self.warmupMilliseconds
        scenario.judgeServer = { history, _ in
            guard let share = history.cpuShare else { return [] }
            let cost = share / perSecond * 1e6
            return [LoadFigure("serverMicrosecondsPerChange", "server, a change", cost, unit: "µs")]
        }
        return scenario
    }
}
