import ParleyProtocol

/// Rooms in which a few say something and everybody hears it.
public struct BroadcastPlan: Hashable, Sendable {
    /// What they say.
    public enum Kind: String, CaseIterable, Hashable, Sendable {
        /// They switch their microphones: an event of the room's log.
        case events
        case chat
    }

    public var rooms = 1
    /// People in each, who all hear.
    public var size = 50
    /// Of these, so many speak.
    public var publishers = 1
    public var kind = Kind.events
    /// Of each publisher.
    public var perSecond = 5.0
    public var warmupMilliseconds = 1_000
    public var milliseconds = 10_000
    /// Connections that are being opened at once.
    public var opening = 64

    public init() {}

    public var scenario: LoadScenario {
        let settings: JSONObject = [
            "rooms": .integer(Int64(self.rooms)), "size": .integer(Int64(self.size)),
            "publishers": .integer(Int64(self.publishers)), "kind": .string(self.kind.rawValue),
            "perSecond": .number(LoadReport.text(self.perSecond)),
        ]
        var scenario = LoadScenario(
            "broadcast",
            settings,
            unit: "arrivals",
            latencies: [
                .init("everybody", "to everybody"), .init("median", "to half of the room"),
                .init("p99", "to 99 % of the room"), .init("last", "to the last of the room"),
            ],
            milliseconds: self.milliseconds,
            praise: "Everybody heard everything, once and in its order, and all hold the same state."
        ) { BroadcastCrew($0, self, $1) }
        scenario.warmupMilliseconds = self.warmupMilliseconds
        return scenario
    }
}
