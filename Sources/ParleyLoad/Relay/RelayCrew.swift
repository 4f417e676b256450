import NIOCore
import ParleyProtocol

/// The pairs of one event loop. Both sides of a pair are on one loop: what has arrived is known to its sender without
/// asking.
final class RelayCrew: LoadCrew {
    /// As clients do.
    static let acknowledgeAfter: UInt64 = 32

    let lane: LoadLane
    let plan: RelayPlan
    let readsSignals = true
    private(set) var isSending = false
    private var sides: [RelaySide] = []

    init(_ lane: LoadLane, _ plan: RelayPlan, _ share: CrewShare) {
        self.lane = lane
        self.plan = plan
        for pair in share.numbers(below: plan.pairs) {
            guard let alias = share.alias(pair) else { continue }
            // The two of a pair come one after the other: the first one makes the room.
            let two = ["A", "B"].map { side in
                let peer = LoadPeer(
                    self,
                    index: self.sides.count + (side == "B" ? 1 : 0),
                    title: "Load \(pair) \(side)",
                    room: .alias(alias)
                )
                return RelaySide(self, peer)
            }
            two[0].meet(two[1])
            two[1].meet(two[0])
            self.sides.append(contentsOf: two)
        }
    }

    // MARK: Coming

    func open() -> EventLoopFuture<Void> {
        self.lane.open(self.sides.map(\.peer), atOnce: self.plan.opening)
    }

    func peer(_ peer: LoadPeer, heard news: LoadClient.News) {
        if case .entered = news {
            self.lane.hasCome()
        } else if case .beat(let marks) = news {
            self.sides[peer.index].hear(marks)
        }
    }

    func peer(_ peer: LoadPeer, signal text: UnsafeRawBufferPointer) {
        self.sides[peer.index].receive(text)
    }

    func peerHasRead(_ peer: LoadPeer) {
        let side = self.sides[peer.index]
        if side.unacknowledged >= Self.acknowledgeAfter { side.acknowledge() }
    }

    // MARK: Sending

    func start() {
        self.isSending = true
        let now = self.lane.now
        for (index, side) in self.sides.enumerated() {
            side.start(at: now, share: Double(index) / Double(self.sides.count))
        }
        if self.plan.perSecond != nil {
            self.lane.every(.milliseconds(1), self) { ($0 as? RelayCrew)?.sendWhatIsDue() }
        }
        self.lane.every(.milliseconds(100), self) { ($0 as? RelayCrew)?.acknowledge() }
    }

    private func sendWhatIsDue() {
        let now = self.lane.now
        for side in self.sides { side.sendWhatIsDue(at: now) }
    }

    private func acknowledge() {
        for side in self.sides { side.acknowledge() }
    }

    func stop() {
        self.isSending = false
        self.lane.stopMeasuring()
    }

    var isQuiet: Bool { self.sides.allSatisfy { $0.lost == 0 } }

    func conclude() {
        for side in self.sides { self.lane.verdict.lost += side.lost }
        for side in self.sides { side.peer.end() }
    }
}
