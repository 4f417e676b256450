import NIOCore
import ParleyProtocol

/// The pairs of one event loop. All devices of a pair are on one loop: what a call has brought is known at once.
final class CallsCrew: LoadCrew {
    let lane: LoadLane
    let takesMessages = true
    private let plan: CallsPlan
    private var pairs: [CallPair] = []
    private var peers: [LoadPeer] = []
    /// By the index of the device: the pair, and which of its phones.
    private var places: [(pair: Int, phone: Int)] = []
    private var isCalling = false
    private var paces: [Pace] = []

    init(_ lane: LoadLane, _ plan: CallsPlan, _ share: CrewShare) {
        self.lane = lane
        self.plan = plan
        for number in share.numbers(below: plan.pairs) {
            var phones: [Phone] = []
            for device in 0...plan.devices {
                let index = self.peers.count
                let person = 2 * number + min(device, 1)
                let peer = LoadPeer(self, index: index, title: "Load \(number).\(device)", room: nil)
                phones.append(Phone(peer, person: person, user: "\(share.run)-\(person)"))
                self.peers.append(peer)
                self.places.append((self.pairs.count, device))
            }
            self.pairs.append(CallPair(phones, CallCourse(devices: plan.devices)))
        }
    }

    func open() -> EventLoopFuture<Void> {
        self.lane.open(self.peers, atOnce: self.plan.opening, within: .seconds(300))
    }

    // MARK: Calling

    func start() {
        self.isCalling = true
        let now = self.lane.now
        let rate = self.plan.perSecond / Double(self.plan.pairs)
        self.paces = self.pairs.indices.map { index in
            Pace(perSecond: rate, from: now, share: Double(index) / Double(self.pairs.count))
        }
        self.lane.every(.milliseconds(1), self) { ($0 as? CallsCrew)?.callWhoIsDue() }
    }

    private func callWhoIsDue() {
        let now = self.lane.now
        let talking = UInt64(self.plan.talkMilliseconds) * 1_000_000
        for index in self.pairs.indices {
            if self.isCalling, self.pairs[index].course.isIdle, let due = self.paces[index].due(at: now) {
                self.step(index) { $0.begin(due: due, &$2) }
            }
            self.step(index) { $0.tick(talking: talking, at: now, &$2) }
        }
    }

    func stop() {
        self.isCalling = false
        self.lane.stopMeasuring()
    }

    var isQuiet: Bool { self.pairs.allSatisfy(\.course.isIdle) }

    func conclude() {
        for pair in self.pairs {
            pair.course.settle(&self.lane.verdict)
            if pair.course.isIdle { self.lane.verdict.ghosts += UInt64(pair.phones.reduce(0) { $0 + $1.ringing }) }
        }
        for peer in self.peers { peer.end() }
    }

    var figures: [LoadFigure] {
        [
            LoadFigure("callsBegun", "calls begun", Double(self.pairs.reduce(0) { $0 + $1.course.begun })),
            LoadFigure("callsOver", "calls that were over", Double(self.pairs.reduce(0) { $0 + $1.course.count })),
        ]
    }

    // MARK: Hearing

    func peer(_ peer: LoadPeer, heard news: LoadClient.News) {
        guard case .welcomed = news else { return }
        let (pair, phone) = self.places[peer.index]
        // It rings also while the call before is being forgotten.
        self.pairs[pair].phones[phone].goOnline(LineStatus(whenBusy: .ring))
    }

    func peer(_ peer: LoadPeer, takes message: ServerMessage) -> Bool {
        let (pair, phone) = self.places[peer.index]
        guard let news = self.pairs[pair].phones[phone].hear(message, &self.lane.verdict) else { return false }
        for news in news { self.hear(news, pair, phone) }
        return true
    }

    func peer(_ peer: LoadPeer, mayBeRefused rejection: RejectedMessage) -> Bool {
        self.step(self.places[peer.index].pair) { $0.abandon(&$2) }
        return false
    }

    private func hear(_ news: Phone.News, _ pair: Int, _ phone: Int) {
        switch news {
        case .online: self.lane.hasCome()
        case .inCall(let room):
            if phone == 0 { self.step(pair) { course, verdict, _ in course.called(room, &verdict) } }
        case .event(let event, let room):
            let line = self.pairs[pair].phones[phone].line?.id
            room == line ? self.lineSays(event, pair, phone) : self.callSays(event, room, pair, phone)
        }
    }

    private func lineSays(_ event: JSONValue, _ pair: Int, _ phone: Int) {
        guard phone > 0, let call = event["call"]?.string.flatMap({ RoomID($0) }) else { return }
        let now = self.lane.now
        switch event["type"]?.string {
        case "incoming"?:
            let ring = UInt64(clamping: event["ring"]?.integer ?? 1)
            self.step(pair) { $0.rings(on: phone - 1, call, ring: ring, at: now, &$1, &$2) }
        case "incoming-ended"?:
            let reason = event["reason"]?.string ?? ""
            self.step(pair) { $0.ringEnded(on: phone - 1, call, reason: reason, at: now, &$1, &$2) }
        case .some, .none: break
        }
    }

    private func callSays(_ event: JSONValue, _ room: RoomID, _ pair: Int, _ phone: Int) {
        let now = self.lane.now
        switch event["type"]?.string {
        case "ring-answered"?: if phone == 0 { self.step(pair) { $0.answered(room, at: now, &$1, &$2) } }
        case "left"?:
            let own = self.pairs[pair].phones[phone].call?.participant.description
            if phone == 0, event["participant"]?.string == own { self.end(room, event, pair, phone) }
        case "ended"?: self.end(room, event, pair, phone)
        case .some, .none: break
        }
    }

    /// The caller leaves, and may be told that the call is over, or may not.
    private func end(_ room: RoomID, _ event: JSONValue, _ pair: Int, _ phone: Int) {
        guard self.pairs[pair].phones[phone].call?.id == room else { return }
        let (now, reason) = (self.lane.now, event["reason"]?.string ?? "")
        self.pairs[pair].phones[phone].forgetCall()
        self.step(pair) { $0.ended(byCaller: phone == 0, room, reason: reason, at: now, &$1, &$2) }
    }

    private func step(
        _ index: Int,
        _ step: (inout CallCourse, inout Verdict, inout [CallCourse.Effect]) -> Void
    ) {
        var effects: [CallCourse.Effect] = []
        step(&self.pairs[index].course, &self.lane.verdict, &effects)
        let phones = self.pairs[index].phones
        for effect in effects {
            self.lane.heard += 1
            switch effect {
            case .call: if let person = phones[1].identity { phones[0].call(person) }
            case .accept(let device, let room, let ring): phones[device + 1].accept(room, ring: ring)
            case .hangUp: phones[0].hangUp()
            case .measured(let latency, let from):
                self.lane.record(latency.rawValue, nanoseconds: self.lane.now - min(self.lane.now, from))
            case .done: break
            }
        }
    }
}

/// The one who calls has the first phone; all others are those of the one who is called.
private struct CallPair {
    let phones: [Phone]
    var course: CallCourse

    init(_ phones: [Phone], _ course: CallCourse) {
        self.phones = phones
        self.course = course
    }
}
