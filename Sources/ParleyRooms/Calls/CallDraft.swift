import ParleyProtocol

/// A call as it will be, and what is said on the way: each event is judged against those before it, and all of them are
/// one entry of the log.
///
/// ``settle(_:)`` is the whole of what follows by itself. It is called behind whatever may matter to a call, so no way
/// in or out of it can forget a rule.
struct CallDraft {
    private(set) var room: Room
    private(set) var events: [RoomEvent] = []
    let at: Instant
    /// How somebody has gone, in this entry.
    private let leaving: HangupCode?
    /// The latest ring that was over without an answer, in this entry.
    private var unanswered: RingEnd?

    init(_ room: Room, at instant: Instant, leaving: HangupCode? = nil) {
        self.room = room
        self.at = instant
        self.leaving = leaving
    }

    /// Somebody else says it.
    mutating func assume(_ event: RoomEvent) { self.room.evolve(event) }

    mutating func say(_ event: RoomEvent) {
        self.room.evolve(event)
        self.events.append(event)
    }

    mutating func say(_ fact: RingFact, _ cause: RoomEvent.Cause? = nil) {
        self.say(RoomEvent(.meeting(.ring(fact)), cause: cause))
    }

    /// - Parameter answer: of whom, to which ring.
    mutating func settle(answer: (ring: UInt64, AttributeValue?)? = nil) {
        guard self.room.lifecycle.isLive else { return }
        for (number, _) in self.room.ringing { self.settle(number, answer) }
        if let awaited = self.room.rings?.awaited, awaited.people.allSatisfy({ self.room.isHere($0) }) {
            self.say(.awaited([], until: awaited.until))
        }
        guard self.room.kind == .call else { return }
        let here = self.room.identities.count
        if here > 2 { return self.say(.becameMeeting) }
        guard here < 2, self.room.ringing.isEmpty, here == 0 || self.room.rings?.awaited == nil else { return }
        self.say(RoomEvent(.ended(self.reason), code: self.code))
    }

    private mutating func settle(_ number: UInt64, _ answer: (ring: UInt64, AttributeValue?)?) {
        for (identity, person) in self.room.ring(number)?.inOrder ?? [] where person.state.isOpen {
            // Also who has come by another way is there.
            guard let device = self.room.participants(of: identity).last else { continue }
            self.say(.answered(number, identity, device.id, answer?.ring == number ? answer?.1 : nil))
        }
        guard let ring = self.room.ring(number) else { return }
        if let outcome = ring.outcome {
            self.end(number, outcome)
        } else if !self.isWanted(ring) {
            self.end(number, .cancelled)
        }
    }

    /// Whether anybody is there who waits for an answer: whoever rang; or, where they were to be replaced, anybody.
    private func isWanted(_ ring: Ring) -> Bool {
        switch ring.purpose {
        case .call: self.room.isHere(ring.by.identity)
        case .transfer, .recall: self.room.count > 0
        }
    }

    mutating func end(_ number: UInt64, _ end: RingEnd) {
        guard let ring = self.room.ring(number) else { return }
        self.say(.ended(number, end))
        guard end != .answered else { return }
        self.unanswered = end
        guard ring.purpose == .transfer, let person = ring.inOrder.first?.identity, let waits = self.room.first else {
            return
        }
        self.say(.transferFailed(number, person, end))
        // Once: whoever wanted it is asked back.
        var recalled = Ring(
            by: CallParty(waits.identity, name: waits.name),
            mode: .first,
            intent: ring.intent,
            since: self.at,
            until: self.at.advanced(milliseconds: Limits().ringMillisecondsUsual),
            purpose: .recall(end),
            people: [ring.by.identity: Ring.Person(user: ring.by.user)],
            offer: nil,
            data: ring.data
        )
        recalled.issuer = ring.issuer
        self.say(.started((self.room.rings?.last ?? 0) + 1, recalled))
    }

    /// Why the call is over.
    private var reason: RoomEvent.EndReason {
        if self.room.isAnswered, self.leaving != nil { return .hungUp }
        switch self.unanswered {
        case .declined: return .declined
        case .busy: return .busy
        case .noAnswer: return .noAnswer
        case .cancelled: return .cancelled
        case .unreachable: return .unreachable
        case .incompatible: return .incompatible
        case .answered, nil: return self.room.isAnswered ? .hungUp : .cancelled
        }
    }

    private var code: HangupCode {
        if let leaving, self.room.isAnswered { return leaving }
        switch self.reason {
        case .declined: return .declined
        case .busy: return .busy
        case .noAnswer: return .noAnswer
        case .unreachable: return .unreachable
        case .incompatible: return .incompatible
        case .cancelled: return .cancelled
        case .hungUp, .transferred, .merged, .empty, .host, .duration, .hostLeft: return .normal
        }
    }
}

extension Room {
    func ring(_ number: UInt64) -> Ring? { self.rings?.open[number] }

    func isHere(_ identity: IdentityID) -> Bool { !self.participants(of: identity).isEmpty }

    /// Who came first of those who are here.
    fileprivate var first: Participant? { self.people.values.min { $0.joined < $1.joined } }
}

extension HangupCode {
    /// What somebody's going means to those who stay.
    init(_ reason: RoomEvent.LeaveReason) {
        switch reason {
        case .left, .replaced, .expired, .met: self = .normal
        case .disconnected: self = .network
        case .removed, .unauthorized: self = .removed
        case .transferred: self = .transferred
        }
    }
}
