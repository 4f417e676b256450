import ParleyProtocol

/// Many come at once, or so many a second.
public struct JoinStormPlan: Hashable, Sendable {
    public var people = 100
    public var rooms = 1
    /// All of them together. `nil`: as fast as it goes.
    public var perSecond: Double?
    /// Who have begun to come and are not there yet, without a rate.
    public var atOnce = 64
    /// The longest that it may take.
    public var milliseconds = 60_000

    public init() {}

    public var scenario: LoadScenario {
        let settings: JSONObject = [
            "people": .integer(Int64(self.people)), "rooms": .integer(Int64(self.rooms)),
            "perSecond": self.perSecond.map { .number(LoadReport.text($0)) } ?? .null,
            "atOnce": .integer(Int64(self.atOnce)),
        ]
        var scenario = LoadScenario(
            "join-storm",
            settings,
            unit: "joins",
            latencies: [
                .init("join", "until in the room"), .init("upgrade", "connection and upgrade"),
                .init("hello", "hello and join"),
            ],
            milliseconds: self.milliseconds,
            praise: "Everybody is there, knows of everybody, and holds the same state."
        ) { JoinStormCrew($0, self, $1) }
        scenario.endsByItself = true
        return scenario
    }
}
