import ParleyProtocol
import ParleySimulation
import Testing

extension RecordedSeed {
    /// What they once found is said behind them.
    static let onceFailed: [RecordedSeed] = [
        // An acknowledgement that the engine did not answer was never told to the sender.
        RecordedSeed(1, .engine),
        // Signals of people who had left filled a mailbox for good.
        RecordedSeed(36, .clients),
        // A join and an interruption in one entry: connected, and shown as interrupted for ever.
        RecordedSeed(20, .engine),
        // What waited in the mailbox was taken for delivered.
        RecordedSeed(4, .nodes),
        // A closed host healed the room from its last day.
        RecordedSeed(10, .nodes),
        // A node that was behind took a session that had moved on.
        RecordedSeed(14, .nodes),
        // An alias stayed with a room that was over.
        RecordedSeed(17, .nodes),
        // A connection was thrown out because its own attachment was in the log already.
        RecordedSeed(1, .nodes),
    ]
}

/// Worlds that break a promise as soon as they lack a mechanism.
struct Mutant: Sendable, CustomTestStringConvertible {
    let name: String
    let scenario: Scenario
    /// Several, because every change of the server changes what happens in a world.
    let seeds: [UInt64]

    var testDescription: String { self.name }

    static let all = [
        Mutant(name: "commandDeduplication", scenario: .clients, seeds: [1, 3, 5, 7, 8]),
        Mutant(name: "denseSignals", scenario: .engine, seeds: [4, 9, 14, 16, 27, 29]),
        Mutant(name: "signalFloor", scenario: .engine, seeds: [1, 2, 3, 5, 6]),
        Mutant(name: "deliveredWatermark", scenario: .nodes, seeds: [1, 2, 4, 5, 6, 7]),
        Mutant(name: "healing", scenario: .nodes, seeds: [6, 17, 32, 35, 46, 53]),
        Mutant(name: "positionUID", scenario: .nodes, seeds: [44, 48, 196]),
        Mutant(name: "epochs", scenario: .nodes, seeds: [44, 48, 188]),
        Mutant(name: "rememberedRejections", scenario: .nodes, seeds: [1, 2, 3, 4]),
        Mutant(name: "uidCompare", scenario: .nodes, seeds: [82, 143]),
        Mutant(name: "exactCompare", scenario: .nodes, seeds: [8, 12, 14, 20, 128, 166]),
        Mutant(name: "resubmission", scenario: .nodes, seeds: [34]),
        Mutant(name: "acknowledgementBehindMail", scenario: .nodes, seeds: [75, 110, 127]),
    ]
}
