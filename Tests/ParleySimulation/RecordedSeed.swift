package import ParleyProtocol

/// One world that can be run again at any time.
package struct RecordedSeed: Sendable, CustomStringConvertible {
    package let seed: UInt64
    package let scenario: Scenario
    package let mechanisms: Mechanisms
    /// Other faults than those of the scenario.
    package let faults: [FaultKind]?

    /// - Parameter scenario: if absent, it follows from the seed.
    package init(
        _ seed: UInt64,
        _ scenario: Scenario? = nil,
        _ mechanisms: Mechanisms = .all,
        faults: [FaultKind]? = nil
    ) {
        self.seed = seed
        self.scenario = scenario ?? Scenario.allCases[Int(seed % UInt64(Scenario.allCases.count))]
        self.mechanisms = mechanisms
        self.faults = faults
    }

    package var description: String { "seed \(self.seed) (\(self.scenario.rawValue))" }

    package func run(onTrace: ((String) -> Void)? = nil) -> SimulationReport {
        var options = self.scenario.options
        options.mechanisms = self.mechanisms
        if let faults = self.faults { options.faults = faults }
        return Simulation(seed: self.seed, options: options, onTrace: onTrace).run()
    }
}
