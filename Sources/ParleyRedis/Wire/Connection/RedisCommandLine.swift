import NIOCore
import ParleyEngine
import ParleyProtocol

/// Who uses a ``RedisCommandLine``.
protocol RedisCommandLineDelegate: AnyObject {
    /// - Returns: why this server is not to be used.
    func lineReady(_ line: RedisCommandLine, _ facts: RedisFacts) -> RedisComplaint?
    func lineOpened(_ line: RedisCommandLine, _ incarnation: EngineIncarnation, _ facts: RedisFacts)
    func lineLost(_ line: RedisCommandLine, _ complaint: RedisComplaint, wasReady: Bool)
    /// - Returns: false if the refusal names another server, and the request goes there.
    func line(_ line: RedisCommandLine, shouldAnswer request: RedisRequest, with value: RESPValue) -> Bool
}

/// The commands for one server, on one connection: each gets its answer, or hears what is known of it.
///
/// Confined to its loop. Nothing waits for a connection: without one a request fails, surely without effect.
final class RedisCommandLine: RedisLinkDelegate {
    private let setup: RedisLink.Setup
    private weak var delegate: (any RedisCommandLineDelegate)?
    private var pipeline: RedisPipelineStateMachine<RedisRequest>
    private var answers = RedisAnswers()
    /// By digest, the scripts that this connection's server has been given. What was not goes with its source, so that
    /// nothing of what follows it can overtake it by its being sent again.
    private var scripts: Set<ByteBuffer> = []
    /// Of the server at the other end; nil while there is no connection that may be used.
    var incarnation: EngineIncarnation? {
        didSet { assert(self.incarnation == nil || self.link?.isReady == true) }
    }
    private var link: RedisLink?
    private(set) var address: RedisAddress

    init(_ address: RedisAddress, setup: RedisLink.Setup, delegate: any RedisCommandLineDelegate) {
        self.address = address
        self.setup = setup
        self.delegate = delegate
        self.pipeline = RedisPipelineStateMachine(limits: setup.limits, now: .now())
        self.link = RedisLink(address, setup: setup, isExamined: true, delegate: self)
    }

    var isReady: Bool { self.incarnation != nil }

    func start() { self.link?.start() }

    func stop() {
        self.link?.stop()
        self.link = nil
    }

    /// From now on another server is meant.
    func move(to address: RedisAddress) {
        self.address = address
        self.link?.move(to: address)
    }

    /// Ends the connection; another one follows.
    func end(_ complaint: RedisComplaint) { self.link?.end(complaint) }

    /// - Parameter isAsking: the server is told first that another one has sent us.
    func send(_ request: RedisRequest, isAsking: Bool = false) {
        guard let link = self.link, let incarnation = self.incarnation,
            request.incarnation.map({ $0 == incarnation }) ?? true
        else { return self.refuse(request) }
        let command: RedisCommand
        var unknown: ByteBuffer?
        switch request.question {
        case .command(let asked): command = asked
        case .script(let script, let keys, let arguments):
            let isKnown = self.scripts.contains(script.digest)
            if !isKnown { unknown = script.digest }
            command = script.command(keys: keys, arguments: arguments, isKnown: isKnown)
        }
        let now = NIODeadline.now()
        guard link.hasRoom(for: command.byteCount), self.pipeline.hasPlace else { return self.refuse(request) }
        if isAsking {
            self.pipeline.addPing(now: now)
            link.send(RedisCommand("ASKING"))
        }
        self.pipeline.add(request, now: now)
        if let unknown { self.scripts.insert(unknown) }
        link.send(command)
    }

    /// Later, since nobody is told anything before the call in which it was asked has returned.
    private func refuse(_ request: RedisRequest) {
        self.setup.eventLoop.execute { request.fail(.unavailable) }
    }

    // MARK: - Link

    func linkReady(_ link: RedisLink, _ facts: RedisFacts) {
        self.pipeline = RedisPipelineStateMachine(limits: self.setup.limits, now: .now())
        self.scripts = []
        if let complaint = self.delegate?.lineReady(self, facts) { return link.end(complaint) }
        // A server that does not say who it is may be another one each time.
        var generator = SystemRandomNumberGenerator()
        let incarnation = EngineIncarnation(rawValue: facts.life ?? generator.next())
        self.incarnation = incarnation
        self.delegate?.lineOpened(self, incarnation, facts)
    }

    func link(_ link: RedisLink, received value: RESPValue) {
        if case .push = value { return self.pipeline.heard(now: .now()) }
        switch self.pipeline.answered(now: .now()) {
        case nil: link.end(RedisComplaint(.noRedis, "\(link.address) answers what nobody has asked."))
        case .ping, .abandoned: break
        case .request(let request): self.answer(request, value)
        }
    }

    private func answer(_ request: RedisRequest, _ value: RESPValue) {
        if case .script(let script, _, _) = request.question, value.isError("NOSCRIPT") {
            // Somebody has made the server forget its scripts.
            self.scripts.remove(script.digest)
            return self.send(request)
        }
        if self.delegate?.line(self, shouldAnswer: request, with: value) ?? true {
            self.answers.add(request, .success(value))
        }
        // The answer was a reason to end the connection: nothing more is read.
        if self.incarnation == nil { self.tellAll() }
    }

    private func tellAll() { RedisAnswers.tell(self.answers.takeAll()) }

    func linkReadComplete(_ link: RedisLink) { self.tellAll() }

    func linkFlushed(_ link: RedisLink) { self.pipeline.flushed() }

    func linkLost(_ link: RedisLink, _ complaint: RedisComplaint, wasReady: Bool) {
        self.incarnation = nil
        let lost = self.pipeline.lost()
        self.delegate?.lineLost(self, complaint, wasReady: wasReady)
        for request in lost.ambiguous { self.answers.add(request, .failure(.ambiguous)) }
        for request in lost.unavailable { self.answers.add(request, .failure(.unavailable)) }
        self.tellAll()
    }

    func linkTick(_ link: RedisLink, now: NIODeadline) {
        let due = self.pipeline.tick(now: now)
        for request in due.ambiguous { self.answers.add(request, .failure(.ambiguous)) }
        self.tellAll()
        if due.isDead {
            let seconds = self.setup.limits.redisSilenceMilliseconds / 1_000
            link.end(RedisComplaint(.silent, "\(link.address) has not answered for \(seconds) seconds."))
        } else if due.isPingDue {
            self.pipeline.addPing(now: now)
            link.send(RedisCommand("PING"))
        }
    }
}
