import ParleyProtocol

/// Connections that are there, and on which nothing happens.
public struct IdlePlan: Hashable, Sendable {
    public var connections = 1_000
    /// People in a room; 0: nobody is in one.
    public var roomSize = 0
    /// `nil`: as fast as it goes.
    public var perSecond: Double?
    public var opening = 64
    public var milliseconds = 60_000
    /// How long it may take until all are there.
    public var openingMilliseconds = 600_000

    public init() {}

    public var scenario: LoadScenario {
        let settings: JSONObject = [
            "connections": .integer(Int64(self.connections)), "roomSize": .integer(Int64(self.roomSize)),
            "perSecond": self.perSecond.map { .number(LoadReport.text($0)) } ?? .null,
        ]
        let connections = self.connections
        var scenario = LoadScenario(
            "idle",
            settings,
            unit: "signs of life",
            latencies: [.init("silence", "between two of them")],
            milliseconds: self.milliseconds,
            praise: "All connections are there, and were told so all the time."
        ) { IdleCrew($0, self, $1) }
        scenario.judgeServer = { history, _ in
            var figures: [LoadFigure] = []
            if let bytes = history.bytesPerConnection(connections) {
                figures.append(
                    .init("serverKilobytesPerConnection", "server, a connection", bytes / 1_024, unit: "KiB")
                )
            }
            return figures
        }
        return scenario
    }
}
