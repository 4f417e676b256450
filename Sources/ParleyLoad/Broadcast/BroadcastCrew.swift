import NIOCore
import ParleyProtocol

/// The rooms of one event loop in which something is said to everybody.
final class BroadcastCrew: LoadCrew {
    let lane: LoadLane
    private let plan: BroadcastPlan
    private var rooms: [Hall] = []
    /// By the index of a peer: its room, and which of its people it is.
    private var places: [(room: Int, place: Int)] = []
    private var isSpeaking = false

    private struct Hall {
        let room: LoadRoom
        /// Of each publisher, who are the first in the room.
        var audiences: [Audience]
        var paces: [Pace] = []
        var publishers: [ParticipantID: Int] = [:]
    }

    init(_ lane: LoadLane, _ plan: BroadcastPlan, _ share: CrewShare) {
        self.lane = lane
        self.plan = plan
        for number in share.numbers(below: plan.rooms) {
            guard let alias = share.alias(number) else { continue }
            let room = LoadRoom(alias)
            for place in 0..<plan.size {
                let title = "Load \(number) \(place)"
                room.add(LoadPeer(self, index: self.places.count, title: title, room: nil))
                self.places.append((self.rooms.count, place))
            }
            let audiences = Array(repeating: Audience(listeners: plan.size), count: plan.publishers)
            self.rooms.append(Hall(room: room, audiences: audiences))
        }
    }

    // MARK: Coming

    /// Publishers first: whoever comes late to a large room may be one of the audience, who say nothing.
    func open() -> EventLoopFuture<Void> {
        let speakers = self.rooms.flatMap { $0.room.peers.prefix(self.plan.publishers) }
        let others = self.rooms.flatMap { $0.room.peers.dropFirst(self.plan.publishers) }
        let bound = NIOLoopBound((self, others), eventLoop: self.lane.eventLoop)
        return self.lane.open(speakers, atOnce: self.plan.opening).flatMap {
            let (crew, others) = bound.value
            return crew.lane.open(others, atOnce: crew.plan.opening)
        }
    }

    // MARK: Speaking

    func start() {
        self.isSpeaking = true
        let now = self.lane.now
        let count = Double(self.rooms.count * self.plan.publishers)
        var speaker = 0.0
        for hall in self.rooms.indices {
            for publisher in 0..<self.plan.publishers {
                self.rooms[hall].paces.append(
                    Pace(perSecond: self.plan.perSecond, from: now, share: speaker / count)
                )
                speaker += 1
                guard let id = self.rooms[hall].room.peers[publisher].participant else { continue }
                self.rooms[hall].publishers[id] = publisher
            }
        }
        self.lane.every(.milliseconds(1), self) { ($0 as? BroadcastCrew)?.sayWhatIsDue() }
    }

    private func sayWhatIsDue() {
        guard self.isSpeaking else { return }
        let now = self.lane.now
        for hall in self.rooms.indices {
            for publisher in self.rooms[hall].paces.indices {
                while let due = self.rooms[hall].paces[publisher].due(at: now) {
                    self.say(hall, publisher, due)
                }
            }
        }
    }

    private func say(_ hall: Int, _ publisher: Int, _ due: UInt64) {
        let peer = self.rooms[hall].room.peers[publisher]
        guard let room = peer.client.room, peer.isConnected else { return }
        let n = self.rooms[hall].audiences[publisher].say(due: due)
        switch self.plan.kind {
        case .events:
            // Its number is one more than that of what is said: the join was 1.
            let command = MediaCommand(id: peer.client.nextCommand(), room: room.id, audio: n % 2 == 1)
            peer.say(.media(command))
        case .chat:
            guard let text = try? ChatText("\(n) of \(peer.title)") else { return }
            peer.say(.chat(ChatCommand(room: room.id, cid: "\(n)", text: text)))
        }
    }

    // MARK: Hearing

    func peer(_ peer: LoadPeer, heard news: LoadClient.News) {
        switch news {
        case .entered: self.lane.hasCome()
        case .frames(let frames):
            guard self.plan.kind == .events else { return }
            for frame in frames { self.hear(frame.notes, peer) }
        case .snapshot(let notes):
            if self.plan.kind == .events { self.hear(notes, peer) }
        case .chat(let message):
            guard self.plan.kind == .chat else { return }
            let n = message.text.text.split(separator: " ").first.flatMap { UInt64($0) }
            self.hear(n ?? 0, from: message.from, peer)
        case .welcomed, .sessionLost, .signal, .beat, .rejected, .nothing: return
        }
    }

    private func hear(_ notes: [EventNote], _ peer: LoadPeer) {
        for note in notes where note.type == "media-changed" {
            guard let by = note.by, let id = note.id else { continue }
            self.hear(id - min(id, 1), from: by, peer)
        }
    }

    private func hear(_ n: UInt64, from speaker: ParticipantID, _ peer: LoadPeer) {
        let (hall, place) = self.places[peer.index]
        guard let publisher = self.rooms[hall].publishers[speaker] else {
            self.lane.verdict.altered += 1
            return
        }
        let arrival = self.rooms[hall].audiences[publisher]
            .hear(n, by: place, at: self.lane.now, &self.lane.verdict)
        guard let arrival else { return }
        self.lane.record(nanoseconds: arrival.nanoseconds)
        if arrival.isHalf { self.lane.record(1, nanoseconds: arrival.nanoseconds) }
        if arrival.isAlmostAll { self.lane.record(2, nanoseconds: arrival.nanoseconds) }
        if arrival.isLast { self.lane.record(3, nanoseconds: arrival.nanoseconds) }
    }

    // MARK: The end

    func stop() {
        self.isSpeaking = false
        self.lane.stopMeasuring()
    }

    var isQuiet: Bool {
        self.rooms.allSatisfy { hall in hall.audiences.allSatisfy(\.isQuiet) } && self.areAgreed
    }

    var areAgreed: Bool { self.rooms.allSatisfy(\.room.isSettled) }

    func conclude() {
        for hall in self.rooms {
            // Frames that waited for a lost one: what is in them was heard.
            for peer in hall.room.peers {
                for frame in peer.client.settle(&self.lane.verdict) { self.hear(frame.notes, peer) }
            }
        }
        for hall in self.rooms {
            self.lane.verdict.lost += hall.audiences.reduce(0) { $0 + $1.lost }
            hall.room.judge(&self.lane.verdict)
            for peer in hall.room.peers { peer.end() }
        }
    }
}
