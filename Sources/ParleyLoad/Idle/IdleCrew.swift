import NIOCore
import ParleyProtocol

/// Those of one event loop who are there.
final class IdleCrew: LoadCrew {
    let lane: LoadLane
    private let plan: IdlePlan
    private var peers: [LoadPeer] = []
    private var rooms: [LoadRoom] = []
    /// When each was told something last.
    private var heard: [UInt64] = []
    private var gone = 0
    /// Twice what a server says after it has been silent, and its sweep: then a client takes it for dead.
    private static let silenceNanosecondsMax: UInt64 = 4_500_000_000

    init(_ lane: LoadLane, _ plan: IdlePlan, _ share: CrewShare) {
        self.lane = lane
        self.plan = plan
        let size = max(1, plan.roomSize)
        for number in share.numbers(below: (plan.connections + size - 1) / size) {
            let room = plan.roomSize > 0 ? share.alias(number).map { LoadRoom($0) } : nil
            for person in (number * size)..<min(plan.connections, (number + 1) * size) {
                let peer = LoadPeer(self, index: self.peers.count, title: "Load \(person)", room: nil)
                room?.add(peer)
                self.peers.append(peer)
            }
            if let room { self.rooms.append(room) }
        }
        self.heard = Array(repeating: 0, count: self.peers.count)
    }

    func open() -> EventLoopFuture<Void> {
        let share = Double(self.peers.count) / Double(self.plan.connections)
        return self.lane.open(
            self.peers,
            atOnce: max(1, Int((Double(self.plan.opening) * share).rounded())),
            perSecond: self.plan.perSecond.map { $0 * share },
            within: .milliseconds(Int64(self.plan.openingMilliseconds))
        )
    }

    func start() {
        let now = self.lane.now
        for index in self.heard.indices { self.heard[index] = max(self.heard[index], now) }
    }

    func peer(_ peer: LoadPeer, heard news: LoadClient.News) {
        let now = self.lane.now
        switch news {
        case .welcomed where self.plan.roomSize == 0: self.lane.hasCome()
        case .entered: self.lane.hasCome()
        case .beat:
            if self.heard[peer.index] > 0 { self.lane.record(nanoseconds: now - self.heard[peer.index]) }
        case .welcomed, .sessionLost, .snapshot, .frames, .signal, .chat, .rejected, .nothing: break
        }
        self.heard[peer.index] = now
    }

    func peerIsGone(_ peer: LoadPeer) { self.gone += 1 }

    func stop() {
        let now = self.lane.now
        for peer in self.peers where peer.isConnected {
            let silence = now - min(now, max(self.heard[peer.index], peer.opened))
            guard silence > Self.silenceNanosecondsMax else { continue }
            self.lane.fault("\(peer.title) was told nothing for \(silence / 1_000_000) ms.")
        }
        self.lane.stopMeasuring()
    }

    var isQuiet: Bool { self.areAgreed }

    var areAgreed: Bool { self.rooms.allSatisfy(\.isSettled) }

    func conclude() {
        // Who has lost the connection is still in the list, for the grace period: that is no ghost.
        if self.gone == 0 { for room in self.rooms { room.judge(&self.lane.verdict) } }
        for peer in self.peers { peer.end() }
    }

    var figures: [LoadFigure] {
        [
            LoadFigure(
                "connectionsHeld",
                "connections held",
                Double(self.peers.count { $0.isConnected })
            ),
            LoadFigure("connectionsClosed", "connections lost", Double(self.gone)),
        ]
    }
}
