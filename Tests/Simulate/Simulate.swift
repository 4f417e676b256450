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
    @Option var clients = 4

    func run() throws {
        var options = SimulationOptions()
        options.nodes = self.nodes
        options.clients = self.clients
        options.hasFaults = false
        let report = Simulation(
            seed: self.seed ?? self.first,
            options: options,
            onTrace: self.trace ? { print($0) } : nil
        ).run()
        print(report)
    }
}
