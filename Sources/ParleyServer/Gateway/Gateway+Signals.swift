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
    /// - Parameter now: monotonic nanoseconds.
    func relaySignal(
        _ envelope: Envelope,
        _ frame: UnsafeRawBufferPointer,
        from session: GatewaySession,
        now: UInt64
    ) {
        guard let n = envelope.n, let to = envelope.recipient else {
            return self.refuse(.unknownRecipient, envelope, frame, session)
        }
        let found = session.route(to: to)
        guard let route = found ?? self.makeRoute(to: to, envelope, frame, session) else { return }
        var floor = self.heedsFloors ? envelope.floor ?? 1 : 1
        route.heard(floor: floor)
        switch route.sequence.judge(n, floor: floor) {
        case .accept:
            // Whoever comes back says again what nobody has acknowledged yet: that is not counted twice.
            if n > route.sequence.furthest,
                case .retryAfterMilliseconds(let wait) = route.rate.take(now: now)
            {
                return self.refuse(.rateLimited, retryAfterMilliseconds: wait, envelope, frame, session)
            }
        case .duplicate:
            return self.repeatSignal(envelope, frame, n: n, floor: floor, route)
        case .gap where !self.configuration.mechanisms.contains(.denseSignals):
            floor = n
        case .gap(let expected):
            return self.refuse(.signalGap, expected: expected, envelope, frame, session)
        }
        let relay = RelayFrame(envelope, in: frame, from: route.sender)
        guard let peer = route.peer else {
            // The engine judges whether there is a place for it.
            route.sequence.advance(to: n)
            self.post(relay, n: n, floor: floor, route)
            return self.scheduleMail()
        }
        // A copy, which becomes the pair's state only if the mailbox has a place as well: a refused signal is
        // sent again with the same numbers.
        var negotiation = envelope.kind == .signal ? nil : route.pair?.negotiation
        // What is sent again was judged when it came first.
        if n > route.sequence.furthest, let code = Self.negotiate(envelope, &negotiation, route.side) {
            return self.refuse(code, envelope, frame, session)
        }
        let length = relay.byteCount
        let posting =
            peer.unacknowledgedBytes + length <= self.limits.mailboxBytesMax
            ? peer.inbox.post(n, floor: floor, isDirect: peer.takesSignals, from: route.sender) : .full
        switch posting {
        case .full:
            return self.refuse(.mailboxFull, retryAfterMilliseconds: 100, envelope, frame, session)
        case .handed, .kept:
            route.sizes.append(UInt32(truncatingIfNeeded: length))
            peer.unacknowledgedBytes += length
        case .again:
            break
        }
        if let negotiation { route.pair?.negotiation = negotiation }
        route.sequence.advance(to: n)
        self.deliver(relay, n: n, floor: floor, route, peer, isNow: posting == .handed)
    }

    /// Sent again after a reconnect or a loss, or by an impatient client. As long as nobody has said that it is
    /// delivered, the mailbox may have lost it: that judges whether it knows it.
    private func repeatSignal(
        _ envelope: Envelope,
        _ frame: UnsafeRawBufferPointer,
        n: UInt64,
        floor: UInt64,
        _ route: Route
    ) {
        guard n > route.told else { return }
        self.post(RelayFrame(envelope, in: frame, from: route.sender), n: n, floor: floor, route)
        self.scheduleMail()
        if let peer = route.peer { self.fetchMail(of: peer) }
    }

    /// Hands the signal to the peer's connection at once; the mailbox has it by the end of the tick, and what the
    /// peer acknowledges meanwhile waits behind that.
    private func deliver(_ relay: RelayFrame, n: UInt64, floor: UInt64, _ route: Route, _ peer: Seat, isNow: Bool) {
        self.traffic.signalsRelayed += 1
        self.traffic.bytesSent += relay.byteCount
        if isNow, let connection = peer.session.connection {
            connection.sendText(length: relay.byteCount) { output in
                relay.write(to: output)
                // The same bytes for the mailbox: whoever resumes gets exactly what was sent.
                self.addMail(UnsafeRawBufferPointer(output), n: n, floor: floor, route)
            }
        } else {
            self.post(relay, n: n, floor: floor, route)
            self.fetchMail(of: peer)
        }
        self.scheduleMail()
    }

    private func post(_ relay: RelayFrame, n: UInt64, floor: UInt64, _ route: Route) {
        withUnsafeTemporaryAllocation(byteCount: relay.byteCount, alignment: 1) { output in
            relay.write(to: output)
            self.addMail(UnsafeRawBufferPointer(output), n: n, floor: floor, route)
        }
    }

    private static func negotiate(
        _ envelope: Envelope,
        _ negotiation: inout PairNegotiation?,
        _ side: PairNegotiation.Side
    ) -> RejectionCode? {
        switch envelope.kind {
        case .signal: return nil
        // Both belong to a negotiation that there is.
        case .iceCandidate, .iceRestart: return negotiation?.candidate()
        case .offer: return negotiation?.offer(from: side, negotiation: envelope.negotiation ?? 0) ?? nil
        case .answer: return negotiation?.answer(from: side, negotiation: envelope.negotiation ?? 0) ?? nil
        case .hangup:
            negotiation?.hangup()
            return nil
        case .hello, .join, .leave, .media, .meeting, .pulse, .beat, .resync, .networkChanged, .authenticate, .chat,
            .chatHistory,
            .roster, .watch, .unknown:
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
        let peer = self.participants[to]
        guard let mine = session.seats.first(where: { $0.phase == .present && $0.reaches(to, peer) }),
            let joined = peer?.joined ?? mine.host.room.participant(to)?.joined
        else {
            self.refuse(.unknownRecipient, envelope, frame, session)
            return nil
        }
        // Thousands could: they answer those on the stage who begin.
        guard !mine.isCounted || mine.knows(to) else {
            self.refuse(.notPermitted, envelope, frame, session)
            return nil
        }
        guard mine.routes.count < self.limits.peersPerSessionMax else {
            self.refuse(.tooManyPeers, envelope, frame, session)
            return nil
        }
        let side = PairNegotiation.Side(joined: mine.joined, peerJoined: joined)
        let rate = RateLimit(
            perSecond: self.limits.signalsPerPairPerSecond,
            burst: self.limits.signalsPerPairBurst,
            now: self.eventLoop.now.uptimeNanoseconds
        )
        let pair = Self.pair(mine, peer, side)
        let route = Route(owner: mine, recipient: to, peer: peer, side: side, pair: pair, rate: rate)
        mine.add(route)
        return route
    }

    /// - Returns: `nil` for two who were not on this node from the beginning.
    private static func pair(_ mine: Seat, _ peer: Seat?, _ side: PairNegotiation.Side) -> Pair? {
        guard let peer, !mine.wasElsewhere, !peer.wasElsewhere else { return nil }
        guard let back = peer.routes[mine.id] else { return Pair(Self.negotiation(mine, peer, side)) }
        return back.pair
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

    // MARK: Acknowledgements

    /// - Returns: `false` if the beat has to be decoded in full.
    func acknowledge(plain frame: UnsafeRawBufferPointer, from session: GatewaySession) -> Bool {
        var marks: [Watermark] = []
        swap(&marks, &self.acknowledgedMarks)
        let isPlain = PlainBeat.read(frame, into: &marks)
        if isPlain { self.acknowledge(marks, from: session) }
        marks.removeAll(keepingCapacity: true)
        swap(&marks, &self.acknowledgedMarks)
        return isPlain
    }

    /// The recipient has received signals: its senders may forget them.
    ///
    /// - Parameter isMeant: whether it can speak of those to that seat.
    func acknowledge(
        _ marks: [Watermark],
        from session: GatewaySession,
        where isMeant: (Seat) -> Bool = { _ in true }
    ) {
        for seat in session.seats where seat.phase == .present && isMeant(seat) {
            for mark in marks {
                let isBelieved = self.mayNotKnow(mark.participant, seat)
                if mark.n > 0, !isBelieved, self.hasNeverSent(mark.participant, to: seat) {
                    self.refuseAcknowledgement(of: session)
                    continue
                }
                switch seat.inbox.acknowledge(mark.n, from: mark.participant, isBelieved: isBelieved) {
                case .advanced(let count):
                    self.giveBack(count, of: seat, from: mark.participant)
                    self.acknowledgeLater(mark.n, from: mark.participant, of: seat)
                    self.noteAtOnce(mark, to: seat)
                case .ignored:
                    break
                case .rejected:
                    self.refuseAcknowledgement(of: session)
                }
            }
        }
    }

    /// Whether the sender's signals may have reached the recipient without this node's knowing.
    private func mayNotKnow(_ sender: ParticipantID, _ seat: Seat) -> Bool {
        (self.mayHaveMissed || seat.wasElsewhere) && seat.host.room.participant(sender) != nil
    }

    /// For a simulation in which a sender is told before the mailbox is.
    private func noteAtOnce(_ mark: Watermark, to seat: Seat) {
        guard !self.configuration.mechanisms.contains(.acknowledgementBehindMail),
            let sender = self.participants[mark.participant]
        else { return }
        self.note(delivered: mark.n, to: seat.id, for: sender.session)
    }

    /// Of people who have moved that is not known here.
    private func hasNeverSent(_ sender: ParticipantID, to seat: Seat) -> Bool {
        guard let other = self.participants[sender], other.host === seat.host else { return false }
        return other.routes[seat.id] == nil
    }

    private func refuseAcknowledgement(of session: GatewaySession) {
        session.reject(Rejection(.invalidMember, of: "beat", member: "ack"), counters: &self.counters)
    }

    func giveBack(_ count: UInt64, of seat: Seat, from sender: ParticipantID) {
        guard let route = self.participants[sender]?.routes[seat.id] else { return }
        for _ in 0..<min(Int(clamping: count), route.sizes.count) {
            seat.unacknowledgedBytes -= Int(route.sizes.removeFirst())
        }
    }

    /// Nobody waits for this: what a session's signals have reached is gathered, and said ten times a second at most.
    func note(delivered n: UInt64, to recipient: ParticipantID, for session: GatewaySession) {
        if session.delivered.isEmpty { self.sessionsWithDelivered.append(session) }
        let told = max(n, session.delivered[recipient] ?? 0)
        session.route(to: recipient)?.heard(floor: told + 1)
        session.delivered[recipient] = told
        guard !self.isDeliveredScheduled else { return }
        self.isDeliveredScheduled = true
        self.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(100)) { self.tellDelivered() }
    }

    private func tellDelivered() {
        self.isDeliveredScheduled = false
        let now = self.now
        var marks: [Watermark] = []
        for session in self.sessionsWithDelivered where !session.delivered.isEmpty {
            for (recipient, n) in session.delivered { marks.append(Watermark(participant: recipient, n: n)) }
            marks.sort { $0.participant < $1.participant }
            session.delivered.removeAll(keepingCapacity: true)
            if let connection = session.connection {
                let frame = DeliveredFrame(time: now, delivered: marks)
                self.counters.bytesSent += frame.byteCount
                connection.sendText(length: frame.byteCount) { frame.write(to: $0) }
            }
            marks.removeAll(keepingCapacity: true)
        }
        self.sessionsWithDelivered.removeAll(keepingCapacity: true)
    }
}
