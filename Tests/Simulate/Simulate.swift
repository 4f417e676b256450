import ArgumentParser
import ParleySimulation

@main
struct Simulate: ParsableCommand {
    @Option(help: "How many seeds.")
    var seeds = 100
    @Option(help: "The first of them.")
    var first: UInt64 = 1
    @Option(help: "Only this one.")
    var seed: UInt64?
    @Flag(help: "Show everything that clients say and hear.")
    var trace = false
    @Option var nodes = 1
    @Option var faults = "one-node"
    @Option var clients = 4

    func run() throws {
        var options = SimulationOptions()
        options.nodes = self.nodes
        options.clients = self.clients
        switch self.faults {
        case "clients":
            options.faults = FaultKind.ofClients
            options.isEngineReliable = true
        case "one-node": options.faults = FaultKind.ofOneNode
        case "all": options.faults = FaultKind.all
        case "wipes": options.faults = FaultKind.withWipes
        default: throw ValidationError("clients, one-node, all or wipes")
        }
        let range = self.seed.map { $0...$0 } ?? self.first...(self.first + UInt64(self.seeds) - 1)
        var counts: [String: Int] = [:]
        var bad = 0
        for seed in range {
            let simulation = Simulation(seed: seed, options: options, onTrace: self.trace ? { print($0) } : nil)
            let report = simulation.run()
            counts.merge(report.counts, uniquingKeysWith: +)
            counts["steps", default: 0] += report.steps
            if !report.violations.isEmpty {
                bad += 1
                print("seed \(seed): \(report.violations.joined(separator: "\n    "))")
            }
        }
        for (name, count) in counts.sorted(by: { $0.key < $1.key }) { print("\(name): \(count)") }
        print("\(range.count) seeds, \(bad) with violations")
        if bad > 0 { throw ExitCode.failure }
    }
}
