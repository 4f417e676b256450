import NIOCore
import ParleyProtocol

/// The rooms of one event loop whose server is taken away.
final class ServerLossCrew: LoadCrew {
    private enum Stay: Hashable {
        case untouched
        /// - Parameter tries: that have come to nothing so far.
        case away(tries: Int)
        case back
    }

    let lane: LoadLane
    private let plan: ServerLossPlan
    private var rooms: [LoadRoom] = []
    private var peers: [LoadPeer] = []
    private var stays: [Stay] = []
    private var generator: SeededGenerator
    private var isWaiting = false
    private var snapshots = 0
    private var tries = 0
    private var firstLost: UInt64 = 0
    private var lastLost: UInt64 = 0
    private var lastBack: UInt64 = 0

    /// Another server may go as well: it is over when none has for so long.
    private static let calmNanoseconds: UInt64 = 5_000_000_000
    /// As clients do it: within so long, which doubles with each try up to the most.
    private static let pauseMilliseconds = (first: 250, most: 5_000)

    init(_ lane: LoadLane, _ plan: ServerLossPlan, _ share: CrewShare) {
        self.lane = lane
        self.plan = plan
        self.generator = SeededGenerator(seed: share.seed &+ UInt64(share.loop) &* 0x9E37_79B9)
        for number in share.numbers(below: (plan.sessions + plan.roomSize - 1) / plan.roomSize) {
            guard let alias = share.alias(number) else { continue }
            let room = LoadRoom(alias)
            for place in 0..<min(plan.roomSize, plan.sessions - number * plan.roomSize) {
                let peer = LoadPeer(self, index: self.peers.count, title: "Load \(number) \(place)", room: nil)
                room.add(peer)
                self.peers.append(peer)
            }
            self.rooms.append(room)
        }
        self.stays = Array(repeating: .untouched, count: self.peers.count)
    }

    func open() -> EventLoopFuture<Void> { self.lane.open(self.peers, atOnce: self.plan.opening) }

    /// What happens to connections from now on is what it is about.
    func start() { self.isWaiting = true }

    // MARK: Away and back

    func peerMayBeLost(_ peer: LoadPeer) -> Bool { self.isWaiting }

    func peerIsGone(_ peer: LoadPeer) {
        guard self.isWaiting else { return }
        var pause = 0
        switch self.stays[peer.index] {
        case .untouched, .back:
            peer.due = self.lane.now
            self.lastLost = peer.due
            if self.firstLost == 0 { self.firstLost = peer.due }
            self.stays[peer.index] = .away(tries: 0)
        case .away(let before):
            let rounds = before / self.lane.server.endpoints
            pause = min(Self.pauseMilliseconds.most, Self.pauseMilliseconds.first << min(rounds, 16))
            self.stays[peer.index] = .away(tries: before + 1)
        }
        self.tries += 1
        self.turnElsewhere(peer)
        let within = Double(max(pause, Self.pauseMilliseconds.first)) * 1_000_000
        let bound = NIOLoopBound(peer, eventLoop: self.lane.eventLoop)
        self.lane.eventLoop.scheduleTask(in: .nanoseconds(Int64(within * self.generator.share()))) {
            bound.value.connect()
        }
    }

    /// Who knows other servers goes to any of them, not back to the one that has just failed.
    private func turnElsewhere(_ peer: LoadPeer) {
        let endpoints = self.lane.server.endpoints
        guard endpoints > 1 else { return }
        let step = 1 + Int(self.generator.share() * Double(endpoints - 1))
        peer.endpoint = (peer.endpoint + step) % endpoints
    }

    func peer(_ peer: LoadPeer, mayBeRefused rejection: RejectedMessage) -> Bool {
        // Said instead of a welcome, when a server cannot take anybody yet; the connection ends behind it.
        self.isWaiting && rejection.of == "hello"
    }

    func peer(_ peer: LoadPeer, heard news: LoadClient.News) {
        switch news {
        case .entered: self.lane.hasCome()
        case .welcomed(let resumed):
            guard resumed, case .away = self.stays[peer.index] else { return }
            self.stays[peer.index] = .back
            self.lastBack = self.lane.now
            self.lane.record(nanoseconds: self.lastBack - peer.due)
            self.lane.record(1, nanoseconds: peer.opened - peer.began)
        case .snapshot: self.snapshots += 1
        case .sessionLost, .frames, .signal, .chat, .beat, .rejected, .nothing: return
        }
    }

    // MARK: The end

    private var areBack: Bool {
        self.stays.allSatisfy { if case .away = $0 { false } else { true } }
    }

    var isDone: Bool {
        // A loop of which nobody was at that server has nothing to wait for; all must be done.
        let isCalm = self.lane.now - min(self.lane.now, self.lastLost) > Self.calmNanoseconds
        return self.areBack && self.areAgreed && (self.lastLost == 0 ? self.peers.isEmpty : isCalm)
    }

    func stop() {}

    var isQuiet: Bool { self.areBack && self.areAgreed }

    var areAgreed: Bool { self.rooms.allSatisfy(\.isSettled) }

    func conclude() {
        let away = self.stays.count { if case .away = $0 { true } else { false } }
        if away > 0 { self.lane.verdict.note("\(away) have not come back in time.") }
        if self.lastLost == 0, !self.peers.isEmpty {
            self.lane.verdict.note("Nobody has lost the connection: the server was not taken away in time.")
        }
        self.isWaiting = false
        for room in self.rooms {
            room.settle(&self.lane.verdict)
            room.judge(&self.lane.verdict)
        }
        for peer in self.peers { peer.end() }
    }

    var figures: [LoadFigure] {
        let lost = self.stays.count { $0 != .untouched }
        let last = Double(self.lastBack - min(self.lastBack, self.firstLost)) / 1e9
        return [
            LoadFigure("lost", "have lost their connection", Double(lost)),
            LoadFigure("tries", "tries to come back", Double(self.tries)),
            LoadFigure("lastBackSeconds", "the last was back", last, unit: "s", sum: .largest),
            LoadFigure("snapshots", "told the state instead", Double(self.snapshots)),
        ]
    }
}
