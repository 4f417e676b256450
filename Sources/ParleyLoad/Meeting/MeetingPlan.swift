import ParleyProtocol

/// What a server has to do on a usual day: people come to meetings, speak with each other, and go.
public struct MeetingPlan: Hashable, Sendable {
    public var rooms = 20
    public var sizes = RoomSizes.usual
    /// Into all rooms together.
    public var arrivalsPerSecond = 10.0
    /// On average; 0: until the end.
    public var staySeconds = 30.0
    /// Of each person.
    public var microphonesPerMinute = 6.0
    public var handsPerMinute = 2.0
    /// Signals of each pair, from both: an offer, an answer, and candidates.
    public var messagesPerPair = 10...50
    public var milliseconds = 30_000

    public init() {}

    static let latencies: [LoadScenario.Latency] = [
        .init("signal", "signals"), .init("join", "until in the room"),
        .init("microphone", "microphones"),
        .init("hand", "hands"), .init("leave", "leaves"),
    ]

    var settings: JSONObject {
        [
            "rooms": .integer(Int64(self.rooms)), "sizes": .string(self.sizes.text),
            "arrivalsPerSecond": .number(LoadReport.text(self.arrivalsPerSecond)),
            "staySeconds": .number(LoadReport.text(self.staySeconds)),
            "microphonesPerMinute": .number(LoadReport.text(self.microphonesPerMinute)),
            "handsPerMinute": .number(LoadReport.text(self.handsPerMinute)),
            "messagesPerPair": .string(
                "\(self.messagesPerPair.lowerBound)-\(self.messagesPerPair.upperBound)"
            ),
        ]
    }

    public var scenario: LoadScenario {
        LoadScenario(
            "meeting",
            self.settings,
            unit: "messages",
            latencies: Self.latencies,
            milliseconds: self.milliseconds,
            praise: "Everything arrived, once and in its order, and all of a room hold the same state."
        ) { MeetingCrew($0, self, $1) }
    }
}

/// A meeting that goes on and on, during which the server must not grow, and behind which nothing may be left.
public struct SoakPlan: Hashable, Sendable {
    public var meeting = MeetingPlan()
    /// How often the server is looked at.
    public var intervalMilliseconds = 10_000
    /// From when on it must not grow.
    public var warmupMilliseconds = 600_000
    /// By so much it may.
    public var growth = SoakGrowth()

    public init() {}

    public var scenario: LoadScenario {
        var settings = self.meeting.settings
        settings["intervalSeconds"] = .number(
            LoadReport.text(Double(self.intervalMilliseconds) / 1_000)
        )
        settings["warmupSeconds"] = .number(LoadReport.text(Double(self.warmupMilliseconds) / 1_000))
        settings["growthPercent"] = .number(LoadReport.text(self.growth.percent))
        settings["growthMegabytes"] = .number(LoadReport.text(self.growth.megabytes))
        var scenario = LoadScenario(
            "soak",
            settings,
            unit: "messages",
            latencies: MeetingPlan.latencies,
            milliseconds: self.meeting.milliseconds,
            praise: "Everything arrived, once and in its order, and all of a room held the same state."
        ) { MeetingCrew($0, self.meeting, $1) }
        scenario.probeMilliseconds = self.intervalMilliseconds
        scenario.waitsForTheServer = true
        let (growth, warmup) = (self.growth, Double(self.warmupMilliseconds) / 1_000)
        scenario.judgeServer = { history, verdict in
            growth.judge(history, warmupSeconds: warmup, &verdict)
        }
        return scenario
    }
}
