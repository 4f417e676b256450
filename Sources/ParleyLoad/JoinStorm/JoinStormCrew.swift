import NIOCore
import ParleyProtocol

/// Those of one event loop who come.
final class JoinStormCrew: LoadCrew {
    let lane: LoadLane
    private let plan: JoinStormPlan
    private var rooms: [LoadRoom] = []
    private var peers: [LoadPeer] = []
    private var entered = 0
    private var began: UInt64 = 0
    private var lastEntered: UInt64 = 0
    private var settled: UInt64 = 0

    init(_ lane: LoadLane, _ plan: JoinStormPlan, _ share: CrewShare) {
        self.lane = lane
        self.plan = plan
        let numbers = share.numbers(below: plan.rooms)
        for number in numbers {
            guard let alias = share.alias(number) else { continue }
            self.rooms.append(LoadRoom(alias))
        }
        // One after the other into each room, as people do not come room by room.
        for person in 0..<plan.people where person % plan.rooms % share.loops == share.loop {
            guard let index = numbers.firstIndex(of: person % plan.rooms) else { continue }
            let peer = LoadPeer(self, index: self.peers.count, title: "Load \(person)", room: nil)
            peer.endpoint = person % lane.server.endpoints
            self.rooms[index].add(peer)
            self.peers.append(peer)
        }
    }

    /// Of all who come.
    private var share: Double { Double(self.peers.count) / Double(self.plan.people) }

    func open() -> EventLoopFuture<Void> { self.lane.eventLoop.makeSucceededVoidFuture() }

    func start() {
        self.began = self.lane.now
        // At least one at once on each loop, or it would never come.
        let atOnce = max(1, Int((Double(self.plan.atOnce) * self.share).rounded()))
        _ = self.lane.open(
            self.peers,
            atOnce: atOnce,
            perSecond: self.plan.perSecond.map { $0 * self.share },
            within: .milliseconds(Int64(self.plan.milliseconds))
        )
    }

    func peer(_ peer: LoadPeer, heard news: LoadClient.News) {
        guard case .entered = news else { return }
        let now = self.lane.now
        self.entered += 1
        self.lastEntered = now
        self.lane.record(0, nanoseconds: now - min(now, peer.due))
        self.lane.record(1, nanoseconds: peer.opened - peer.began)
        self.lane.record(2, nanoseconds: now - peer.opened)
        self.lane.hasCome()
    }

    var isDone: Bool {
        if self.settled > 0 { return true }
        guard self.entered == self.peers.count, self.isQuiet else { return false }
        self.settled = max(1, self.lane.now)
        return true
    }

    func stop() {}

    var isQuiet: Bool { self.areAgreed }

    var areAgreed: Bool { self.rooms.allSatisfy(\.isSettled) }

    func conclude() {
        self.lane.verdict.lost += UInt64(self.peers.count - self.entered)
        for room in self.rooms {
            room.settle(&self.lane.verdict)
            room.judge(&self.lane.verdict)
        }
        for peer in self.peers { peer.end() }
    }

    var figures: [LoadFigure] {
        func seconds(_ time: UInt64) -> Double { Double(time - min(time, self.began)) / 1e9 }
        guard self.entered > 0 else { return [] }
        var figures = [
            LoadFigure(
                "lastJoinedSeconds",
                "the last was in",
                seconds(self.lastEntered),
                unit: "s",
                sum: .largest
            )
        ]
        if self.settled > 0 {
            figures.append(
                LoadFigure(
                    "everybodyKnowsSeconds",
                    "all knew of all",
                    seconds(self.settled),
                    unit: "s",
                    sum: .largest
                )
            )
        }
        return figures
    }
}
