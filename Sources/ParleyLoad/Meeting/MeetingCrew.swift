import NIOCore
import ParleyProtocol

/// The meetings of one event loop.
final class MeetingCrew: LoadCrew {
    private enum Kind {
        static let (signal, join, microphone, hand, leave) = (0, 1, 2, 3, 4)
    }

    private final class Meeting {
        let room: LoadRoom
        /// Also those who have gone lately: what they have said may still be on its way.
        var persons: [ParticipantID: Person] = [:]
        var talks: [PairTalk] = []

        init(_ alias: RoomAlias) { self.room = LoadRoom(alias) }
    }

    let lane: LoadLane
    private let plan: MeetingPlan
    private var meetings: [Meeting] = []
    /// By seat.
    private var persons: [Person?] = []
    private var meetingOfSeat: [Int] = []
    private var script: MeetingScript
    private var generator: SeededGenerator
    private var number = 0
    private var (came, most) = (0, 0)
    private static let rememberedNanoseconds: UInt64 = 30_000_000_000

    init(_ lane: LoadLane, _ plan: MeetingPlan, _ share: CrewShare) {
        self.lane = lane
        self.plan = plan
        let sizes = plan.sizes.sizes(plan.rooms, seed: share.seed)
        let seed = share.seed &+ UInt64(share.loop) &* 0x9E37_79B9
        self.generator = SeededGenerator(seed: seed ^ 0x5555)
        var seats: [Int] = []
        for number in share.numbers(below: plan.rooms) {
            guard let alias = share.alias(number) else { continue }
            seats.append(contentsOf: Array(repeating: self.meetings.count, count: sizes[number]))
            self.meetings.append(Meeting(alias))
        }
        self.meetingOfSeat = seats
        self.persons = Array(repeating: nil, count: seats.count)
        var rates = MeetingScript.Rates()
        rates.arrivalsPerSecond =
            plan.arrivalsPerSecond * Double(seats.count) / Double(max(1, sizes.reduce(0, +)))
        rates.staySeconds = plan.staySeconds
        rates.microphonesPerMinute = plan.microphonesPerMinute
        rates.handsPerMinute = plan.handsPerMinute
        self.script = MeetingScript(seats: seats.count, rates, seed: seed, at: lane.now)
    }

    func open() -> EventLoopFuture<Void> { self.lane.eventLoop.makeSucceededVoidFuture() }

    func start() {
        self.lane.every(.milliseconds(2), self) { ($0 as? MeetingCrew)?.go() }
        self.lane.every(.milliseconds(100), self) { ($0 as? MeetingCrew)?.acknowledge() }
    }

    private func acknowledge() {
        for case let person? in self.persons { person.peer.acknowledge() }
        let now = self.lane.now
        for meeting in self.meetings {
            for (id, person) in meeting.persons
            where person.phase == .gone && now - person.goneAt > Self.rememberedNanoseconds {
                meeting.persons[id] = nil
                self.lane.verdict.lost += UInt64(person.underWayCount)
                for other in meeting.persons.values { other.forget(id) }
            }
        }
    }

    // MARK: What is due

    private func go() {
        let now = self.lane.now
        for (action, due) in self.script.due(at: now) { self.perform(action, due) }
        for meeting in self.meetings {
            for index in meeting.talks.indices {
                while let next = meeting.talks[index].due(at: now) {
                    self.sendCandidate(next.from, next.to, next.due)
                }
            }
            meeting.talks.removeAll(where: \.isOver)
        }
    }

    private func perform(_ action: MeetingScript.Action, _ due: UInt64) {
        switch action {
        case .come(let seat): self.come(seat, due)
        case .microphone(let seat, let on):
            self.command(seat, due, Kind.microphone) { .media(MediaCommand(id: $0, room: $1, audio: on)) }
        case .hand(let seat, let up):
            self.command(seat, due, Kind.hand) {
                let action = up ? ModerationAction.raiseHand(toSpeak: false) : .lowerHand(nil)
                return .meeting(MeetingCommand(id: $0, room: $1, action: .moderation(action)))
            }
        case .leave(let seat):
            guard let person = self.persons[seat] else { return }
            self.command(seat, due, Kind.leave) { .leave(LeaveCommand(id: $0, room: $1)) }
            person.phase = .leaving
            self.forget(person)
        }
    }

    private func come(_ seat: Int, _ due: UInt64) {
        self.number += 1
        let meeting = self.meetings[self.meetingOfSeat[seat]]
        let peer = LoadPeer(
            self,
            index: seat,
            title: "Load \(self.lane.number)-\(self.number)",
            room: nil
        )
        meeting.room.add(peer)
        self.persons[seat] = Person(peer, seat: seat, due: due)
        peer.connect()
    }

    private func command(
        _ seat: Int,
        _ due: UInt64,
        _ kind: Int,
        _ make: (UInt64, RoomID) -> ClientMessage
    ) {
        guard let person = self.persons[seat], person.phase == .present,
            let room = person.peer.client.room
        else { return }
        let id = person.peer.client.nextCommand()
        person.say(id, due: due, kind: kind)
        person.peer.say(make(id, room.id))
    }

    /// What was sent to them need not arrive any more.
    private func forget(_ person: Person) {
        guard let id = person.id else { return }
        for other in self.meetings[self.meetingOfSeat[person.seat]].persons.values {
            other.forgetSignals(to: id)
        }
    }

    // MARK: Hearing

    func peer(_ peer: LoadPeer, heard news: LoadClient.News) {
        guard let person = self.persons[peer.index], person.peer === peer else { return }
        switch news {
        case .entered: self.enter(person)
        case .frames(let frames):
            for frame in frames { self.hear(frame.notes, person) }
        case .snapshot(let notes): self.hear(notes, person)
        case .signal(let signal): self.hear(signal, person)
        case .welcomed, .sessionLost, .chat, .beat, .rejected, .nothing: return
        }
    }

    private func enter(_ person: Person) {
        let (now, meeting) = (self.lane.now, self.meetings[self.meetingOfSeat[person.seat]])
        guard let id = person.peer.participant else { return }
        self.lane.record(Kind.join, nanoseconds: now - min(now, person.due), isArrival: true)
        person.id = id
        person.phase = .present
        self.came += 1
        self.most = max(self.most, self.persons.count { $0 != nil })
        let others = meeting.persons.values.filter { $0.phase == .present }.sorted { $0.seat < $1.seat }
        meeting.persons[id] = person
        self.script.enter(person.seat, at: now)
        let range = self.plan.messagesPerPair
        for other in others {
            let span = UInt64(range.upperBound - range.lowerBound + 1)
            let messages = range.lowerBound + Int(self.generator.next() % span)
            meeting.talks.append(PairTalk(person, other, messages: messages))
            self.send(person, other, now) {
                .offer(sdp: MeetingText.description($0, of: person.peer.title))
            }
        }
    }

    private func hear(_ notes: [EventNote], _ person: Person) {
        let (now, meeting) = (self.lane.now, self.meetings[self.meetingOfSeat[person.seat]])
        for note in notes {
            guard let by = note.by, let id = note.id else { continue }
            guard person.hear(id, of: by, &self.lane.verdict) else { continue }
            if let said = meeting.persons[by]?.said[id] {
                self.lane.record(said.kind, nanoseconds: now - min(now, said.due), isArrival: true)
            }
            if note.type == "left", note.participant == person.id { self.leave(person, at: now) }
        }
    }

    private func leave(_ person: Person, at now: UInt64) {
        person.phase = .gone
        person.goneAt = now
        person.peer.end()
        self.vacate(person)
    }

    private func vacate(_ person: Person) {
        self.persons[person.seat] = nil
        self.script.vacate(person.seat)
        let room = self.meetings[self.meetingOfSeat[person.seat]].room
        room.peers.removeAll { $0 === person.peer }
    }

    func peerIsGone(_ peer: LoadPeer) {
        guard let person = self.persons[peer.index], person.peer === peer else { return }
        self.forget(person)
        person.phase = .gone
        person.goneAt = self.lane.now
        self.vacate(person)
    }

    // MARK: Signals

    private func send(_ from: Person, _ to: Person, _ due: UInt64, _ make: (UInt64) -> SignalPayload) {
        guard let id = to.id else { return }
        let n = from.nextSignal(to: id, due: due)
        from.peer.say(.signal(OutboundSignal(to: id, n: n, floor: 1, negotiation: 1, payload: make(n))))
    }

    private func sendCandidate(_ from: Person, _ to: Person, _ due: UInt64) {
        guard from.phase == .present, to.phase == .present else { return }
        self.send(from, to, due) { .iceCandidate(MeetingText.candidate($0, of: from.peer.title)) }
    }

    private func hear(_ signal: RelayedSignal, _ person: Person) {
        let (now, meeting) = (self.lane.now, self.meetings[self.meetingOfSeat[person.seat]])
        guard let id = person.id, let from = meeting.persons[signal.from] else {
            self.lane.verdict.altered += 1
            return
        }
        guard person.phase == .present else { return }
        guard let due = from.hasArrived(signal.n, at: id) else {
            self.lane.verdict.altered += 1
            return
        }
        self.lane.record(Kind.signal, nanoseconds: now - min(now, due), isArrival: true)
        if !MeetingText.isWhole(signal, of: from.peer.title) { self.lane.verdict.altered += 1 }
        guard case .offer = signal.payload else { return }
        let index = meeting.talks.firstIndex { $0.offerer === from && $0.answerer === person }
        guard let index, from.phase == .present else { return }
        meeting.talks[index].answer(at: now)
        self.send(person, from, now) {
            .answer(sdp: MeetingText.description($0, of: person.peer.title))
        }
    }

    /// A signal to somebody who has just left.
    func peer(_ peer: LoadPeer, mayBeRefused rejection: RejectedMessage) -> Bool {
        guard let to = rejection.to.flatMap({ ParticipantID($0) }) else { return false }
        let meeting = self.meetings[self.meetingOfSeat[peer.index]]
        guard let person = meeting.persons[to] else { return false }
        return person.phase == .leaving || person.phase == .gone
    }

    // MARK: The end

    func stop() {
        self.script.end()
        self.lane.stopMeasuring()
    }

    var isQuiet: Bool {
        self.persons.allSatisfy { $0 == nil || $0?.phase == .present }
            && self.meetings.allSatisfy { meeting in
                meeting.talks.allSatisfy(\.isOver) && meeting.persons.values.allSatisfy { $0.underWayCount == 0 }
            } && self.areAgreed
    }

    var areAgreed: Bool { self.meetings.allSatisfy(\.room.isSettled) }

    func conclude() {
        for case let person? in self.persons {
            for frame in person.peer.client.settle(&self.lane.verdict) { self.hear(frame.notes, person) }
        }
        for case let person? in self.persons {
            if person.phase != .present {
                self.lane.verdict.note("\(person.peer.title) has not come in, or not gone.")
            }
        }
        for meeting in self.meetings {
            self.lane.verdict.lost += meeting.persons.values.reduce(0) { $0 + UInt64($1.underWayCount) }
            meeting.room.judge(&self.lane.verdict)
        }
        for case let person? in self.persons { person.peer.end() }
    }

    var figures: [LoadFigure] {
        [
            LoadFigure("peopleCame", "people came", Double(self.came)),
            LoadFigure("peopleMost", "at once", Double(self.most)),
        ]
    }
}
