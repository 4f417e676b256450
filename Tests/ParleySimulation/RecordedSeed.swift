package import ParleyProtocol

/// One world that can be run again at any time.
package struct RecordedSeed: Sendable, CustomStringConvertible {
    package let seed: UInt64
    package let scenario: Scenario
    package let mechanisms: Mechanisms

    /// - Parameter scenario: if absent, it follows from the seed.
    package init(_ seed: UInt64, _ scenario: Scenario? = nil, _ mechanisms: Mechanisms = .all) {
        self.seed = seed
        self.scenario = scenario ?? Scenario.allCases[Int(seed % UInt64(Scenario.allCases.count))]
        self.mechanisms = mechanisms
    }

    package var description: String { "seed \(self.seed) (\(self.scenario.rawValue))" }

    package func run(onTrace: ((String) -> Void)? = nil) -> SimulationReport {
        var options = self.scenario.options
        options.mechanisms = self.mechanisms
        return Simulation(seed: self.seed, options: options, onTrace: onTrace).run()
    }
}
