import ParleyProtocol

/// Sessions that wait until somebody takes their server away, and come back to wherever its address leads then.
public struct ServerLossPlan: Hashable, Sendable {
    public var sessions = 100
    /// Of them, so many in a room.
    public var roomSize = 10
    public var opening = 64
    /// The longest that it may take, with the waiting.
    public var milliseconds = 120_000

    public init() {}

    public var scenario: LoadScenario {
        let settings: JSONObject = [
            "sessions": .integer(Int64(self.sessions)), "roomSize": .integer(Int64(self.roomSize)),
        ]
        var scenario = LoadScenario(
            "server-loss",
            settings,
            unit: "returns",
            latencies: [.init("resumed", "until resumed"), .init("upgrade", "connection and upgrade")],
            milliseconds: self.milliseconds,
            praise: "Everybody is back, nobody has lost the session, and all hold the same state."
        ) { ServerLossCrew($0, self, $1) }
        scenario.endsByItself = true
        return scenario
    }
}
