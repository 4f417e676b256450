package import ParleyProtocol

/// Signals out and in, pulses, and beats.
extension ClientStateMachine {
    /// Peers with something to send; one more is undelivered at once.
    package static let peersMax = 16_384

    /// - Returns: the signal's ticket, by which `delivered` names it; 0 for one that cannot be kept.
    package mutating func signal(
        _ payload: SignalPayload,
        to peer: ParticipantID,
        negotiation: UInt64?,
        _ effects: inout [Effect]
    ) -> UInt64 {
        guard self.end == nil, self.outboxes[peer] != nil || self.outboxes.count < Self.peersMax else {
            effects.append(.tell(.undelivered(to: peer, n: 0, self.end ?? .tooManyWaiting)))
            return 0
        }
        if self.outboxes[peer] == nil { self.outboxes[peer] = SignalOutbox(to: peer, windowMax: self.windowMax) }
        var ticket: UInt64 = 0
        self.withOutbox(to: peer, &effects) { ticket = $0.push(payload, negotiation: negotiation, &$1) }
        return ticket
    }

    package mutating func pulse(_ pulse: OutboundPulse, _ effects: inout [Effect]) {
        self.say(.pulse(pulse), &effects)
    }

    package mutating func ask(_ request: RosterRequest, _ effects: inout [Effect]) {
        self.say(.roster(request), &effects)
    }

    mutating func withOutbox(
        to peer: ParticipantID,
        _ effects: inout [Effect],
        _ step: (inout SignalOutbox, inout [SignalOutbox.Effect]) -> Void
    ) {
        // Ignored: outcomes for a pair that is history here.
        guard let index = self.outboxes.index(forKey: peer) else { return }
        var steps: [SignalOutbox.Effect] = []
        step(&self.outboxes.values[index], &steps)
        for step in steps {
            switch step {
            case .send(let signal): self.say(.signal(signal), &effects)
            case .delivered(let ticket): effects.append(.tell(.delivered(to: peer, n: ticket)))
            case .refused(let ticket, var rejected):
                rejected.n = ticket
                effects.append(.tell(.rejected(rejected)))
            case .postponed(let ticket, var rejected):
                rejected.n = ticket
                effects.append(.tell(.postponed(rejected)))
            case .failed(let ticket, let error):
                effects.append(.tell(.undelivered(to: peer, n: ticket, error)))
            case .forget: self.outboxes[peer] = nil
            case .wake(let time): effects.append(.wake(at: time))
            }
        }
    }

    mutating func resumeSignals(_ effects: inout [Effect]) {
        for peer in self.outboxes.keys.sorted() {
            self.outboxes[peer]?.windowMax = self.windowMax
            self.withOutbox(to: peer, &effects) { $0.resumed(&$1) }
        }
    }

    mutating func forget(_ peer: ParticipantID, _ error: ClientError, _ effects: inout [Effect]) {
        self.withOutbox(to: peer, &effects) { $0.fail(error, &$1) }
        self.outboxes[peer] = nil
        self.received.forget(peer)
        for room in self.memberships.keys { self.memberships[room]?.roundTrips[peer] = nil }
    }

    // MARK: Hearing

    mutating func received(_ signal: RelayedSignal, _ moment: Moment, _ effects: inout [Effect]) {
        // Ignored: from somebody who has left, or of a room that this client has left. One of a large audience, whom
        // nobody is shown, answers.
        let isKnown = self.outboxes[signal.from] != nil || self.isPresent(signal.from)
        guard isKnown || self.received.hasHeard(from: signal.from) else { return }
        switch self.received.receive(signal.n, floor: signal.floor, from: signal.from, moment) {
        case .new:
            self.signalGapsInARow = 0
            effects.append(.tell(.signal(signal)))
        case .duplicate: break
        case .gap:
            // The server sends again what has not arrived. If it cannot, only a new session helps.
            self.signalGapsInARow += 1
            if self.signalGapsInARow > 1 { self.hasMemory = false }
            return self.giveUp(.gap, moment, &effects)
        }
        if self.received.wantsToAcknowledge {
            self.acknowledge(&effects)
        } else if let deadline = self.received.deadline {
            effects.append(.wake(at: deadline))
        }
    }

    private func isPresent(_ participant: ParticipantID) -> Bool {
        self.memberships.values.contains { membership in
            membership.replica.contains(participant) && !self.joins.isRejoining(membership.replica.id)
        }
    }

    mutating func acknowledge(_ effects: inout [Effect]) {
        let marks = self.received.acknowledge()
        // Without a connection the resume says it.
        if !marks.isEmpty { self.say(.beat(ClientBeat(acknowledged: marks)), &effects) }
    }

    mutating func received(_ beat: ServerBeat, _ moment: Moment, _ effects: inout [Effect]) {
        for mark in beat.delivered {
            self.withOutbox(to: mark.participant, &effects) { $0.delivered(mark.n, &$1) }
        }
        for room in beat.rooms {
            guard let replica = self.memberships[room.room]?.replica else { continue }
            for trip in room.roundTrips where replica.contains(trip.participant) {
                self.memberships[room.room]?.roundTrips[trip.participant] = trip.milliseconds
            }
            // Whoever stands elsewhere cannot compare: the next beat will find it.
            guard let hash = room.hash, room.at == replica.position else { continue }
            if hash == replica.hash {
                self.memberships[room.room]?.hasMistrusted = false
            } else {
                self.mistrust(replica, moment, &effects)
            }
        }
    }
}
