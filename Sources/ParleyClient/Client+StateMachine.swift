package import ParleyProtocol

/// A client's session: what it knows, and what follows from what it is told and asked.
///
/// It is put together from smaller machines: ``Connections`` (which socket), ``Joins``, one ``CommandOutbox`` and
/// one ``Chat`` for each room, one ``SignalOutbox`` for each peer, and ``ReceivedSignals``. The session is what
/// outlives its sockets:
///
/// ```
///         welcome              resumed: true
/// (new) ----------> a session <-------------+ connection lost
///                       |                   |
///                       +-------------------+
///                       |  resumed: false: another session, which joins the same rooms again
///                       v
///                     ended
/// ```
package struct ClientStateMachine: Sendable {
    /// Who waits for an outcome; made by the driver.
    package typealias RequestID = UInt64
    package typealias LineID = Connections.LineID

    package enum Effect: Hashable, Sendable {
        case open(LineID, endpoint: Int)
        case send(LineID, ClientMessage)
        /// End the socket like a lost one.
        case drop(LineID)
        /// End the socket for good.
        case goodbye(LineID)
        /// From now on the socket is dead if nothing is heard for so long.
        case watch(LineID, dark: Duration)
        /// The socket is dead if nothing is heard within that time from now.
        case expect(LineID, within: Duration)
        case welcomed(Welcome)
        case joined(RequestID, RoomReplica)
        case succeeded(RequestID)
        case said(RequestID, ChatMessage)
        case read(RequestID, [ChatMessage])
        case failed(RequestID, ClientError)
        case tell(ClientEvent)
        /// For whoever watches that person.
        case watched(UInt64, PresenceMessage.Entry)
        /// Call ``ClientStateMachine/tick(_:_:)`` then.
        case wake(at: Duration)
        case ended(ClientError)
    }

    /// What says who this client is.
    package struct Session: Hashable, Sendable {
        package var id: SessionID
        package var secret: String

        package init(id: SessionID, secret: String) {
            self.id = id
            self.secret = secret
        }
    }

    let setup: ClientSetup
    var connections: Connections
    package internal(set) var session: Session?
    private var token: String?
    /// What connections from now on have in their address, in place of a token.
    package private(set) var ticket: String?
    /// Whether the connection that says `hello` next has: both would be one too many.
    private var hasTicketInAddress = false
    /// How many connections were begun for it, as far as it was to be resumed.
    private var resumes: UInt64 = 0
    /// The rooms that the newest hello has named.
    private var listed: Set<RoomID> = []
    var features: Set<String> = []
    var windowMax = Limits().unacknowledgedSignalsMax
    /// Whether it still knows what its session was about: an app that was just started does not.
    var hasMemory = false
    /// Addresses that servers have named, behind those that the app has given.
    package private(set) var advised: [String] = []
    /// Whether the server has said that it can decide nothing now.
    private var isDegraded = false
    private var hasBeenWelcome = false
    var memberships: [RoomID: Membership] = [:]
    var joins = Joins()
    var outboxes: [ParticipantID: SignalOutbox] = [:]
    var received = ReceivedSignals()
    var signalGapsInARow = 0
    var incoming = IncomingCalls()
    var watches = Watches()
    var end: ClientError?

    package init(_ setup: ClientSetup) {
        self.setup = setup
        self.session = setup.saved
        self.token = setup.token
        self.ticket = setup.ticket
        self.connections = Connections(endpoints: setup.endpoints, reconnects: setup.reconnects)
    }

    package var endpoint: Int { self.connections.endpoint }

    package func replica(of room: RoomID) -> RoomReplica? { self.memberships[room]?.replica }

    package func roundTrip(of participant: ParticipantID) -> Int? {
        self.memberships.values.lazy.compactMap { $0.roundTrips[participant] }.first
    }

    // MARK: Connections

    package mutating func start(_ moment: Moment, _ effects: inout [Effect]) {
        self.withConnections(moment, &effects) { $0.start(moment, &$1) }
    }

    package mutating func opened(_ line: LineID, _ moment: Moment, _ effects: inout [Effect]) {
        self.withConnections(moment, &effects) { $0.opened(line, &$1) }
    }

    /// The socket could not be opened, or is over.
    ///
    /// - Parameter isFinal: trying again would have the same end.
    package mutating func ended(
        _ line: LineID,
        _ error: ClientError,
        isFinal: Bool,
        _ moment: Moment,
        _ effects: inout [Effect]
    ) {
        self.withConnections(moment, &effects) { $0.ended(line, error, isFinal: isFinal, moment, &$1) }
    }

    /// A server that does not let anybody in now says when to come again.
    package mutating func rest(for wait: Duration, _ moment: Moment) { self.connections.rest(for: wait, moment) }

    /// Goodbye: the session ends, and its participants leave.
    package mutating func close(_ moment: Moment, _ effects: inout [Effect]) {
        self.end(.goodbye, moment, &effects)
    }

    package mutating func end(_ error: ClientError, _ moment: Moment, _ effects: inout [Effect]) {
        self.withConnections(moment, &effects) { $0.end(error, &$1) }
    }

    /// The device may have another network now.
    package mutating func networkChanged(_ moment: Moment, _ effects: inout [Effect]) {
        guard let line = self.connections.current else {
            return self.withConnections(moment, &effects) { $0.hint(moment, &$1) }
        }
        // Without that feature there is still a beat every few seconds.
        guard self.features.contains("network-changed") else { return }
        effects.append(.send(line, .networkChanged))
        effects.append(.expect(line, within: Self.answerWithin))
    }

    /// A newer token, for this connection and the next ones, which show no ticket any more.
    package mutating func authenticate(_ token: String, _ moment: Moment, _ effects: inout [Effect]) {
        self.token = token
        self.ticket = nil
        // Without that feature the server asks for no tokens.
        guard let line = self.connections.current, self.features.contains("authenticate") else { return }
        effects.append(.send(line, .authenticate(token: token)))
    }

    /// How long a server that answers at once may take.
    private static let answerWithin = Duration.milliseconds(1_500)

    mutating func giveUp(_ error: ClientError, _ moment: Moment, _ effects: inout [Effect]) {
        guard let line = self.connections.current else { return }
        self.withConnections(moment, &effects) { $0.giveUp(line, error, moment, &$1) }
    }

    mutating func withConnections(
        _ moment: Moment,
        _ effects: inout [Effect],
        _ step: (inout Connections, inout [Connections.Effect]) -> Void
    ) {
        var steps: [Connections.Effect] = []
        step(&self.connections, &steps)
        for step in steps {
            switch step {
            case .open(let line, let endpoint):
                self.hasTicketInAddress = self.ticket != nil
                effects.append(.open(line, endpoint: endpoint))
            case .hello(let line): effects.append(.send(line, .hello(self.makeHello())))
            case .drop(let line): effects.append(.drop(line))
            case .goodbye(let line): effects.append(.goodbye(line))
            case .wake(let time): effects.append(.wake(at: time))
            case .established:
                // Told by `welcomed`, which has the whole message.
                break
            case .lost(let attempt, let delay, let error):
                self.joins.lost()
                guard self.hasBeenWelcome else { break }
                effects.append(.tell(.reconnecting(attempt: attempt, delay: delay, after: error)))
            case .ended(let error): self.finish(error, &effects)
            }
        }
    }

    private mutating func makeHello() -> Hello {
        var hello = Hello()
        hello.clientName = self.setup.name
        hello.clientVersion = self.setup.version
        hello.abilities = self.setup.abilities
        hello.identity = self.setup.identity
        hello.user = self.setup.user
        hello.token = self.hasTicketInAddress ? nil : self.token
        guard let session = self.session else { return hello }
        hello.resume = Hello.Resume(session: session.id, secret: session.secret)
        // Without rooms it says: I am the same somebody, and have forgotten everything else.
        guard self.hasMemory else { return hello }
        let held = self.memberships.keys.sorted().filter { !self.joins.isRejoining($0) }
        self.listed = Set(held)
        hello.resume?.rooms = held.map { room in
            let membership = self.memberships[room]
            let replica = membership?.replica
            return .init(
                room: room,
                at: membership?.resumePosition,
                view: replica?.view,
                participant: replica?.participant
            )
        }
        hello.resume?.received = self.received.all()
        // One that is slow on its way does not take the session from a later one.
        self.resumes += 1
        hello.resume?.attempt = self.resumes
        return hello
    }

    private func isUnlisted(_ room: RoomID) -> Bool { !self.listed.contains(room) && !self.joins.isRejoining(room) }

    private mutating func finish(_ error: ClientError, _ effects: inout [Effect]) {
        self.end = error
        self.withIncoming(&effects) { $0.end(&$1) }
        self.withJoins(&effects) { $0.fail(error, &$1) }
        for room in self.memberships.keys.sorted() {
            self.withCommands(of: room, &effects) { $0.close(error, &$1) }
            self.withChat(of: room, &effects) { $0.close(error, &$1) }
            if let visit = self.memberships[room]?.visit { effects.append(.failed(visit.request, error)) }
            self.memberships[room]?.visit = nil
        }
        effects.append(.tell(.ended(error)))
        effects.append(.ended(error))
    }

    // MARK: Hearing

    package mutating func received(
        _ message: ServerMessage,
        on line: LineID,
        _ moment: Moment,
        _ effects: inout [Effect]
    ) {
        if case .welcome(let welcome) = message { return self.welcomed(line, welcome, moment, &effects) }
        if case .rejected(let rejected) = message, rejected.of == "hello", let wait = rejected.retryAfterMilliseconds {
            self.rest(for: .milliseconds(Int64(clamping: wait)), moment)
        }
        // Ignored: what comes from a socket that does not carry the session (yet, or any more).
        guard line == self.connections.current else { return }
        switch message {
        case .welcome: break
        case .snapshot(let snapshot): self.received(snapshot, moment, &effects)
        case .events(let events): self.received(events, moment, &effects)
        case .signal(let signal): self.received(signal, moment, &effects)
        case .pulse(let pulse): effects.append(.tell(.pulse(pulse)))
        case .rejected(let rejected): self.received(rejected, moment, &effects)
        case .beat(let beat):
            self.received(beat, moment, &effects)
            if let degraded = beat.degraded { self.heard(degraded: degraded, moment, &effects) }
        case .iceServers(let message):
            effects.append(.tell(.iceServers(message.iceServers, expireAt: message.expireAt)))
        case .restarter(let restarter): effects.append(.tell(.restarter(restarter)))
        case .chat(let chat): self.received(chat, &effects)
        case .chatHistory(let history): self.received(history, &effects)
        case .roster(let page): effects.append(.tell(.roster(page)))
        case .presence(let presence):
            self.withWatches(&effects) { $0.received(presence, &$1) }
            effects.append(.tell(.presence(presence)))
        case .goaway(let goaway):
            effects.append(.tell(.leavingServer(deadlineMilliseconds: goaway.deadlineMilliseconds)))
            let within = Duration.milliseconds(goaway.withinMilliseconds)
            let advised = goaway.endpoint.flatMap { self.learn($0) }
            self.withConnections(moment, &effects) { $0.goaway(within: within, to: advised, moment, &$1) }
        case .stay: self.connections.stay()
        case .authenticated(let instant): effects.append(.tell(.authenticated(expiresAt: instant)))
        case .tokenExpiring(let instant): effects.append(.tell(.tokenExpiring(at: instant)))
        case .tokenExpired(let milliseconds):
            effects.append(.tell(.tokenExpired(withinMilliseconds: milliseconds)))
        case .unknown:
            // A newer server may say more: the protocol asks to ignore it.
            break
        }
    }

    private mutating func heard(degraded: Bool, _ moment: Moment, _ effects: inout [Effect]) {
        // Said again with every beat.
        guard degraded != self.isDegraded else { return }
        self.isDegraded = degraded
        effects.append(.tell(.degraded(degraded)))
        if degraded {
            self.withConnections(moment, &effects) { $0.degraded(moment, &$1) }
        } else {
            self.connections.recovered()
        }
    }

    /// A server names another one: as safe as those that are known, or it is not heeded.
    ///
    /// - Returns: the number of the address.
    private mutating func learn(_ address: String) -> Int? {
        guard address.hasPrefix(self.setup.isInsecure ? "ws://" : "wss://") else { return nil }
        if let index = self.setup.addresses.firstIndex(of: address) { return index }
        if let index = self.advised.firstIndex(of: address) { return self.setup.endpoints + index }
        guard self.advised.count < Self.advisedMax else { return nil }
        self.advised.append(address)
        return self.connections.learn()
    }

    /// So many addresses are taken from servers; one more is not heeded.
    package static let advisedMax = 16

    private mutating func welcomed(
        _ line: LineID,
        _ welcome: Welcome,
        _ moment: Moment,
        _ effects: inout [Effect]
    ) {
        let before = self.connections.current
        let isExpected = welcome.resumed || !self.hasMemory
        self.withConnections(moment, &effects) { $0.welcomed(line, resumed: isExpected, moment, &$1) }
        // Refused as a second connection, or from one that was given up.
        guard self.connections.current == line, before != line else { return }
        let isFirst = !self.hasBeenWelcome
        self.hasBeenWelcome = true
        self.session = Session(id: welcome.session, secret: welcome.resumeSecret)
        self.features = Set(welcome.features)
        self.windowMax = welcome.limits.unacknowledgedSignalsMax
        if welcome.selves.contains(where: self.wasBefore) { return self.beginAnew(moment, &effects) }
        // Joined by the connection of before while this one's hello was on its way: nobody knows of it here.
        if welcome.resumed, self.hasMemory, self.memberships.keys.contains(where: self.isUnlisted) {
            return self.giveUp(.gap, moment, &effects)
        }
        self.hasMemory = true
        self.isDegraded = false
        for address in welcome.endpoints { _ = self.learn(address) }
        if !welcome.resumed { self.resumes = 0 }
        // Also if the session has moved while its first connection lived.
        self.joins.lost()
        effects.append(.watch(line, dark: .milliseconds(welcome.darkMilliseconds)))
        effects.append(.welcomed(welcome))
        if welcome.resumed {
            self.resumed(moment, &effects)
        } else if !isFirst {
            self.renewed(welcome, &effects)
        }
        self.withWatches(&effects) { $0.welcomed(&$1) }
        self.flushJoins(&effects)
    }

    // MARK: Time

    package mutating func tick(_ moment: Moment, _ effects: inout [Effect]) {
        guard self.end == nil else { return }
        self.withConnections(moment, &effects) { $0.tick(moment, &$1) }
        self.withJoins(&effects) { $0.tick(moment, &$1) }
        self.withIncoming(&effects) { $0.tick(moment, &$1) }
        self.withWatches(&effects) { $0.tick(moment, &$1) }
        self.flushJoins(&effects)
        for room in self.memberships.keys.sorted() {
            self.withCommands(of: room, &effects) { $0.tick(moment, &$1) }
            self.withChat(of: room, &effects) { $0.tick(moment, &$1) }
        }
        for peer in self.outboxes.keys.sorted() {
            self.withOutbox(to: peer, &effects) { $0.tick(moment, &$1) }
        }
        if let deadline = self.received.deadline {
            if moment.time >= deadline { self.acknowledge(&effects) } else { effects.append(.wake(at: deadline)) }
        }
    }

    /// Says it if there is a connection; what counts is kept where it is said, and said again.
    func say(_ message: ClientMessage, _ effects: inout [Effect]) {
        guard let line = self.connections.current else { return }
        effects.append(.send(line, message))
    }
}

/// What a client is, and does not change over its life.
package struct ClientSetup: Sendable {
    /// How many addresses there are.
    package var endpoints: Int
    /// Them, in full.
    package var addresses: [String] = []
    /// Whether all of them are without TLS.
    package var isInsecure = false
    package var reconnects = true
    package var abilities = Abilities(rollback: true, trickle: true, restart: true)
    package var name = ""
    package var version = ""
    package var saved: ClientStateMachine.Session?
    package var identity: IdentityProof?
    package var token: String?
    package var user: String?
    package var ticket: String?
    package var assertion: String?

    package init(endpoints: Int = 1) {
        self.endpoints = endpoints
    }
}
