import ParleyProtocol

/// Somebody in a meeting of the load, from coming to going. Confined to its loop.
final class Person {
    enum Phase { case coming, present, leaving, gone }

    /// What was said, when it was due, and which latency it is of.
    struct Said {
        let due: UInt64
        let kind: Int
    }

    let peer: LoadPeer
    let seat: Int
    let due: UInt64
    var phase = Phase.coming
    /// Participants have an id of their own for each stay; it is known behind that as well.
    var id: ParticipantID?
    /// Nanoseconds: since when.
    var goneAt: UInt64 = 0
    /// The newest commands, by their numbers.
    private(set) var said: [UInt64: Said] = [:]
    /// Of each of the others, the newest command that was heard.
    private var heard: [ParticipantID: UInt64] = [:]
    private var sent: [ParticipantID: UInt64] = [:]
    /// When signals were due that have not arrived, by recipient.
    private var underWay: [ParticipantID: [UInt64: UInt64]] = [:]
    private static let saidMax: UInt64 = 64

    init(_ peer: LoadPeer, seat: Int, due: UInt64) {
        self.peer = peer
        self.seat = seat
        self.due = due
    }

    func say(_ id: UInt64, due: UInt64, kind: Int) {
        self.said[id] = Said(due: due, kind: kind)
        if id > Self.saidMax { self.said[id - Self.saidMax] = nil }
    }

    /// Commands of one person are heard one after the other, each once.
    ///
    /// - Returns: whether it is the next one.
    func hear(_ id: UInt64, of speaker: ParticipantID, _ verdict: inout Verdict) -> Bool {
        guard let before = self.heard[speaker] else {
            self.heard[speaker] = id
            return true
        }
        guard id > before else {
            verdict.twice += 1
            return false
        }
        verdict.lost += id - before - 1
        self.heard[speaker] = id
        return true
    }

    // MARK: Signals

    func nextSignal(to recipient: ParticipantID, due: UInt64) -> UInt64 {
        let n = (self.sent[recipient] ?? 0) + 1
        self.sent[recipient] = n
        self.underWay[recipient, default: [:]][n] = due
        return n
    }

    /// - Returns: when it was due; `nil`: it was never sent.
    func hasArrived(_ n: UInt64, at recipient: ParticipantID) -> UInt64? {
        self.underWay[recipient]?.removeValue(forKey: n)
    }

    /// Somebody has gone, a while ago.
    func forget(_ other: ParticipantID) {
        self.underWay[other] = nil
        self.sent[other] = nil
        self.heard[other] = nil
    }

    var underWayCount: Int { self.underWay.values.reduce(0) { $0 + $1.count } }

    func forgetSignals(to other: ParticipantID) { self.underWay[other] = nil }
}

/// How two of a mesh come to an understanding: an offer, an answer, and candidates from both.
struct PairTalk {
    let offerer: Person
    let answerer: Person
    /// Of both together, one after the other.
    var candidates: Int
    private(set) var isAnswered = false
    private var pace: Pace?
    private static let candidatesPerSecond = 50.0

    init(_ offerer: Person, _ answerer: Person, messages: Int) {
        self.offerer = offerer
        self.answerer = answerer
        self.candidates = max(0, messages - 2)
    }

    mutating func answer(at now: UInt64) {
        self.isAnswered = true
        self.pace = Pace(perSecond: Self.candidatesPerSecond, from: now, share: 0)
    }

    var isOver: Bool {
        self.isAnswered && self.candidates == 0 || self.offerer.phase != .present
            || self.answerer.phase != .present
    }

    /// The next one that is to be sent.
    mutating func due(at now: UInt64) -> (from: Person, to: Person, due: UInt64)? {
        guard self.isAnswered, self.candidates > 0, let due = self.pace?.due(at: now) else {
            return nil
        }
        self.candidates -= 1
        return self.candidates % 2 == 0
            ? (self.offerer, self.answerer, due) : (self.answerer, self.offerer, due)
    }
}
