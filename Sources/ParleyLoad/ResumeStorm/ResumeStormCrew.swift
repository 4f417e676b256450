import NIOCore
import ParleyProtocol

/// The rooms of one event loop whose people are cut off and come back.
final class ResumeStormCrew: LoadCrew {
    private enum Phase { case together, away, returning, over }

    /// A room with somebody who stays, the first one.
    private struct House {
        let room: LoadRoom
        var audience: Audience
        /// To each of those who are cut off.
        var signals: UInt64 = 0

        var keeper: LoadPeer? { self.room.peers.first }
    }

    let lane: LoadLane
    private let plan: ResumeStormPlan
    private var houses: [House] = []
    private var places: [(house: Int, place: Int)] = []
    private var phase = Phase.together
    private var round = 0
    private var isBack: [Bool] = []
    private var snapshots = 0
    private var cutAt: UInt64 = 0
    private var lastBack: UInt64 = 0

    init(_ lane: LoadLane, _ plan: ResumeStormPlan, _ share: CrewShare) {
        self.lane = lane
        self.plan = plan
        for number in share.numbers(below: (plan.sessions + plan.roomSize - 1) / plan.roomSize) {
            guard let alias = share.alias(number) else { continue }
            let room = LoadRoom(alias)
            let people = min(plan.roomSize, plan.sessions - number * plan.roomSize) + 1
            for place in 0..<people {
                let title = place == 0 ? "Load \(number) who stays" : "Load \(number) \(place)"
                room.add(LoadPeer(self, index: self.places.count, title: title, room: nil))
                self.places.append((self.houses.count, place))
            }
            self.houses.append(House(room: room, audience: Audience(listeners: people)))
        }
        self.isBack = self.places.map { $0.place == 0 }
    }

    private var travellers: [LoadPeer] { self.houses.flatMap { $0.room.peers.dropFirst() } }

    func open() -> EventLoopFuture<Void> {
        self.lane.open(self.houses.flatMap(\.room.peers), atOnce: self.plan.opening)
    }

    // MARK: A round

    func start() {
        self.cut()
        self.lane.every(.milliseconds(5), self) { ($0 as? ResumeStormCrew)?.look() }
    }

    private func cut() {
        self.round += 1
        self.phase = .away
        for peer in self.travellers { peer.cut() }
        self.cutAt = self.lane.now
        for house in self.houses.indices { self.write(house) }
    }

    /// What those who are away will want to know.
    private func write(_ index: Int) {
        guard let keeper = self.houses[index].keeper, let room = keeper.client.room else { return }
        for _ in 0..<self.plan.events {
            let n = self.houses[index].audience.say(due: self.cutAt)
            keeper.say(
                .media(MediaCommand(id: keeper.client.nextCommand(), room: room.id, audio: n % 2 == 1))
            )
        }
        for _ in 0..<self.plan.signals {
            self.houses[index].signals += 1
            let n = self.houses[index].signals
            for peer in self.houses[index].room.peers.dropFirst() {
                guard let to = peer.participant else { continue }
                let payload = SignalPayload.signal(data: .string("\(n) to \(peer.title)"))
                keeper.say(.signal(OutboundSignal(to: to, n: n, floor: 1, payload: payload)))
            }
        }
    }

    private func look() {
        let now = self.lane.now
        switch self.phase {
        case .away:
            let away = now - self.cutAt
            let isWritten = self.houses.allSatisfy { $0.audience.hasHeardAll(0) }
            guard isWritten, away >= UInt64(self.plan.awayMilliseconds) * 1_000_000 else { return }
            self.phase = .returning
            for peer in self.travellers {
                self.isBack[peer.index] = false
                peer.due = now
                peer.connect()
            }
        case .returning:
            guard self.isBack.allSatisfy(\.self), self.isQuiet else { return }
            self.phase = .together
        case .together:
            if self.round < self.plan.rounds { self.cut() } else { self.phase = .over }
        case .over: return
        }
    }

    // MARK: Hearing

    func peer(_ peer: LoadPeer, heard news: LoadClient.News) {
        let (house, place) = self.places[peer.index]
        switch news {
        case .entered: self.lane.hasCome()
        case .welcomed(let resumed):
            guard resumed else { return }
            self.lane.record(1, nanoseconds: self.lane.now - peer.due)
            self.lane.record(2, nanoseconds: peer.opened - peer.began)
        case .frames(let frames):
            for frame in frames { self.hear(frame.notes, house, place) }
        case .snapshot:
            self.snapshots += 1
            self.houses[house].audience.excuse(place)
        case .signal(let signal): self.hear(signal, peer)
        case .sessionLost, .chat, .beat, .rejected, .nothing: return
        }
        self.noteReturn(of: peer, house, place)
    }

    private func hear(_ notes: [EventNote], _ house: Int, _ place: Int) {
        let keeper = self.houses[house].keeper?.participant
        for note in notes where note.type == "media-changed" && note.by == keeper {
            guard let id = note.id, id > 1 else { continue }
            _ = self.houses[house].audience.hear(id - 1, by: place, at: self.lane.now, &self.lane.verdict)
        }
    }

    private func hear(_ signal: RelayedSignal, _ peer: LoadPeer) {
        guard case .signal(.string(let text)) = signal.payload, text == "\(signal.n) to \(peer.title)"
        else {
            self.lane.verdict.altered += 1
            return
        }
    }

    private func noteReturn(of peer: LoadPeer, _ house: Int, _ place: Int) {
        guard self.phase == .returning, !self.isBack[peer.index], self.hasAll(peer, house, place) else {
            return
        }
        self.isBack[peer.index] = true
        self.lastBack = self.lane.now
        self.lane.record(nanoseconds: self.lastBack - peer.due)
    }

    private func hasAll(_ peer: LoadPeer, _ house: Int, _ place: Int) -> Bool {
        peer.client.isWelcome && self.houses[house].audience.hasHeardAll(place)
            && self.lostSignals(of: peer, house) == 0
    }

    private func lostSignals(of peer: LoadPeer, _ house: Int) -> UInt64 {
        guard let keeper = self.houses[house].keeper?.participant else { return 0 }
        return (peer.client.order[keeper] ?? ArrivalOrder()).lost(of: self.houses[house].signals)
    }

    func peerHasRead(_ peer: LoadPeer) { peer.acknowledge() }

    // MARK: The end

    var isDone: Bool { self.phase == .over }

    func stop() {}

    var isQuiet: Bool { self.houses.allSatisfy(\.audience.isQuiet) && self.areAgreed }

    var areAgreed: Bool { self.houses.allSatisfy(\.room.isSettled) }

    func conclude() {
        let away = self.round == 0 ? 0 : self.isBack.count { !$0 }
        if self.phase == .away {
            self.lane.verdict.note("What those who are away would miss was not written in time.")
        } else if away > 0 {
            self.lane.verdict.note("\(away) have not come back, or have not caught up, in time.")
        }
        for (index, house) in self.houses.enumerated() {
            for (place, peer) in house.room.peers.enumerated() {
                for frame in peer.client.settle(&self.lane.verdict) { self.hear(frame.notes, index, place) }
                if place > 0 { self.lane.verdict.lost += self.lostSignals(of: peer, index) }
            }
        }
        for house in self.houses {
            self.lane.verdict.lost += house.audience.lost
            house.room.judge(&self.lane.verdict)
            for peer in house.room.peers { peer.end() }
        }
    }

    var figures: [LoadFigure] {
        [
            LoadFigure("snapshots", "told the state instead", Double(self.snapshots)),
            LoadFigure("rounds", "rounds", Double(self.round), sum: .largest),
        ]
    }
}
