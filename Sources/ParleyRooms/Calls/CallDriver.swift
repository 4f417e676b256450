public import ParleyProtocol

/// What is to be done so that a line shows what rings, no more and no less: a pure function of what the two rooms hold.
///
/// Whoever holds both may do it, at any time, late or twice: each step is judged by the room that it is for.
public enum CallDriver {
    /// What the line of somebody is to be told of a call.
    ///
    /// - Parameters:
    ///   - call: the room that rings, or has rung, with that id; `nil`: there is none any more.
    ///   - caller: what the device of whoever calls can do, see ``Room/callerAbilities(_:)``.
    public static func stepsIntoLine(
        _ line: Room,
        of id: RoomID,
        _ call: Room?,
        caller: (UInt64) -> MediaAbilities? = { _ in nil }
    ) -> [CallStep] {
        guard let owner = line.line?.owner else { return [] }
        var steps: [CallStep] = []
        let copy = line.line?.incoming[id]
        if let copy, let end = Self.end(of: copy, for: owner, in: call) {
            steps.append(.conclude(id, ring: copy.ring, end))
        }
        for (number, _) in call?.ringing ?? [] {
            guard let incoming = call?.incoming(number, for: owner), number > copy?.ring ?? 0,
                number > line.line?.settled[id]?.ring ?? 0
            else { continue }
            steps.append(.deliver(incoming, caller: caller(number)))
        }
        return steps
    }

    /// What the room that rings is to be told of somebody.
    public static func stepsIntoCall(_ call: Room, from line: Room) -> [CallStep] {
        guard let owner = line.line?.owner else { return [] }
        var steps: [CallStep] = []
        for (number, ring) in call.ringing {
            guard let state = ring.people[owner]?.state, state.isOpen else { continue }
            if let settled = line.line?.settled[call.id], settled.ring == number, let verdict = settled.verdict {
                steps.append(.report(ring: number, owner, verdict))
            } else if line.line?.incoming[call.id]?.ring == number, state == .calling,
                line.people.values.contains(where: { !$0.isInterrupted })
            {
                steps.append(.report(ring: number, owner, RingVerdict(.ringing)))
            }
        }
        return steps
    }

    /// Why a copy is to go; `nil`: it rings on.
    private static func end(of copy: IncomingCall, for owner: IdentityID, in call: Room?) -> IncomingEnd? {
        guard let call else { return .failed }
        switch call.lifecycle {
        // Not read yet.
        case .absent: return nil
        case .ended(let reason): return IncomingEnd(reason)
        case .scheduled, .open, .locked: break
        }
        // What this replica has not heard of yet rings on.
        guard copy.ring <= call.rings?.last ?? 0 else { return nil }
        if let ring = call.ring(copy.ring) {
            switch ring.people[owner]?.state {
            case .calling, .ringing: return nil
            case .answered: return .answered
            case .declined: return .declined
            case .busy, .unreachable, .incompatible, nil: return .cancelled
            }
        }
        guard let over = call.rings?.over[copy.ring] else { return .cancelled }
        switch over.end {
        case .answered: return over.answered.contains(owner) ? .answered : .answeredElsewhere
        case .noAnswer: return .noAnswer
        case .declined: return .declined
        case .cancelled, .busy, .unreachable, .incompatible: return .cancelled
        }
    }
}

extension Room {
    /// What the device of whoever rings can do; `nil`: it has said nothing, or is not here.
    public func callerAbilities(_ number: UInt64) -> MediaAbilities? {
        guard let by = self.ring(number)?.by.identity, let device = self.participants(of: by).last else { return nil }
        return self.policy.profiles.abilities(of: device.id)
    }
}

extension MediaAbilities {
    /// Whether there is anything at all that one of the two can send and the other one receive.
    func canTalk(to other: MediaAbilities) -> Bool {
        [(self, other), (other, self)].contains { sender, receiver in
            Self.meets(sender.audio?.send, receiver.audio?.receive)
                || Self.meets(sender.video?.send, receiver.video?.receive)
        }
    }

    private static func meets(_ sent: Direction?, _ received: Direction?) -> Bool {
        guard let sent, let received else { return false }
        return sent.formats.contains { received.formats.contains($0) }
    }
}

extension IncomingEnd {
    /// What the end of the call means to whom it still rings.
    init(_ reason: RoomEvent.EndReason) {
        switch reason {
        // It took place, so somebody has answered.
        case .hungUp, .transferred, .merged: self = .answeredElsewhere
        case .declined: self = .declined
        case .noAnswer: self = .noAnswer
        case .busy, .cancelled, .unreachable, .incompatible, .empty, .host, .duration, .hostLeft: self = .cancelled
        }
    }
}
