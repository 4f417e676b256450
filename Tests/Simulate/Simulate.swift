import ArgumentParser
import Dispatch
import ParleyProtocol
import ParleySimulation
import Synchronization

@main
struct Simulate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs the whole server in simulated worlds and says which promises were broken."
    )

    @Option(help: "How many worlds.")
    var seeds: UInt64 = 100
    @Option(help: "The seed of the first of them; the others follow.")
    var first: UInt64 = 1
    @Option(help: "Only the world of this seed.")
    var seed: UInt64?
    @Option(
        help: "What goes wrong: \(Scenario.allCases.map(\.rawValue).joined(separator: ", ")). All in turn if absent."
    )
    var scenario: Scenario?
    @Option(help: "Leave one mechanism out: \(Mechanisms.names.map(\.name).joined(separator: ", ")).")
    var mutant: String?
    @Option(
        help: "What goes wrong instead: \(FaultKind.allCases.map(\.rawValue).joined(separator: ", ")), with commas."
    )
    var faults: String?
    @Option(help: "How many worlds at once.")
    var jobs = 2
    @Flag(help: "Show everything that clients say and hear.")
    var trace = false
    @Flag(help: "Stop at the first violation.")
    var untilFailure = false

    func run() throws {
        let mechanisms = try self.mechanisms()
        let faults = try self.chosenFaults()
        let range = self.seed.map { $0...$0 } ?? self.first...(self.first + max(self.seeds, 1) - 1)
        let tally = Mutex(Tally(next: range.lowerBound))
        DispatchQueue.concurrentPerform(iterations: self.trace ? 1 : max(1, self.jobs)) { _ in
            while let seed = tally.withLock({ $0.take(range, self.untilFailure) }) {
                let plan = RecordedSeed(seed, self.scenario, mechanisms, faults: faults)
                let report = plan.run(onTrace: self.trace ? { print($0) } : nil)
                tally.withLock { $0.add(report, of: plan) }
            }
        }
        let result = tally.withLock { $0 }
        for (name, count) in result.counts.sorted(by: { $0.key < $1.key }) { print("\(name): \(count)") }
        print("\(result.worlds) worlds, \(result.failed) with violations")
        if result.failed > 0 { throw ExitCode.failure }
    }

    private func mechanisms() throws -> Mechanisms {
        guard let mutant = self.mutant else { return .all }
        guard let known = Mechanisms.names.first(where: { $0.name == mutant }) else {
            throw ValidationError("There is no mechanism \(mutant).")
        }
        return Mechanisms.all.subtracting(known.mechanisms)
    }

    private func chosenFaults() throws -> [FaultKind]? {
        try self.faults?.split(separator: ",").map { name in
            guard let kind = FaultKind(rawValue: String(name)) else {
                throw ValidationError("There is no fault \(name).")
            }
            return kind
        }
    }

    private struct Tally {
        var next: UInt64
        var worlds = 0
        var failed = 0
        var counts: [String: Int] = [:]

        mutating func take(_ range: ClosedRange<UInt64>, _ untilFailure: Bool) -> UInt64? {
            guard self.next <= range.upperBound, !untilFailure || self.failed == 0 else { return nil }
            defer { self.next += 1 }
            return self.next
        }

        mutating func add(_ report: SimulationReport, of plan: RecordedSeed) {
            self.worlds += 1
            self.counts.merge(report.counts, uniquingKeysWith: +)
            self.counts["steps", default: 0] += report.steps
            guard !report.violations.isEmpty else { return }
            self.failed += 1
            print("\(plan):\n    " + report.violations.joined(separator: "\n    "))
        }
    }
}

extension Scenario: ExpressibleByArgument {}
