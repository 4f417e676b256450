import NIOCore
import ParleyProtocol

/// The people of one event loop, who watch each other.
final class PresenceCrew: LoadCrew {
    let lane: LoadLane
    let takesMessages = true
    private let plan: PresencePlan
    private var phones: [Phone] = []
    private var people: WatchedPeople
    /// By identity as it is written.
    private var numbers: [String: Int] = [:]
    private var commands: [UInt64] = []
    private var random: SeededGenerator
    private var pace: Pace?
    private var changes = 0

    init(_ lane: LoadLane, _ plan: PresencePlan, _ share: CrewShare) {
        self.lane = lane
        self.plan = plan
        self.random = SeededGenerator(seed: share.seed &+ UInt64(share.loop))
        let numbers = share.numbers(below: plan.people)
        self.people = WatchedPeople(count: numbers.count, watchers: plan.watchers)
        for (index, number) in numbers.enumerated() {
            let peer = LoadPeer(self, index: index, title: "Load \(number)", room: nil)
            self.phones.append(Phone(peer, person: number, user: "\(share.run)-\(number)"))
        }
        self.commands = Array(repeating: 1, count: numbers.count)
    }

    func open() -> EventLoopFuture<Void> {
        self.lane.open(self.phones.map(\.peer), atOnce: self.plan.opening, within: .seconds(600))
    }

    func start() {
        for (index, phone) in self.phones.enumerated() {
            if let identity = phone.identity { self.numbers[identity.description] = index }
        }
        for (index, phone) in self.phones.enumerated() {
            let watched = self.people.watched(by: index).compactMap { self.phones[$0].identity }
            phone.peer.say(.watch(WatchRequest(watched.map { Callee($0) })))
        }
        let share = Double(self.phones.count) / Double(self.plan.people)
        // What it costs to begin to watch is no change's.
        let begin = self.lane.now + UInt64(self.plan.warmupMilliseconds) * 500_000
        self.pace = Pace(perSecond: self.plan.perSecond * share, from: begin, share: self.random.share())
        self.lane.every(.milliseconds(1), self) { ($0 as? PresenceCrew)?.changeWhoIsDue() }
    }

    private func changeWhoIsDue() {
        let now = self.lane.now
        while let due = self.pace?.due(at: now) {
            let person = Int(self.random.next() % UInt64(self.phones.count))
            guard let line = self.phones[person].line else { continue }
            let number = self.people.change(person, due: due)
            self.changes += 1
            self.commands[person] += 1
            let status = LineStatus(number % 2 == 0 ? .available : .away, note: "\(number)")
            let action = MeetingAction.line(.availability(status))
            self.phones[person].peer.say(
                .meeting(MeetingCommand(id: self.commands[person], room: line.id, action: action))
            )
        }
    }

    func stop() {
        self.pace = nil
        self.lane.stopMeasuring()
    }

    var isQuiet: Bool { self.people.missing == 0 }

    func conclude() {
        self.lane.verdict.lost += self.people.missing
        for phone in self.phones { phone.peer.end() }
    }

    var figures: [LoadFigure] { [LoadFigure("changes", "changes", Double(self.changes))] }

    // MARK: Hearing

    func peer(_ peer: LoadPeer, heard news: LoadClient.News) {
        if case .welcomed = news { self.phones[peer.index].goOnline(LineStatus()) }
    }

    func peer(_ peer: LoadPeer, takes message: ServerMessage) -> Bool {
        guard case .presence(let presence) = message else {
            guard let news = self.phones[peer.index].hear(message, &self.lane.verdict) else { return false }
            for case .online in news { self.lane.hasCome() }
            return true
        }
        let now = self.lane.now
        for entry in presence.people {
            guard let person = self.numbers[entry.person], let shown = entry.presence else {
                self.lane.fault("\(peer.title) was told of somebody who is not there.")
                continue
            }
            self.lane.heard += 1
            let number = shown.note.flatMap { UInt64($0) } ?? 0
            guard
                let due = self.people.heard(peer.index, of: person, number: number, &self.lane.verdict)
            else { continue }
            self.lane.record(nanoseconds: now - min(now, due))
        }
        return true
    }
}
