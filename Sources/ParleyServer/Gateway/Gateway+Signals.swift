import Logging
import NIOCore
import ParleyEngine
import ParleyProtocol
import ParleyRooms
import ParleyTransport

/// The relay path. What is here runs for every message: no allocation in the steady state, no promise, no
/// existential; one look-up of the route, one copy into the peer's output, one into the mailbox batch.
extension Gateway {
    /// - Parameter frame: the whole message, which `envelope` points into.
    func relaySignal(_ envelope: Envelope, _ frame: UnsafeRawBufferPointer, from session: GatewaySession) {
        guard let n = envelope.n, let to = envelope.recipient else {
            return self.refuse(.unknownRecipient, envelope, frame, session)
        }
        let found = session.route(to: to)
        guard let route = found ?? self.makeRoute(to: to, envelope, frame, session) else { return }
        let floor = envelope.floor ?? 1
        switch route.sequence.judge(n, floor: floor) {
        case .accept:
            break
        case .duplicate:
            // Sent again after a reconnect or by an impatient client: it has its outcome already.
            return
        case .gap(let expected):
            return self.refuse(.signalGap, expected: expected, envelope, frame, session)
        }
        let relay = RelayFrame(envelope, in: frame, from: route.owner.id)
        let length = relay.byteCount
        let peer = route.peer
        // A copy, which becomes the pair's state only if the mailbox has a place as well: a refused signal is
        // sent again with the same numbers.
        var negotiation = route.pair.negotiation
        if let code = Self.negotiate(envelope, &negotiation, route.side) {
            return self.refuse(code, envelope, frame, session)
        }
        guard peer.unacknowledgedBytes + length <= self.limits.mailboxBytesMax,
            peer.inbox.post(n, from: route.owner.id) == nil
        else {
            return self.refuse(.mailboxFull, retryAfterMilliseconds: 100, envelope, frame, session)
        }
        route.pair.negotiation = negotiation
        route.sequence.advance(to: n)
        route.sizes.append(UInt32(truncatingIfNeeded: length))
        peer.unacknowledgedBytes += length
        self.deliver(relay, n: n, floor: floor, route)
    }

    /// Hands the signal to the peer's connection at once; the mailbox has it by the end of the tick, and what the
    /// peer acknowledges meanwhile waits behind that.
    private func deliver(_ relay: RelayFrame, n: UInt64, floor: UInt64, _ route: Route) {
        self.counters.signalsRelayed += 1
        self.counters.bytesSent += relay.byteCount
        let peer = route.peer
        let mailbox = MailboxID(room: peer.host.id, recipient: peer.id)
        if let connection = peer.session.connection, connection.isOpen, peer.held == nil {
            connection.sendText(length: relay.byteCount) { output in
                relay.write(to: output)
                // The same bytes for the mailbox: whoever resumes gets exactly what was sent.
                self.mail.append(UnsafeRawBufferPointer(output), to: mailbox, from: route.owner.id, n: n, floor: floor)
            }
        } else {
            withUnsafeTemporaryAllocation(byteCount: relay.byteCount, alignment: 1) { output in
                relay.write(to: output)
                peer.held?.append(ByteBuffer(bytes: output))
                self.mail.append(UnsafeRawBufferPointer(output), to: mailbox, from: route.owner.id, n: n, floor: floor)
            }
        }
        self.scheduleMail()
    }

    private static func negotiate(
        _ envelope: Envelope,
        _ negotiation: inout PairNegotiation,
        _ side: PairNegotiation.Side
    ) -> RejectionCode? {
        switch envelope.kind {
        case .signal: return nil
        // Both belong to a negotiation that there is.
        case .iceCandidate, .iceRestart: return negotiation.candidate()
        case .offer: return negotiation.offer(from: side, negotiation: envelope.negotiation ?? 0)
        case .answer: return negotiation.answer(from: side, negotiation: envelope.negotiation ?? 0)
        case .hangup:
            negotiation.hangup()
            return nil
        case .hello, .join, .leave, .media, .pulse, .beat, .resync, .networkChanged, .unknown:
            assertionFailure("only signals are relayed")
            return .unknownType
        }
    }

    // MARK: Routes

    /// Finds the way to a peer once. Nobody, somebody in another room, and somebody who has left are one answer.
    private func makeRoute(
        to: ParticipantID,
        _ envelope: Envelope,
        _ frame: UnsafeRawBufferPointer,
        _ session: GatewaySession
    ) -> Route? {
        if session.seats.contains(where: { $0.id == to && $0.phase == .present }) {
            self.refuse(.recipientIsSelf, envelope, frame, session)
            return nil
        }
        guard let peer = self.participants[to],
            let mine = session.seats.first(where: { $0.host === peer.host && $0.phase == .present })
        else {
            self.refuse(.unknownRecipient, envelope, frame, session)
            return nil
        }
        guard mine.routes.count < self.limits.peersPerSessionMax else {
            self.refuse(.tooManyPeers, envelope, frame, session)
            return nil
        }
        let side = PairNegotiation.Side(joined: mine.joined, peerJoined: peer.joined)
        let pair = peer.routes[mine.id]?.pair ?? Pair(Self.negotiation(mine, peer, side))
        let route = Route(owner: mine, peer: peer, side: side, pair: pair)
        mine.add(route)
        return route
    }

    private static func negotiation(_ mine: Seat, _ peer: Seat, _ side: PairNegotiation.Side) -> PairNegotiation {
        let mineRollback = mine.session.abilities.rollback
        let peerRollback = peer.session.abilities.rollback
        switch side {
        case .elder:
            return PairNegotiation(elderHasRollback: mineRollback, newcomerHasRollback: peerRollback)
        case .newcomer:
            return PairNegotiation(elderHasRollback: peerRollback, newcomerHasRollback: mineRollback)
        }
    }

    // MARK: Mail

    /// What this tick relays reaches the engine as one batch.
    func scheduleMail() {
        guard !self.isMailScheduled else { return }
        self.isMailScheduled = true
        self.eventLoop.assumeIsolated().execute {
            self.isMailScheduled = false
            self.sendMailNow()
            // Behind what was relayed in this tick: the engine keeps the order of one loop's calls.
            self.tellSenders()
        }
    }

    func sendMailNow() {
        guard !self.mail.isEmpty else { return }
        let count = self.mail.entries.count
        let logger = self.logger
        self.engine.append(self.mail, on: self.eventLoop).whenComplete { result in
            // The same rules were applied before, so the engine can only disagree if it has lost its memory.
            // The sender keeps what is not delivered, and what was handed to a socket is not lost by this.
            switch result {
            case .success(let verdicts):
                let strange = verdicts.count { $0 != .stored && $0 != .duplicate }
                if strange > 0 {
                    logger.warning("The engine did not store signals.", metadata: ["signals": "\(strange)"])
                }
            case .failure(let error):
                logger.warning(
                    "The engine could not store signals.",
                    metadata: ["signals": "\(count)", "error": "\(error)"]
                )
            }
        }
        self.mail.removeAll()
    }

    // MARK: Acknowledgements

    /// The recipient has received signals: its senders may forget them.
    func acknowledge(_ beat: ClientBeat, from session: GatewaySession) {
        for seat in session.seats where seat.phase == .present {
            var numbers: [SignalNumber] = []
            for mark in beat.acknowledged {
                // Gone, or in another of this session's rooms.
                guard let sender = self.participants[mark.participant], sender.host === seat.host else { continue }
                guard let route = sender.routes[seat.id] else {
                    // It has never sent anything here.
                    if mark.n > 0 { self.refuseAcknowledgement(of: session) }
                    continue
                }
                switch seat.inbox.acknowledge(mark.n, from: mark.participant) {
                case .advanced(let count):
                    for _ in 0..<min(Int(clamping: count), route.sizes.count) {
                        seat.unacknowledgedBytes -= Int(route.sizes.removeFirst())
                    }
                    numbers.append(SignalNumber(sender: mark.participant, n: mark.n))
                case .ignored:
                    break
                case .rejected:
                    self.refuseAcknowledgement(of: session)
                }
            }
            guard !numbers.isEmpty else { continue }
            self.acknowledgements.append((seat, numbers))
            self.scheduleMail()
        }
    }

    private func refuseAcknowledgement(of session: GatewaySession) {
        session.reject(Rejection(.invalidMember, of: "beat", member: "ack"), counters: &self.counters)
    }

    private func tellSenders() {
        for (seat, numbers) in self.acknowledgements {
            let mailbox = MailboxID(room: seat.host.id, recipient: seat.id)
            let recipient = seat.id
            let answer = self.engine.acknowledge(numbers, in: mailbox, on: self.eventLoop)
            answer.assumeIsolated().whenSuccess { delivered in
                for (number, n) in zip(numbers, delivered) where n > 0 {
                    guard let sender = self.participants[number.sender] else { continue }
                    self.note(delivered: n, to: recipient, for: sender.session)
                }
            }
        }
        self.acknowledgements.removeAll(keepingCapacity: true)
    }

    /// Nobody waits for this: what a session's signals have reached is gathered, and said ten times a second at most.
    func note(delivered n: UInt64, to recipient: ParticipantID, for session: GatewaySession) {
        if session.delivered.isEmpty { self.sessionsWithDelivered.append(session) }
        session.delivered[recipient] = n
        guard !self.isDeliveredScheduled else { return }
        self.isDeliveredScheduled = true
        self.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(100)) { self.tellDelivered() }
    }

    private func tellDelivered() {
        self.isDeliveredScheduled = false
        let now = self.now
        for session in self.sessionsWithDelivered {
            let marks = session.delivered.map { Watermark(participant: $0.key, n: $0.value) }
                .sorted { $0.participant < $1.participant }
            session.delivered.removeAll(keepingCapacity: true)
            session.send(.beat(ServerBeat(time: now, delivered: marks)), counters: &self.counters)
        }
        self.sessionsWithDelivered.removeAll(keepingCapacity: true)
    }
}
