import ParleyProtocol
import ParleySimulation

extension RecordedSeed {
    /// What they once found is said behind them.
    static let onceFailed: [RecordedSeed] = [
        RecordedSeed(1, .engine)  // An acknowledgement that the engine did not answer was never told to the sender.
    ]
}
