import ParleyProtocol

/// Everybody is cut off at once and comes back at once, while in their rooms life goes on.
public struct ResumeStormPlan: Hashable, Sendable {
    /// Who are cut off.
    public var sessions = 100
    /// Of them, so many in a room; with somebody who stays.
    public var roomSize = 10
    /// Written in each room while they are away.
    public var events = 5
    /// Sent to each of them while they are away.
    public var signals = 3
    public var rounds = 1
    /// How long they stay away once everything is written.
    public var awayMilliseconds = 0
    public var opening = 64
    /// The longest that it may take.
    public var milliseconds = 60_000

    public init() {}

    public var scenario: LoadScenario {
        let settings: JSONObject = [
            "sessions": .integer(Int64(self.sessions)), "roomSize": .integer(Int64(self.roomSize)),
            "events": .integer(Int64(self.events)), "signals": .integer(Int64(self.signals)),
            "rounds": .integer(Int64(self.rounds)),
            "awayMilliseconds": .integer(Int64(self.awayMilliseconds)),
        ]
        var scenario = LoadScenario(
            "resume-storm",
            settings,
            unit: "returns",
            latencies: [
                .init("caughtUp", "until caught up"), .init("resumed", "until resumed"),
                .init("upgrade", "connection and upgrade"),
            ],
            milliseconds: self.milliseconds,
            praise:
                "Everybody is back, nothing was lost and nothing came twice, and all hold the same state."
        ) { ResumeStormCrew($0, self, $1) }
        scenario.endsByItself = true
        return scenario
    }
}
