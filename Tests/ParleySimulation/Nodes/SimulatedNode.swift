import Logging
import NIOCore
import ParleyEngine
import ParleyProtocol
import ParleyRooms
import ParleyServer
import ParleyTransport

/// One server process after the other on the same machine: each life has its own loop, gateway and link, and begins
/// with empty memory.
final class SimulatedNode {
    struct Setup {
        let scheduler: Scheduler
        let network: Network
        let cluster: EngineCluster
        let configuration: ServerConfiguration
        let seed: UInt64
        let weather: EngineLink.Weather
    }

    private struct Life {
        let loop: SimulatedEventLoop
        let link: EngineLink
        let gateway: Gateway
        let acceptor: WebSocketAcceptor
    }

    let number: Int
    private let setup: Setup
    private var life: Life?
    /// See `Scheduler.bury`.
    private var pastLives: [Life] = []
    private(set) var lives: UInt64 = 0
    /// When something last happened to it that its clients may notice.
    private(set) var lastTrouble: NIODeadline

    init(number: Int, _ setup: Setup) {
        self.number = number
        self.setup = setup
        self.lastTrouble = setup.scheduler.now
        self.start()
    }

    var isAlive: Bool { self.life != nil }
    var isPaused: Bool { self.life?.loop.isPaused ?? false }
    var isCut: Bool { self.life?.link.isCut ?? false }
    var gateway: Gateway? { self.life?.gateway }
    var link: EngineLink? { self.life?.link }

    /// Whether clients are served as they should be.
    var isWell: Bool { self.isAlive && !self.isPaused && !self.isCut }

    /// Of all its lives.
    func sum(_ counter: KeyPath<GatewayCounters, Int>) -> Int {
        (self.pastLives + (self.life.map { [$0] } ?? [])).reduce(0) { $0 + $1.gateway.counters[keyPath: counter] }
    }

    // MARK: Life

    func start() {
        guard self.life == nil else { return }
        self.lives += 1
        let setup = self.setup
        let number = UInt64(self.number)
        let seed = setup.seed ^ number << 32 ^ self.lives << 40
        let loop = SimulatedEventLoop(setup.scheduler, number: number << 16 | self.lives)
        let link = EngineLink(setup.cluster, loop: loop, number: self.number, seed: seed, weather: setup.weather)
        let gateway = loop.enter {
            let gateway = Gateway(
                GatewaySetup(
                    configuration: setup.configuration,
                    engine: link,
                    registry: PrometheusRegistry(),
                    logger: Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() },
                    startMilliseconds: setup.cluster.now.milliseconds,
                    random: .seeded(seed)
                ),
                eventLoop: loop
            )
            gateway.startHeartbeat()
            return gateway
        }
        link.replicaPosition = { [unowned gateway] log in
            gateway.replicas.first { LogID(room: $0.room.id) == log }?.position ?? .start
        }
        let acceptor = WebSocketAcceptor(
            loop: gateway.transport,
            decide: { [unowned gateway] in gateway.decide($0) },
            handOver: { $0.eventLoop.makeFailedFuture(ChannelError.operationUnsupported) }
        )
        self.life = Life(loop: loop, link: link, gateway: gateway, acceptor: acceptor)
        self.trouble()
    }

    /// - Parameter isMachineGone: nobody resets its connections.
    func kill(isMachineGone: Bool) {
        guard let life = self.life else { return }
        self.life = nil
        self.pastLives.append(life)
        self.trouble()
        life.loop.kill()
        self.setup.cluster.forget(life.link)
        self.setup.network.processDied(life.loop, isMachineGone: isMachineGone)
    }

    func pause() {
        self.trouble()
        self.life?.loop.pause()
    }

    func goOn() {
        self.trouble()
        self.life?.loop.goOn()
    }

    func cut() {
        self.trouble()
        self.life?.link.cut()
    }

    func mend() {
        self.trouble()
        self.life?.link.mend()
        self.life?.link.weather = self.setup.weather
    }

    /// As an operator asks for it.
    func drain() {
        guard let life = self.life, !life.loop.isPaused else { return }
        life.loop.enter { life.gateway.beginDrain(.request) }
    }

    func takeBackDrain() {
        guard let life = self.life, life.gateway.isDraining else { return }
        self.setup.scheduler.schedule(in: .zero, on: life.loop) { life.gateway.takeBackDrain() }
    }

    func becalm() {
        self.life?.link.weather = .calm
        self.life?.link.hearAgain()
    }

    private func trouble() {
        self.lastTrouble = self.setup.scheduler.now
    }

    /// The world is over.
    func dismantle() {
        for life in self.pastLives + (self.life.map { [$0] } ?? []) {
            self.setup.cluster.forget(life.link)
            life.loop.enter { life.gateway.dismantle() }
        }
        self.pastLives = []
        self.life = nil
    }

    // MARK: Clients

    /// - Returns: the client's end; `nil` if there is not even a machine.
    func connect(from client: SimulatedEventLoop) -> VirtualChannel {
        guard let life = self.life else {
            let nobody = SimulatedEventLoop(self.setup.scheduler, number: 0)
            nobody.kill()
            return self.setup.network.connect(client, to: nobody) { _ in }
        }
        return self.setup.network.connect(client, to: life.loop) { [acceptor = life.acceptor] channel in
            do {
                try acceptor.accept(channel)
            } catch {
                channel.close(promise: nil)
            }
        }
    }
}
