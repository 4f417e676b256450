import ParleyProtocol
import ParleySimulation
import Testing

@Suite("The simulated world keeps its promises")
struct SimulationTests {
    private static let fixed = (1...40).map { RecordedSeed($0) }
    /// Others every time; a failure names its seed.
    private static let fresh = (0..<10).map { number in
        RecordedSeed(.random(in: 1_000_000...999_999_999), Scenario.allCases[number % Scenario.allCases.count])
    }

    @Test("in forty known worlds", arguments: fixed)
    func known(_ world: RecordedSeed) {
        #expect(world.run().violations == [])
    }

    @Test("in ten new worlds", arguments: fresh)
    func new(_ world: RecordedSeed) {
        let command = "swift run -c release simulate --scenario \(world.scenario.rawValue) --seed \(world.seed)"
        #expect(world.run().violations == [], "Run it again: \(command)")
    }

    @Test("in worlds where it once broke them", arguments: RecordedSeed.onceFailed)
    func onceFailed(_ world: RecordedSeed) {
        #expect(world.run().violations == [])
    }

    @Test("only with every mechanism", arguments: Mutant.all)
    func mutant(_ mutant: Mutant) { _ = self.isMissed(mutant) }

    @Test("and each fault of a Redis is one that breaks something", arguments: Mutant.ofRedis)
    func fault(_ mutant: Mutant) {
        guard let noticed = self.isMissed(mutant) else { return }
        // For the fault, and for nothing else that happens there.
        let harmless = RecordedSeed(noticed.seed, noticed.scenario, noticed.mechanisms, faults: [.doubt])
        #expect(harmless.run().violations == [])
    }

    /// - Returns: the world that shows it.
    private func isMissed(_ mutant: Mutant) -> RecordedSeed? {
        let left = Mechanisms.names.first { $0.name == mutant.name }?.mechanisms ?? []
        #expect(!left.isEmpty)
        let worlds = mutant.seeds.map {
            RecordedSeed($0, mutant.scenario, Mechanisms.all.subtracting(left), faults: mutant.faults)
        }
        guard let noticed = worlds.first(where: { !$0.run().violations.isEmpty }) else {
            Issue.record("Nobody misses \(mutant.name).")
            return nil
        }
        // For want of it, and for nothing else.
        let whole = RecordedSeed(noticed.seed, noticed.scenario, faults: mutant.faults)
        #expect(whole.run().violations == [])
        return noticed
    }

    @Test("and nothing else is left out") func everyMechanism() {
        #expect((Mutant.all.map(\.name) + Mutant.seldom).sorted() == Mechanisms.names.map(\.name).sorted())
    }

    @Test("and every world happens the same way twice", arguments: Scenario.allCases)
    func repeats(_ scenario: Scenario) {
        let world = RecordedSeed(4_711, scenario)
        let first = world.run()
        let second = world.run()
        #expect(first.digest == second.digest)
        #expect(first.steps == second.steps)
    }
}
