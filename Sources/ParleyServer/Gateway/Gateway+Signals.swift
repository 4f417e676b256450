import ParleyProtocol
import ParleyRooms
import ParleyTransport

/// The relay path. Everything here runs for every message: no allocation in the steady state, no promise, no
/// existential; one look-up of the route, one copy into the peer's output, one into the mailbox batch.
extension Gateway {
    /// - Parameter frame: the whole message; `envelope` points into it.
    func relaySignal(_ envelope: Envelope, _ frame: UnsafeRawBufferPointer, from session: GatewaySession) {
        guard let n = envelope.n, n > 0 else {
            return self.refuse(.invalidMember, member: "n", envelope, frame, session)
        }
        guard let route = self.route(for: envelope, frame, from: session) else { return }
        let peer = route.peer
        switch route.sequence.judge(n, floor: envelope.floor ?? 1) {
        case .accept: break
        case .duplicate: return
        case .gap(let expected): return self.refuse(.signalGap, expected: expected, envelope, frame, session)
        }
        let relay = RelayFrame(envelope, from: route.owner.id)
        let length = relay.length
        guard peer.unacknowledgedBytes + length <= self.limits.mailboxBytesMax else {
            return self.refuse(.mailboxFull, retryAfterMilliseconds: 100, envelope, frame, session)
        }
        if let code = self.negotiate(envelope, route) {
            return self.refuse(code, envelope, frame, session)
        }
        if peer.inbox.post(n, from: route.owner.id) != nil {
            return self.refuse(.mailboxFull, retryAfterMilliseconds: 100, envelope, frame, session)
        }
        route.sequence.advance(to: n)
        route.sizes.append(UInt32(truncatingIfNeeded: length))
        peer.unacknowledgedBytes += length
        self.deliver(relay, frame, length: length, n: n, floor: envelope.floor ?? 1, route)
    }

    private func deliver(
        _ relay: RelayFrame, _ frame: UnsafeRawBufferPointer, length: Int, n: UInt64, floor: UInt64, _ route: Route
    ) {
        self.counters.signalsRelayed += 1
        self.counters.bytesSent += length
        let peer = route.peer
        let mailbox = MailboxID(room: peer.host.id, recipient: peer.id)
        guard let connection = peer.session.connection else { return }
        connection.sendText(length: length) { output in
            relay.write(frame, into: output)
            // The same bytes again for the mailbox: whoever resumes gets exactly what was sent.
            self.mail.append(UnsafeRawBufferPointer(output), to: mailbox, from: route.owner.id, n: n, floor: floor)
        }
        self.scheduleMail()
    }
}
