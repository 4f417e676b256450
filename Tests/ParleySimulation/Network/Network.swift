import NIOCore
import ParleyTestSupport

/// All wires of a simulation: how long they take, how they chop, and when they break.
final class Network {
    let scheduler: Scheduler
    private var dice: Dice
    /// All that ever were, see `Scheduler.bury`.
    private var wires: [Wire] = []
    /// Everything arrives soon and whole.
    var isCalm = false

    init(scheduler: Scheduler, seed: UInt64) {
        self.scheduler = scheduler
        self.dice = Dice(seed: seed, "network")
    }

    /// What a connection is between two channels.
    private struct Wire {
        let client: VirtualChannel
        let server: VirtualChannel
        let up: Pipe
        let down: Pipe
    }

    // MARK: Connecting

    /// - Parameter accept: called on the server's loop, with its end of the connection.
    /// - Returns: the client's end; whoever asks adds handlers to it before it becomes active, on the client's loop.
    func connect(
        _ clientLoop: SimulatedEventLoop,
        to serverLoop: SimulatedEventLoop,
        accept: @escaping (VirtualChannel) -> Void
    ) -> VirtualChannel {
        let address = try? SocketAddress(ipAddress: "127.0.0.1", port: 10_000 + Int(clientLoop.number))
        let client = VirtualChannel(loop: clientLoop, remoteAddress: nil)
        let server = VirtualChannel(loop: serverLoop, remoteAddress: address)
        let up = Pipe(from: client, to: server, network: self)
        let down = Pipe(from: server, to: client, network: self)
        client.join(out: up, in: down)
        server.join(out: down, in: up)
        self.wires.append(Wire(client: client, server: server, up: up, down: down))
        guard !serverLoop.isDead else {
            self.scheduler.schedule(in: self.latency(), on: clientLoop) { client.reset() }
            return client
        }
        // The kernel of a paused process accepts for it.
        self.scheduler.schedule(in: self.latency(), on: clientLoop) { client.activate() }
        self.scheduler.schedule(in: self.latency(), on: serverLoop) {
            accept(server)
            server.activate()
        }
        return client
    }

    /// The world is over.
    func removeAll() {
        for wire in self.wires {
            wire.client.dismantle()
            wire.server.dismantle()
        }
        self.wires = []
    }

    // MARK: Weather

    func latency() -> TimeAmount {
        self.isCalm ? self.dice.time(0.2...1.5) : self.dice.latency()
    }

    func pieceLength(of count: Int) -> Int {
        count > 1 && self.dice.chance(self.isCalm ? 0.02 : 0.1) ? self.dice.int(1...count) : count
    }

    // MARK: Faults

    enum Tear: CaseIterable {
        /// Both sides hear of it at once.
        case reset
        /// Only the client hears of it: its network is gone.
        case clientKnows
        /// Only the server hears of it: the client's process was killed, and is started again.
        case serverKnows
        /// Nobody hears of it but by silence.
        case silent
    }

    /// Breaks the wire of that end: what is on its way is lost from some byte on.
    func tear(_ channel: VirtualChannel, _ tear: Tear) {
        guard let wire = self.wires.last(where: { $0.client === channel || $0.server === channel }) else { return }
        if self.dice.chance(0.5) {
            // In the middle of what comes next, if anything comes.
            wire.up.cut(afterBytes: self.dice.int(1...300))
            wire.down.cut(afterBytes: self.dice.int(1...900))
            self.scheduler.schedule(in: self.dice.time(1...1_500)) { self.finish(wire, tear) }
        } else {
            self.finish(wire, tear)
        }
    }

    /// The last byte that arrives has been sent.
    func wireTore(_ pipe: Pipe) {
        pipe.cut()
    }

    private func finish(_ wire: Wire, _ tear: Tear) {
        wire.up.cut()
        wire.down.cut()
        if tear == .reset || tear == .clientKnows { self.tell(wire.client) }
        if tear == .reset || tear == .serverKnows { self.tell(wire.server) }
    }

    private func tell(_ channel: VirtualChannel) {
        self.scheduler.schedule(in: self.latency(), on: channel.loop) { channel.reset() }
    }

    /// A process is gone. Its kernel, if that still runs, resets what it had open.
    func processDied(_ loop: SimulatedEventLoop, isMachineGone: Bool) {
        for wire in self.wires where wire.server.loop === loop && wire.server.isOpen {
            wire.up.cut()
            wire.down.cut()
            guard !isMachineGone else { continue }
            self.tell(wire.client)
        }
    }
}
