import NIOCore
import ParleyProtocol
import ParleyRooms
import ParleyTransport

/// One socket: reads its messages, knows whether it lives, and ends its session with itself.
///
/// ```
///            hello              the socket is gone
/// waiting ---------->  greeted ------------------->  over
///    \________ no hello in time: 4407; something else first: 4501
/// ```
final class GatewayConnection: WebSocketDelegate {
    private unowned let gateway: Gateway
    private let connection: WebSocketConnection
    /// What it has cost since the meter was told last.
    private var cost = Cost()
    private(set) var session: GatewaySession?
    /// Its place in the gateway's list.
    var slot: Int
    /// On whose account it is; nil: nobody's, see ``AddressStanding``.
    let clientAddress: ClientAddress?
    /// It was let in as somebody who comes back.
    var saysThatItReturns = false
    /// The session that it will have when its rooms have been read. Nothing else is to be said meanwhile.
    private var awaited: GatewaySession?
    /// Its answer may take a while; a second one is too early.
    private var hasSaidHello = false

    /// What the upgrade has shown.
    var credential = Credential.none
    /// What it, or `hello`, has proven.
    @Apart var authorization: Authorization? = nil

    private var liveness: Liveness
    private let helloDeadline: NIODeadline
    /// `WebSocketConnection.heardCount` at the last sweep.
    private var heardCount: UInt32 = 0
    /// `WebSocketConnection.sentBytes` at the last sweep.
    private var sentBytes = 0
    private var faults = 0
    private var sweeps = 0
    private(set) var roundTrip = RoundTripEstimate()
    private var measureDeadline: NIODeadline

    init(_ connection: WebSocketConnection, gateway: Gateway, slot: Int, clientAddress: ClientAddress?) {
        let now = gateway.eventLoop.now
        let limits = gateway.limits
        self.gateway = gateway
        self.connection = connection
        self.slot = slot
        self.clientAddress = clientAddress
        self.liveness = Liveness(
            silenceMilliseconds: limits.silenceMilliseconds,
            darkMilliseconds: limits.darkMilliseconds,
            now: now.uptimeNanoseconds
        )
        self.measureDeadline = now + .milliseconds(Int64(limits.silenceMilliseconds))
        self.helloDeadline = now + .milliseconds(Int64(limits.helloMilliseconds))
    }

    // MARK: Reading

    func connection(_ connection: WebSocketConnection, received text: UnsafeRawBufferPointer) {
        let gateway = self.gateway
        guard !gateway.fenceIfStale(gateway.transport.readTime) else { return }
        gateway.traffic.messagesReceived += 1
        gateway.traffic.bytesReceived += text.count
        self.cost.messages += 1
        self.cost.bytes += text.count
        do {
            let envelope = try EnvelopeScanner.scan(
                text,
                depthMax: gateway.limits.depthMax,
                pulseKindBytesMax: gateway.limits.pulseKindBytesMax
            )
            try self.handle(envelope, text, gateway)
        } catch let fault as ScanFault {
            self.refuse(fault.rejection(in: text), bytes: text.count)
        } catch let rejection as Rejection {
            self.refuse(rejection, bytes: text.count)
        } catch {
            assertionFailure("only scan faults and rejections are thrown: \(error)")
        }
    }

    /// Relayed messages first: they are what most messages are.
    private func handle(_ envelope: Envelope, _ text: UnsafeRawBufferPointer, _ gateway: Gateway) throws {
        guard let session = self.session else {
            guard envelope.kind == .hello, !self.hasSaidHello else { return self.refuseBeforeHello(envelope, text) }
            return self.hello(text)
        }
        let now = gateway.transport.readTime.uptimeNanoseconds
        if envelope.kind == .pulse {
            guard session.rates.takePulse(bytes: text.count, now: now) else { return }
            return gateway.relayPulse(envelope, text, from: session)
        }
        switch session.rates.take(bytes: text.count, now: now) {
        case .allowed: break
        case .tooMuch(let wait):
            return gateway.refuse(.rateLimited, retryAfterMilliseconds: wait, envelope, text, session)
        case .flooding: return self.close(.flooding)
        }
        if envelope.kind.isSignal { return gateway.relaySignal(envelope, text, from: session, now: now) }
        if envelope.kind == .beat, gateway.acknowledge(plain: text, from: session) { return }
        try self.handleRare(envelope, text, session, gateway, now: now)
    }

    /// What is decoded in full.
    private func handleRare(
        _ envelope: Envelope,
        _ text: UnsafeRawBufferPointer,
        _ session: GatewaySession,
        _ gateway: Gateway,
        now: UInt64
    ) throws {
        let message: ClientMessage
        do throws(Rejection) {
            message = try self.decode(text)
        } catch {
            guard envelope.kind == .meeting, gateway.refuse(error, session: session) else { throw error }
            return
        }
        switch message {
        case .hello: throw envelope.rejection(.helloRepeated, in: text)
        case .join(let join): gateway.join(join, session: session)
        case .leave(let leave):
            gateway.command(leave.id, room: leave.room, .leave, of: "leave", code: leave.code, session: session)
        case .media(let media):
            let change = Participant.MediaChange(audio: media.audio, video: media.video, screen: media.screen)
            let action = media.refused.map { .skip($0, type: "media") } ?? RoomCommand.Action.media(change)
            gateway.command(media.id, room: media.room, action, of: "media", session: session)
        case .meeting(let meeting): gateway.meeting(meeting, session: session)
        case .beat(let beat): gateway.acknowledge(beat.acknowledged, from: session)
        case .resync(let request): gateway.resync(request, session: session)
        case .chat(let chat): gateway.chat(chat, session: session)
        case .chatHistory(let request): gateway.chatHistory(request, session: session)
        case .roster(let request): gateway.roster(request, session: session)
        case .watch(let request): gateway.watch(request, session: session)
        case .networkChanged: self.networkChanged(session, envelope, text, now: now)
        case .authenticate(let token):
            if case .retryAfterMilliseconds(let wait) = session.rates.rare.authentications.take(now: now) {
                return gateway.refuse(.rateLimited, retryAfterMilliseconds: wait, envelope, text, session)
            }
            gateway.authenticate(token, session)
        case .signal, .pulse: assertionFailure("relayed above")
        }
    }

    private func decode(_ text: UnsafeRawBufferPointer) throws(Rejection) -> ClientMessage {
        let limits = self.gateway.limits
        self.connection.charge(bytes: max(0, text.count - limits.decodedBytesUsual) * limits.decodedByteWeight)
        return try ClientMessage.decode(frame: text, limits: limits)
    }

    /// The device may have another address: it is asked at once, and has less time than usual. Many are told of it, so
    /// it may not be said often.
    private func networkChanged(
        _ session: GatewaySession,
        _ envelope: Envelope,
        _ text: UnsafeRawBufferPointer,
        now: UInt64
    ) {
        if case .retryAfterMilliseconds(let wait) = session.rates.rare.networkChanges.take(now: now) {
            return self.gateway.refuse(.rateLimited, retryAfterMilliseconds: wait, envelope, text, session)
        }
        // The hint itself is no answer.
        self.heardCount = self.connection.heardCount
        self.liveness.expedite(withinMilliseconds: self.gateway.limits.networkChangedMilliseconds, now: now)
        self.connection.ping()
        self.gateway.networkChanged(session)
    }

    // MARK: Hello

    private func hello(_ text: UnsafeRawBufferPointer) {
        let message: ClientMessage
        do throws(Rejection) {
            message = try self.decode(text)
        } catch {
            self.refuse(error, bytes: text.count)
            if error.code == .unsupportedProtocol { self.close(.unsupportedProtocol) }
            return
        }
        guard case .hello(let hello) = message else { return assertionFailure("scanned as hello") }
        self.hasSaidHello = true
        self.gateway.hello(hello, on: self.connection, holder: self)
    }

    /// The answer to `hello` may take a while.
    func awaits(_ session: GatewaySession) {
        self.awaited = session
    }

    func greeted(_ session: GatewaySession, _ hello: Hello) {
        self.awaited = nil
        self.session = session
        self.gateway.meter(Cost(connections: 1), nil, session)
        if let join = hello.join {
            self.connection.holdOutput()
            self.gateway.join(join, session: session)
        }
        if let refusal = hello.refusedJoin { self.refuse(refusal) }
        gateway.sendGoaway(to: session)
    }

    func refuseAuthorization(_ code: RejectionCode) { self.refuseAuthorization(CredentialRefusal(code)) }

    func refuseAuthorization(_ refusal: CredentialRefusal) {
        let code = refusal.code
        self.refuse(refusal.rejection(of: "hello"))
        self.close(
            code == .authorizationUnavailable
                ? .authorizationUnavailable : code == .tokenRevoked ? .revoked : .unauthorized
        )
    }

    /// Too much has failed where it comes from.
    func refuseHello(retryAfterMilliseconds wait: UInt64) {
        var rejection = Rejection(.rateLimited, of: "hello")
        rejection.retryAfterMilliseconds = wait
        self.refuse(rejection)
        self.close(.rateLimited)
    }

    /// The session is over for its client, too.
    func endAuthorization(_ code: CloseCode) {
        if let session { self.gateway.recordEnd(of: session, code) }
        self.connection.close(code: code.rawValue, reason: code.reason)
        self.endSession(.unauthorized)
    }

    private func refuseBeforeHello(_ envelope: Envelope, _ text: UnsafeRawBufferPointer) {
        self.refuse(envelope.rejection(.helloRequired, in: text))
        self.close(.helloRequired)
    }

    // MARK: Refusing

    /// - Parameter bytes: of the frame that is at fault.
    private func refuse(_ rejection: Rejection, bytes: Int = 0) {
        let gateway = self.gateway
        gateway.counters.framesRejected += 1
        gateway.counters.rejections[rejection.code, default: 0] += 1
        self.cost.refused += 1
        self.connection.send(.rejected(RejectedMessage(rejection)), counters: &gateway.counters)
        guard rejection.code == .malformed || rejection.code == .invalidMember || rejection.code == .unknownType else {
            return
        }
        self.faults += 1
        // Such frames are the dearest of all: read whole, and answered.
        self.connection.pause(.milliseconds(Int64(gateway.limits.faultPauseMilliseconds * (1 + bytes / 8_192))))
        if self.faults >= gateway.limits.faultsPerConnectionMax { self.close(.tooManyFaults) }
    }

    private func close(_ code: CloseCode) {
        self.connection.close(code: code.rawValue, reason: code.reason)
        // The others need not wait for the farewell of somebody who may never answer it.
        self.endSession(code == .dark ? .dark : code.isRetryable ? .lost : .fault)
    }

    /// A newer connection has the session.
    func supersede() {
        self.session = nil
        self.awaited = nil
        self.connection.close(code: CloseCode.superseded.rawValue, reason: CloseCode.superseded.reason)
    }

    /// The client has had a later connection than this one, which was slow on its way.
    func refuseOutdatedAttempt() {
        self.supersede()
    }

    /// The server cannot go on with this connection; the client shall come again.
    func giveUp() {
        self.close(.slow)
    }

    /// The server goes away, or wants to be empty; the client shall come again, which is elsewhere.
    func goAway() {
        self.close(.goingAway)
    }

    /// Nothing that this node knows of it holds any more; the client shall come again.
    func fence() {
        self.session = nil
        self.awaited = nil
        self.hasSaidHello = true
        self.connection.close(code: CloseCode.fenced.rawValue, reason: CloseCode.fenced.reason)
    }

    fileprivate enum SessionEnd {
        /// It may come back.
        case lost
        /// It has been silent for so long that it is away already.
        case dark
        /// It said goodbye.
        case goodbye
        /// Its page is closed or left behind: it may come back as somebody without memory.
        case pageGone
        /// It may not come back: it broke the rules.
        case fault
        /// It may not come back: it is not, or not any more, authorized.
        case unauthorized
    }

    private func endSession(_ end: SessionEnd) {
        if let awaited = self.awaited {
            self.awaited = nil
            self.gateway.abandon(awaited, self) {}
        }
        guard let session = self.session else { return }
        self.session = nil
        switch end {
        case .lost: self.gateway.detach(session, isAway: false)
        case .dark: self.gateway.detach(session, isAway: true)
        case .pageGone: self.gateway.leaveRooms(session)
        case .goodbye:
            session.detach()
            self.gateway.end(session, .left)
        case .fault:
            session.detach()
            self.gateway.end(session, .disconnected)
        case .unauthorized:
            session.detach()
            self.gateway.end(session, .unauthorized)
        }
    }

    // MARK: Writing

    /// Each room goes on where the connection was too slow for it; then the signals that came meanwhile.
    func connectionBecameWritable(_ connection: WebSocketConnection) {
        guard let session = self.session else { return }
        for seat in session.seats where seat.isInRoom { seat.host.pump(seat) }
    }

    // MARK: Living and ending

    /// - Parameter absence: nanoseconds for which the loop has looked at no socket.
    func sweep(now: NIODeadline, absence: UInt64, beat: [UInt8]) {
        let time = now.uptimeNanoseconds
        self.sweeps &+= 1
        // Not all in the same sweep.
        if self.sweeps % 16 == self.slot % 16 { self.tellMeter() }
        // Given up by the transport (a violation, too much output): the peer may never answer the close frame, and
        // the others need not wait for that.
        if let end = self.connection.end { return self.endSession(SessionEnd(end, code: nil)) }
        if self.connection.heardCount != self.heardCount {
            self.heardCount = self.connection.heardCount
            self.liveness.heard(now: time)
        }
        if absence > 0 { self.liveness.excuse(nanoseconds: absence, now: time) }
        if self.connection.sentBytes != self.sentBytes {
            self.sentBytes = self.connection.sentBytes
            self.liveness.said(now: time)
        }
        if self.session == nil, now >= self.helloDeadline { return self.close(.helloTimeout) }
        if let session = self.session, session.authorization != nil { self.gateway.sweepAuthorization(session, self) }
        if let trip = self.connection.takeRoundTrip() {
            self.roundTrip.add(microseconds: Int(trip.nanoseconds / 1_000))
        }
        switch self.liveness.tick(now: time) {
        case .none:
            // Somebody who is never silent has a distance all the same.
            if self.session != nil, now >= self.measureDeadline { self.pingAndBeat(beat, now) }
        case .pingAndBeat: self.pingAndBeat(beat, now)
        case .closeDark: self.close(.dark)
        }
    }

    private func tellMeter() {
        if let session = self.session {
            self.cost.refused += session.refused
            session.refused = 0
        }
        guard self.cost != Cost() else { return }
        self.gateway.meter(self.cost, self.clientAddress, self.session)
        self.cost = Cost()
    }

    /// Never a ping alone: it counts as said, and a page does not see it.
    private func pingAndBeat(_ beat: [UInt8], _ now: NIODeadline) {
        self.connection.ping()
        // Before `welcome` a client expects nothing else.
        if self.session != nil { beat.withUnsafeBytes { self.connection.sendText($0) } }
        self.measureDeadline = now + .milliseconds(Int64(self.gateway.limits.busyPingMilliseconds))
    }

    func connectionClosed(_ connection: WebSocketConnection, code: UInt16?, end: WebSocketEnd) {
        self.gateway.counters.connectionsClosed += 1
        if code == CloseCode.slow.rawValue, end != .peerClosed { self.gateway.counters.slowCloses += 1 }
        self.tellMeter()
        self.gateway.remove(self)
        if let address = self.clientAddress {
            self.gateway.processWide.addresses { $0.connectionClosed(address) }
        }
        self.endSession(SessionEnd(end, code: code))
    }
}

extension GatewayConnection.SessionEnd {
    fileprivate init(_ end: WebSocketEnd, code: UInt16?) {
        switch end {
        case .peerClosed where code == CloseCode.normal.rawValue: self = .goodbye
        // What a browser says when its page goes away (RFC 6455, section 7.4.1); a script cannot say it.
        case .peerClosed where code == 1001: self = .pageGone
        case .peerClosed: self = .lost
        case .violation: self = .fault
        case .weClosed, .overflow, .stalled, .lost: self = .lost
        }
    }
}
