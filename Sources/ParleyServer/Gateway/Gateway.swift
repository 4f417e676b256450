import DequeModule
package import Logging
package import NIOCore
package import ParleyEngine
package import ParleyProtocol
import ParleyRooms
package import ParleyTransport

/// Turns sockets into commands and events into frames: everything that happens on one event loop.
///
/// Confined to its loop. Rooms, sessions and connections are reached from here without a lock or a hop, which is
/// what makes a relayed message cheap; whoever is elsewhere comes with `eventLoop.submit`.
package final class Gateway {
    package let eventLoop: any EventLoop
    package let transport: TransportLoop
    let engine: any Engine
    let configuration: ServerConfiguration
    let limits: Limits
    /// The same, for those of whom there are many.
    let sharedLimits: Shared<Limits>
    /// Until the process has stood still, see `Gateway+Fence.swift`.
    package private(set) var node: NodeID
    let logger: Logger
    let access: ConnectionAccess
    let processWide: ProcessWide
    /// Of the process's loops this is the first one, which speaks for the process.
    var isFirstLoop: Bool { self.loop == 0 }
    let loop: Int
    var meter: CostMeter
    let startedAt: NIODeadline

    /// Each knows its place, so that removing one costs nothing.
    private(set) var connections: [GatewayConnection] = []
    /// Everybody who has said hello, with or without a socket.
    var sessions: [SessionID: GatewaySession] = [:]
    /// What resume secrets are signed with; nobody is greeted before there is one.
    var keys = ResumeKeys()
    var keysReadAt: NIODeadline
    /// Those whose secret is signed with none of them, as far as this node knows. Bounded: each holds its connection.
    var awaitingKeys: [(_ isLast: Bool) -> Bool] = []
    /// Those that wait for a socket, the longest waiting first.
    var detachedSessions: [GatewaySession] = []
    /// Everybody who is in a room on this node.
    var participants: [ParticipantID: Seat] = [:]
    private(set) lazy var directory = RoomDirectory(gateway: self)
    package var counters = GatewayCounters()
    let traffic = TrafficCounters()
    /// Read for each signal, see `Mechanisms.signalFloor`.
    let heedsFloors: Bool
    /// Rooms that have small rooms, or are some; those that are not any more go with the next sweep.
    var breakoutRooms: Set<RoomID> = []
    private(set) lazy var presence = PresenceDesk(self)
    private(set) lazy var rings = RingDesk(self)
    private(set) lazy var lines = LineKeeper(self)
    /// How often whose calls may ring.
    var ringRates: RecentTable<IdentityID, RingRate>
    /// In the order in which they are due.
    var beatingRooms: Deque<BeatingRoom> = []
    /// Rooms in which somebody speaks, or has spoken a moment ago.
    var speakingRooms: [RoomHost] = []
    var roundTripsDue: NIODeadline
    var random: RandomSource
    /// Of tokens.
    let judge: TokenJudge
    /// `nil`: tokens are judged here.
    private(set) var clerk: AuthorizationClerk?
    /// `nil` where nobody needs a token.
    var revocations: RevocationHost?

    /// The signals of this tick, see `Gateway+Signals.swift`.
    /// `nil` only while a signal is added, see ``addMail(_:n:floor:_:)``.
    var mail: MailboxBatch?
    /// For the next ticks.
    var trays: [MailTray] = []
    /// What recipients have acknowledged in this tick; the engine hears of it behind the mail.
    var acknowledgements = AcknowledgementTray()
    var acknowledgementTrays: [AcknowledgementTray] = []
    /// Empty between two beats.
    var acknowledgedMarks: [Watermark] = []
    var isMailScheduled = false
    /// When it was last said that the engine did not take some.
    var mailFailedAt: NIODeadline?
    /// Whose signals were acknowledged since the last time that somebody was told.
    var sessionsWithDelivered: [GatewaySession] = []
    var isDeliveredScheduled = false

    /// See `Gateway+Turn.swift`.
    var lending: TurnLending
    var renewals: TurnRenewals
    var vendorHTTP: (any VendorHTTP)?

    var drain: DrainStateMachine
    let readiness: Readiness
    let onDrained: @Sendable () -> Void

    /// See `Gateway+Audit.swift`; `nil`: nobody wants one.
    let audit: AuditTrail?
    var auditRefusals: RateLimit
    /// Refused authentications that were only counted since the last line about them.
    var refusalsUnwritten = 0

    private var metrics: ServerMetrics
    /// The engine's clock, read once a second and carried on by the monotonic clock.
    private var clock: EngineClock
    private var nextEntryUID: UInt64
    private var engineIncarnation: EngineIncarnation
    /// There are or were other nodes, or the engine has begun another life: not everything that happened did so here.
    private(set) var mayHaveMissed = false
    var engineWatch: EngineWatch
    /// When the loop was last seen to run, and when that is too long ago. See `Gateway+Fence.swift`.
    var seenAliveAt: NIODeadline
    var staleAt: NIODeadline
    /// When the engine was first seen to live another life than the one that this node began with.
    private var engineSeenAt: NIODeadline?
    var nodeWatch = NodeWatch()
    /// As of the last heartbeat, this one included.
    var nodesAlive: Set<NodeID> = []
    /// See `Gateway+Nodes.swift`; `nil` before the first heartbeat was answered.
    var semanticsOfAll: RoomSemantics?
    /// See `Gateway+Placement.swift`.
    var elsewhere: [NodeLease] = []
    var orphanSearch: OrphanSearch?
    /// Of whom it was warned, see `Gateway+Nodes.swift`.
    var namesakes: Set<NodeID> = []
    /// Whether there are other nodes, as of the last heartbeat.
    private(set) var hasCompany = false
    /// Whether some of them are not loops of this process.
    private(set) var hasOthers = false
    private var heartbeats = 0
    private var repeatedTasks: [RepeatedTask] = []
    var sweep: SweepStateMachine

    /// Call it on `eventLoop`.
    package init(_ setup: GatewaySetup, eventLoop: any EventLoop) {
        eventLoop.preconditionInEventLoop()
        self.eventLoop = eventLoop
        self.engine = setup.engine
        self.configuration = setup.configuration
        self.limits = setup.configuration.limits
        self.sharedLimits = Shared(setup.configuration.limits)
        self.random = setup.random
        self.access = setup.configuration.access
        self.ringRates = RecentTable(countMax: self.limits.ringersMax)
        self.meter = CostMeter(limits: self.limits, now: eventLoop.now.uptimeNanoseconds)
        self.processWide = setup.processWide ?? ProcessWide(limits: self.limits, now: eventLoop.now.uptimeNanoseconds)
        self.loop = setup.loop
        self.startedAt = eventLoop.now
        self.judge = TokenJudge(issuers: self.configuration.issuers, limits: self.limits)
        self.heedsFloors = setup.configuration.mechanisms.contains(.signalFloor)
        self.node = NodeID(using: &self.random)
        self.logger = setup.logger
        self.mail = MailboxBatch(author: self.node)
        self.lending = TurnLending(fixed: self.configuration.iceServers, self.configuration.turn)
        self.renewals = TurnRenewals(
            lifetimeMilliseconds: self.configuration.turn.lifetimeMilliseconds,
            atOnceMax: self.limits.leasesPerSweep
        )
        self.drain = DrainStateMachine(deadlineMilliseconds: self.limits.drainMilliseconds)
        self.readiness = setup.readiness
        self.onDrained = setup.onDrained
        self.audit = setup.audit
        self.auditRefusals = RateLimit(
            perSecond: self.limits.auditRefusalsPerSecond,
            burst: self.limits.auditRefusalBurst,
            now: eventLoop.now.uptimeNanoseconds
        )
        self.metrics = ServerMetrics(factory: setup.registry)
        self.clock = EngineClock(systemMilliseconds: setup.startMilliseconds, uptime: eventLoop.now)
        self.nextEntryUID = self.random.next()
        self.engineIncarnation = setup.engine.incarnation
        self.roundTripsDue = eventLoop.now
        self.keysReadAt = eventLoop.now
        self.engineWatch = EngineWatch(
            silenceMilliseconds: self.limits.engineSilenceMilliseconds,
            now: eventLoop.now.uptimeNanoseconds
        )
        self.seenAliveAt = eventLoop.now
        self.staleAt = eventLoop.now + .milliseconds(Int64(self.limits.pauseMilliseconds))
        var masks = setup.random
        if case .seeded = masks { masks = .seeded(self.random.next()) }
        self.transport = TransportLoop(eventLoop: eventLoop, limits: TransportLimits(self.limits), random: masks)
        self.sweep = SweepStateMachine(interval: UInt64(self.transport.limits.sweepInterval.nanoseconds))
        self.clerk = self.configuration.webhook.map { AuthorizationClerk($0, self) }
        self.transport.onSweep = { [unowned self] now in self.beginSweep(now) }
        self.processWide.nodeBegan(self.node, insteadOf: nil)
    }

    /// Now, by the engine's clock.
    var now: Instant { self.clock.instant(at: self.eventLoop.now) }

    /// No other entry of any node ever gets it: where it starts is 64 random bits.
    func makeEntryUID() -> UInt64 {
        self.nextEntryUID &+= 1
        return self.nextEntryUID
    }

    // MARK: The engine's clock

    package func startHeartbeat() {
        if self.isFirstLoop { self.recordStart() }
        self.heartbeat()
        self.renewKeys()
        self.startRevocations()
        let bound = NIOLoopBound(self, eventLoop: self.eventLoop)
        let beats = self.eventLoop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { _ in
            bound.value.heartbeat()
        }
        let sweeps = self.eventLoop.scheduleRepeatedTask(
            initialDelay: .milliseconds(250),
            delay: .milliseconds(250)
        ) { _ in
            let now = bound.value.eventLoop.now
            if !bound.value.fenceIfStale(now) { bound.value.noteAlive(now) }
            bound.value.watchEngine()
            bound.value.sweepSessions()
            bound.value.sweepDrain()
            bound.value.askVendors()
            bound.value.renewLeases()
            bound.value.findSpeakers(bound.value.eventLoop.now)
            bound.value.publishCounters()
        }
        self.repeatedTasks = [beats, sweeps]
    }

    /// Nothing happens here any more, and what refers to each other lets go. For a simulation, which has many gateways
    /// in one process; call it on `eventLoop`.
    package func dismantle() {
        for task in self.repeatedTasks { task.cancel() }
        self.repeatedTasks = []
        self.awaitingKeys = []
        self.revocations?.dismantle()
        self.acknowledgements = AcknowledgementTray()
        self.directory.dismantle()
        self.presence.dismantle()
        self.rings.dismantle()
        self.lines.dismantle()
        for session in self.sessions.values + self.detachedSessions { session.detach() }
        self.sessions = [:]
        self.detachedSessions = []
        self.sessionsWithDelivered = []
        self.participants = [:]
        self.connections = []
    }

    /// A node that has not reached the engine for a while counts as dead, and its people as lost: before it takes
    /// somebody it says that it lives. The engine keeps the order of one loop's calls.
    func renewLease() {
        guard self.nodeWatch.isSilent(now: self.eventLoop.now.uptimeNanoseconds) else { return }
        self.heartbeat()
    }

    func heartbeat() {
        self.engine.heartbeat(self.lease, on: self.eventLoop).assumeIsolated().whenSuccess { view in
            self.clock = EngineClock(systemMilliseconds: view.now.milliseconds, uptime: self.eventLoop.now)
            self.hasCompany = view.nodes.count > 1
            self.hasOthers = self.hasCompany && !self.processWide.isAlone(view.nodes.map(\.lease.node))
            if self.hasCompany { self.mayHaveMissed = true }
            self.engineSeen(view.incarnation)
            self.engineAnswered()
            self.judge(view)
            self.revocations?.check(at: view.now, hasCompany: self.mayHaveMissed)
        }
        self.sweepBreakouts()
        self.sweepRefusals()
        self.presence.sweep()
        self.rings.sweep()
        self.lines.sweep()
        self.heartbeats += 1
        // Where there is no other node, and the engine has forgotten nothing, there is nothing to find out.
        guard self.mayHaveMissed, self.heartbeats.isMultiple(of: 3), !self.isDegraded else { return }
        self.lookAgain()
    }

    /// Hints get lost.
    func lookAgain() {
        guard self.configuration.mechanisms.contains(.lookingAgain) else { return }
        self.directory.check()
        self.checkMailSent()
    }

    /// Hints may be lost: from now on it is asked for what they would have said.
    func noteMissed() { self.mayHaveMissed = true }

    /// With nothing that the former one has known of others.
    func becomeAnotherNode() {
        let former = self.node
        self.node = NodeID(using: &self.random)
        self.processWide.nodeBegan(self.node, insteadOf: former)
        self.mail = MailboxBatch(author: self.node)
        self.trays = []
        self.nodeWatch = NodeWatch()
        self.nodesAlive = []
        self.orphanSearch = nil
        self.mayHaveMissed = true
    }

    private func engineSeen(_ incarnation: EngineIncarnation) {
        guard incarnation != self.engineIncarnation else { return }
        self.engineIncarnation = incarnation
        self.mayHaveMissed = true
        self.engineSeenAt = self.eventLoop.now
        self.logger.warning("The engine has begun another life.")
        self.renewKeys()
        self.directory.engineChanged(incarnation)
    }

    /// Whether what the engine does not have is not there, as far as this node can know: after the beginning of another
    /// life those who know what it has forgotten have some time to tell it.
    var isEngineSettled: Bool {
        guard self.engine.incarnation == self.engineIncarnation else { return false }
        guard let since = self.engineSeenAt, self.configuration.mechanisms.contains(.barrier) else { return true }
        return self.eventLoop.now - since >= .milliseconds(RoomHostStateMachine.barrierMilliseconds)
    }

    // MARK: Opening

    package func decide(_ request: UpgradeRequest) -> UpgradeDecision {
        _ = self.fenceIfStale(self.eventLoop.now)
        let origin: ClientOrigin
        let isReturning = request.saysThatItReturns
        do throws(ConnectionDenial) {
            origin = try self.judged(request, isReturning: isReturning)
        } catch {
            return .refuse(self.refusal(error, of: request))
        }
        let standing = self.configuration.standing(of: origin)
        let credential = self.wantsTokens ? Credential(request) : .none
        return .accept(subprotocol: Self.subprotocol) { connection in
            self.counters.connectionsAccepted += 1
            self.countConnection(standing)
            self.logger.debug(
                "A connection was opened.",
                metadata: ["client": self.addressName(origin.address), "proxied": "\(origin.isProxied)"]
            )
            let opened = GatewayConnection(
                connection,
                gateway: self,
                slot: self.connections.count,
                clientAddress: standing.address
            )
            opened.credential = credential
            opened.saysThatItReturns = isReturning
            self.connections.append(opened)
            self.processWide.connectionOpened()
            return opened
        }
    }

    private func refusal(_ denial: ConnectionDenial, of request: UpgradeRequest) -> UpgradeRefusal {
        self.logger.debug(
            "A connection was refused.",
            metadata: ["why": "\(denial.refusal.rawValue)", "peer": self.addressName(request.source.peer)]
        )
        self.counters.connectionsRefused += 1
        self.counters.refusals[denial.refusal, default: 0] += 1
        return UpgradeRefusal(
            status: UInt16(denial.refusal.status),
            reason: denial.refusal.rawValue,
            headers: denial.retryAfter.map { [("Retry-After", $0)] } ?? [],
            body: denial.body,
            contentType: "application/json"
        )
    }

    private func judged(
        _ request: UpgradeRequest,
        isReturning: Bool
    ) throws(ConnectionDenial) -> ClientOrigin {
        let origin: ClientOrigin
        do throws(ConnectionRefusal) {
            origin = try self.judgedByHeaders(request)
        } catch {
            throw ConnectionDenial(error, chance: Self.spread(self.counters.connectionsRefused))
        }
        let standing = self.configuration.standing(of: origin)
        do throws(ConnectionDenial) {
            try self.judgeAddress(standing, isReturning: isReturning)
        } catch {
            self.meter.add(Cost(refused: 1), address: standing.address)
            throw error
        }
        return origin
    }

    /// Of any number in a row, evenly between 0 and 1: multiples of the golden ratio.
    private static func spread(_ number: Int) -> Double {
        Double((UInt64(truncatingIfNeeded: number) &* 0x9E37_79B9_7F4A_7C15) >> 11) / 9_007_199_254_740_992
    }

    /// Whether it knows what secrets are signed with, and who is not to come in.
    var canGreet: Bool { !self.keys.isEmpty && self.knowsRevocations }

    private func judgedByHeaders(_ request: UpgradeRequest) throws(ConnectionRefusal) -> ClientOrigin {
        let origin = try self.configuration.proxies.origin(
            of: request.source,
            headers: request.headers,
            hopsMax: self.limits.proxyHopsMax
        )
        guard !self.drain.isDraining else { throw .stopping }
        guard self.canGreet, !self.isDegraded else { throw .engineUnavailable }
        let refusal = self.access.judge(
            origin: request[header: "origin"],
            host: origin.host ?? request[header: "host"],
            reach: self.configuration.reach(of: origin),
            isEncrypted: self.configuration.isEncrypted(origin),
            connections: self.openConnectionsOfProcess,
            connectionsMax: self.limits.connectionsMax
        )
        if let refusal { throw refusal }
        guard request.subprotocols.contains(Self.subprotocol) else { throw .subprotocolRequired }
        return origin
    }

    /// Also those that are about to end; of other loops, those that are not.
    private var openConnectionsOfProcess: Int {
        self.transport.connectionCount + self.processWide.connections - self.connections.count
    }

    /// - Returns: a failure if there are too many connections that are plain HTTP.
    func countPlain(_ channel: any Channel) -> EventLoopFuture<Void>? {
        guard self.processWide.plainConnectionOpened(max: self.limits.plainConnectionsMax) else {
            return self.eventLoop.makeFailedFuture(ChannelError.ioOnClosedChannel)
        }
        channel.closeFuture.whenComplete { [processWide] _ in processWide.plainConnectionClosed() }
        return nil
    }

    static let subprotocol = "parley.v1"

    func remove(_ connection: GatewayConnection) {
        self.processWide.connectionClosed()
        let last = self.connections.removeLast()
        guard last !== connection else { return }
        self.connections[connection.slot] = last
        last.slot = connection.slot
    }

    // MARK: Metrics

    package func publishCounters() {
        self.traffic.move(to: &self.counters)
        self.counters.connectionsOpen = self.transport.connectionCount
        self.counters.participants = self.participants.count
        self.counters.sessionsDetached = self.detachedSessions.count
        self.counters.roomsOpen = self.directory.roomCount
        self.counters.draining = self.drain.isDraining ? 1 : 0
        self.counters.nodesAlive = self.nodesAlive.count
        self.meter.tick(now: self.eventLoop.now.uptimeNanoseconds)
        self.metrics.publish(self.counters)
    }
}

/// What a gateway is made of, and can be sent to its loop.
package struct GatewaySetup: Sendable {
    let configuration: ServerConfiguration
    let engine: any Engine
    let registry: PrometheusRegistry
    let logger: Logger
    /// UTC, by this machine's clock: until the engine has told its own.
    let startMilliseconds: Int64
    /// Of ids, secrets and masks.
    let random: RandomSource
    let readiness: Readiness
    /// A drain before the process's end is over.
    let onDrained: @Sendable () -> Void
    let audit: AuditTrail?
    /// `nil`: there is one loop, which has it for itself.
    let processWide: ProcessWide?
    /// Which of the process's loops it is for.
    private(set) var loop = 0

    package init(
        configuration: ServerConfiguration,
        engine: any Engine,
        registry: PrometheusRegistry,
        logger: Logger,
        startMilliseconds: Int64,
        random: RandomSource = .system,
        readiness: Readiness = Readiness(),
        onDrained: @escaping @Sendable () -> Void = {},
        audit: AuditTrail? = nil,
        processWide: ProcessWide? = nil
    ) {
        self.configuration = configuration
        self.engine = engine
        self.registry = registry
        self.logger = logger
        self.startMilliseconds = startMilliseconds
        self.random = random
        self.readiness = readiness
        self.onDrained = onDrained
        self.audit = audit
        self.processWide = processWide
    }

    func onLoop(_ loop: Int) -> Self {
        var setup = self
        setup.loop = loop
        return setup
    }
}

/// An estimate of the engine's clock between two of its answers.
private struct EngineClock {
    let systemMilliseconds: Int64
    let uptime: NIODeadline

    func instant(at now: NIODeadline) -> Instant {
        Instant(milliseconds: self.systemMilliseconds + (now - self.uptime).nanoseconds / 1_000_000)
    }
}

extension TransportLimits {
    init(_ limits: Limits) {
        self.init()
        self.messageBytesMax = limits.frameBytesMax
        self.outputBytesMax = limits.outputBytesMax
        self.outputWatermark = limits.outputWatermarkBytes
        self.writeStall = .milliseconds(Int64(limits.writeStallMilliseconds))
        self.slowCloseCode = CloseCode.slow.rawValue
        self.upgradeBytesMax = limits.upgradeRequestBytesMax
        self.waitingUpgradesMax = limits.waitingUpgradesMax
        self.controlFramesPerSecondMax = limits.controlFramesPerSecondMax
        self.emptyFragmentsMax = limits.emptyFragmentsMax
        self.readUnitsPerSecond = limits.readUnitsPerSecond
        self.readUnitsBurst = limits.readUnitsBurst
        self.bytesPerReadUnit = limits.bytesPerMessage
        self.eventsPerTurnMax = limits.messagesPerTurnMax
        self.eventsPerTurnMin = limits.messagesPerTurnMin
        self.upgradeTime = .milliseconds(Int64(limits.upgradeMilliseconds))
    }
}
