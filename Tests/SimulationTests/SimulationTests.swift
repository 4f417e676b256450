import ParleyProtocol
import ParleySimulation
import Testing

@Suite("The simulated world keeps its promises")
struct SimulationTests {
    private static let fixed = (1...40).map { RecordedSeed($0) }
    /// Others every time; a failure names its seed.
    private static let fresh = (0..<10).map { _ in RecordedSeed(.random(in: 1_000_000...999_999_999)) }

    @Test("in forty known worlds", arguments: fixed)
    func known(_ world: RecordedSeed) {
        #expect(world.run().violations == [])
    }

    @Test("in ten new worlds", arguments: fresh)
    func new(_ world: RecordedSeed) {
        #expect(world.run().violations == [], "Run it again: swift run -c release simulate --seed \(world.seed)")
    }

    @Test("in worlds where it once broke them", arguments: RecordedSeed.onceFailed)
    func onceFailed(_ world: RecordedSeed) {
        #expect(world.run().violations == [])
    }

    @Test("only with every mechanism", arguments: Mutant.all)
    func mutant(_ mutant: Mutant) {
        let left = Mechanisms.names.first { $0.name == mutant.name }?.mechanisms ?? []
        #expect(!left.isEmpty)
        let isNoticed = mutant.seeds.contains { seed in
            !RecordedSeed(seed, mutant.scenario, Mechanisms.all.subtracting(left)).run().violations.isEmpty
        }
        #expect(isNoticed, "Nobody misses \(mutant.name).")
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
