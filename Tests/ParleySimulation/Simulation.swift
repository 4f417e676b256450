import NIOCore
import ParleyEngine
package import ParleyProtocol
import ParleyServer

/// What a run is about.
package enum Scenario: String, CaseIterable, Sendable {
    /// One node; people and their networks.
    case clients
    /// One node, and an engine that answers late or not at all.
    case engine
    /// Three nodes that die, and an engine that forgets its newest entries.
    case nodes
    /// The same, and the engine forgets everything now and then.
    case wipes
    /// Three nodes, and a Redis that loses nothing by the way, but hangs, refuses, falls silent, breaks connections,
    /// fails over and forgets.
    case redis

    package var options: SimulationOptions {
        var options = SimulationOptions()
        switch self {
        case .clients:
            options.nodes = 1
            options.faults = FaultKind.ofClients
            options.isEngineReliable = true
        case .engine:
            options.nodes = 1
            options.faults = FaultKind.ofOneNode
        case .nodes:
            options.faults = FaultKind.all
        case .wipes:
            options.faults = FaultKind.withWipes
        case .redis:
            options.faults = FaultKind.withRedis
            options.isEngineReliable = true
        }
        return options
    }
}

/// What is different from run to run, besides the seed.
package struct SimulationOptions: Sendable {
    package var nodes = 3
    package var clients = 4
    package var faultMilliseconds = 30_000
    package var mechanisms = Mechanisms.all
    /// What goes wrong, each as often as it is named.
    package var faults = FaultKind.ofOneNode
    /// Whether requests to the engine and its answers and hints get lost.
    package var isEngineReliable = false
    /// Whether clients come back at any node.
    package var clientsMove = true

    package init() {}
}

package struct SimulationReport: Sendable {
    package let violations: [String]
    package let counts: [String: Int]
    package let steps: Int
    /// Two runs of a seed have the same.
    package let digest: UInt64
}

/// One world from one seed: nodes, an engine, clients, and what happens to them.
///
/// Turmoil, then calm, in which everybody must come to agree, then everybody leaves and nothing must be left.
package final class Simulation {
    let scheduler: Scheduler
    let journal: Journal
    let network: Network
    let cluster: EngineCluster
    let history = LogHistory()
    let options: SimulationOptions
    private(set) var nodes: [SimulatedNode] = []
    private(set) var clients: [ModelClient] = []
    var dice: Dice
    var isCalm = false

    package init(seed: UInt64, options: SimulationOptions = .init(), onTrace: ((String) -> Void)? = nil) {
        let scheduler = Scheduler(seed: seed)
        self.scheduler = scheduler
        self.options = options
        self.journal = Journal(scheduler: scheduler)
        self.journal.onTrace = onTrace
        self.network = Network(scheduler: scheduler, seed: seed)
        self.dice = Dice(seed: seed, "world")
        let configuration = Self.configuration(options)
        self.cluster = EngineCluster(
            scheduler: scheduler,
            limits: configuration.limits,
            mechanisms: options.mechanisms
        )
        self.cluster.onRecord = { [unowned self] in
            self.history.record($0, at: self.scheduler.now)
            if case .appended(let log, let entry) = $0, log.kind == .room {
                self.journal.trace("log \(ClientPosition(entry.position)) \(String(buffer: entry.payload))")
            }
        }
        self.journal.hasLeft = { [history = self.history] in history.left.contains($0) }
        self.network.isCalm = options.faults.isEmpty
        for number in 1...options.nodes {
            let setup = SimulatedNode.Setup(
                scheduler: scheduler,
                network: self.network,
                cluster: self.cluster,
                configuration: configuration,
                seed: seed,
                weather: options.faults.isEmpty || options.isEngineReliable ? .calm : .rough
            )
            self.nodes.append(SimulatedNode(number: number, setup))
        }
        for number in 1...options.clients { self.addClient(number, seed) }
        self.pairDevices()
    }

    /// In some worlds two of them are devices of the same person.
    private func pairDevices() {
        guard self.dice.chance(0.3), let rule = self.dice.pick(["allow", "replace", "reject"]),
            let first = self.clients.first, let last = self.clients.last, first !== last
        else { return }
        last.twin = first
        for client in self.clients { client.deviceRule = rule }
    }

    private static func configuration(_ options: SimulationOptions) -> ServerConfiguration {
        var configuration = ServerConfiguration()
        configuration.mechanisms = options.mechanisms
        configuration.limits.frameBytesMax = 16_384
        // Small enough to be met.
        configuration.limits.replayEntriesMax = 32
        configuration.limits.drainMilliseconds = 6_000
        configuration.limits.unacknowledgedSignalsMax = 32
        return configuration
    }

    private func addClient(_ number: Int, _ seed: UInt64) {
        let client = ModelClient(
            number: number,
            loop: SimulatedEventLoop(self.scheduler, number: UInt64(1_000 + number)),
            journal: self.journal,
            seed: seed,
            mechanisms: self.options.mechanisms
        ) { [unowned self] in self.node(for: $0) }
        client.wishes = ["blue-fox"]
        self.clients.append(client)
    }

    private func node(for client: ModelClient) -> SimulatedNode? {
        guard self.options.clientsMove else { return self.nodes[client.number % self.nodes.count] }
        return self.dice.pick(self.nodes)
    }

    // MARK: The run

    package func run() -> SimulationReport {
        let start = self.scheduler.now
        for client in self.clients {
            self.scheduler.schedule(in: self.dice.time(0...500), on: client.loop) { client.start() }
            self.work(client)
        }
        if !self.options.faults.isEmpty { self.scheduleFault() }
        self.run(until: start + .milliseconds(Int64(self.options.faultMilliseconds)))
        self.becalm()
        self.awaitAgreement()
        self.leaveAll()
        self.awaitEmptiness()
        self.checkHistory()
        self.journal.count("fences", self.nodes.reduce(0) { $0 + $1.sum(\.fences) })
        self.journal.count("engine away", self.nodes.reduce(0) { $0 + $1.sum(\.engineDegradations) })
        let report = SimulationReport(
            violations: self.journal.violations,
            counts: self.journal.counts,
            steps: self.scheduler.stepCount,
            digest: self.scheduler.digest.value
        )
        #if DEBUG
            // See `Scheduler.bury`.
            _ = Unmanaged.passRetained(self)
        #else
            self.dismantle()
        #endif
        return report
    }

    /// What refers to each other lets go: a program may have thousands of worlds, one after the other.
    private func dismantle() {
        for client in self.clients { client.dismantle() }
        self.network.removeAll()
        for node in self.nodes { node.dismantle() }
        self.scheduler.removeAll()
    }

    private func checkHistory() {
        guard self.journal.violations.isEmpty else { return }
        for (log, top) in self.history.retired.sorted(by: { $0.key.id < $1.key.id }) where log.kind == .room {
            guard let chain = self.history.chain(of: log, to: top) else {
                self.journal.violate("the history of \(log.id) does not chain")
                continue
            }
            for written in chain {
                let place = ClientPosition(written.position)
                self.journal.trace(
                    "log \(place)\(written.isReseed ? " (reseeded)" : "") \(written.events.count) events"
                )
            }
            self.journal.check(chain, of: log)
        }
    }

    func run(until end: NIODeadline) {
        self.scheduler.run(until: end) { self.journal.violations.isEmpty }
    }

    /// What people do, while there is turmoil.
    private func work(_ client: ModelClient) {
        self.scheduler.schedule(in: self.dice.time(20...400), on: client.loop) {
            guard !self.isCalm else { return }
            switch self.dice.int(0...9) {
            case 0...2: client.flip()
            case 3: client.meet()
            case 4...7: client.signal()
            default: client.pulse()
            }
            self.work(client)
        }
    }
}
