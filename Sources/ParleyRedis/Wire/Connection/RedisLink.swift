import Logging
import NIOCore
import NIOPosix
import ParleyProtocol

/// Who uses a ``RedisLink``.
protocol RedisLinkDelegate: AnyObject {
    func linkReady(_ link: RedisLink, _ facts: RedisFacts)
    func link(_ link: RedisLink, received value: RESPValue)
    /// For now there is no more.
    func linkReadComplete(_ link: RedisLink)
    func linkFlushed(_ link: RedisLink)
    /// - Parameter wasReady: whether ``linkReady`` was said of this connection.
    func linkLost(_ link: RedisLink, _ complaint: RedisComplaint, wasReady: Bool)
    func linkTick(_ link: RedisLink, now: NIODeadline)
}

/// A connection that comes back: connects, says who we are, and after a loss begins again.
///
/// Confined to its loop.
final class RedisLink: RedisSocketDelegate {
    /// What all links have in common.
    struct Setup {
        let eventLoop: any EventLoop
        let credentials: RedisCredentials?
        let database: Int
        let clientName: String
        let tls: RedisTLS?
        let limits: Limits

        /// For other servers, which have no databases.
        func with(_ credentials: RedisCredentials?) -> Self {
            Self(
                eventLoop: self.eventLoop,
                credentials: credentials,
                database: 0,
                clientName: self.clientName,
                tls: self.tls,
                limits: self.limits
            )
        }
    }

    private enum State {
        case idle
        case connecting
        case greeting(RedisSocket, RedisGreetingStateMachine)
        case ready(RedisSocket)
        case waiting(Scheduled<Void>)
        case stopped
    }

    private(set) var address: RedisAddress
    private let setup: Setup
    private let isExamined: Bool
    private weak var delegate: (any RedisLinkDelegate)?
    private var state = State.idle
    /// Which attempt this is: what an older one brings is nobody's.
    private var attempt = 0
    private var reconnect: RedisReconnectStateMachine
    private var sweep: RepeatedTask?

    /// - Parameter isExamined: whether the server is asked what it is like.
    init(_ address: RedisAddress, setup: Setup, isExamined: Bool, delegate: any RedisLinkDelegate) {
        self.address = address
        self.setup = setup
        self.isExamined = isExamined
        self.delegate = delegate
        self.reconnect = RedisReconnectStateMachine(limits: setup.limits)
    }

    var isReady: Bool {
        if case .ready = self.state { true } else { false }
    }

    func start() {
        guard case .idle = self.state else { return }
        let bound = NIOLoopBound(self, eventLoop: self.setup.eventLoop)
        self.sweep = self.setup.eventLoop.scheduleRepeatedTask(
            initialDelay: .milliseconds(100),
            delay: .milliseconds(100)
        ) {
            _ in bound.value.tick()
        }
        self.connect()
    }

    func stop() {
        self.sweep?.cancel()
        self.sweep = nil
        let complaint = RedisComplaint(.lost, "The connection to \(self.address) was ended by this server.")
        switch self.state {
        case .waiting(let scheduled):
            scheduled.cancel()
            self.state = .stopped
        case .greeting(let socket, _), .ready(let socket):
            let wasReady = self.isReady
            self.state = .stopped
            self.attempt += 1
            socket.close(complaint)
            self.delegate?.linkLost(self, complaint, wasReady: wasReady)
        case .idle, .connecting, .stopped:
            self.state = .stopped
            self.attempt += 1
        }
    }

    /// From now on it is another server that is meant.
    func move(to address: RedisAddress) {
        guard address != self.address else { return }
        self.address = address
        switch self.state {
        case .greeting(let socket, _), .ready(let socket):
            socket.close(RedisComplaint(.lost, "Another server is the master now: \(address)."))
        // What was begun may take long to fail.
        case .connecting: self.connect()
        case .waiting(let scheduled):
            scheduled.cancel()
            self.connect()
        case .idle, .stopped: break
        }
    }

    /// Ends the connection that there is; another one follows.
    func end(_ complaint: RedisComplaint) {
        switch self.state {
        case .greeting(let socket, _), .ready(let socket): socket.close(complaint)
        case .idle, .connecting, .waiting, .stopped: break
        }
    }

    /// Whether there is a connection that has a place for so much.
    func hasRoom(for bytes: Int) -> Bool {
        if case .ready(let socket) = self.state { socket.hasRoom(for: bytes) } else { false }
    }

    func send(_ command: RedisCommand) {
        if case .ready(let socket) = self.state { socket.send(command) }
    }

    private func tick() {
        guard case .ready = self.state else { return }
        self.delegate?.linkTick(self, now: .now())
    }

    // MARK: - Connecting

    private func connect() {
        self.state = .connecting
        self.attempt += 1
        let (attempt, address, setup) = (self.attempt, self.address, self.setup)
        let bound = NIOLoopBound(self, eventLoop: setup.eventLoop)
        let (tls, limits) = (setup.tls, setup.limits)
        let timeout = TimeAmount.milliseconds(Int64(setup.limits.redisConnectMilliseconds))
        ClientBootstrap(group: setup.eventLoop)
            .connectTimeout(timeout)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                // A host may have several addresses: each is tried, and the first that answers is taken.
                channel.eventLoop.makeCompletedFuture {
                    let socket = RedisSocket(
                        address: address,
                        attempt: attempt,
                        limits: limits,
                        delegate: bound.value
                    )
                    try channel.pipeline.syncOperations.addHandler(socket)
                    try tls?.add(to: channel, host: address.host)
                }
            }
            .connect(host: address.host, port: address.port)
            .whenFailure { error in
                bound.value.failed(RedisComplaint(error, address: address), attempt: attempt)
            }
        // Also for a server that takes the connection and says nothing.
        setup.eventLoop.scheduleTask(in: timeout) { bound.value.isLate(attempt: attempt) }
    }

    private func isLate(attempt: Int) {
        guard attempt == self.attempt, case .greeting(let socket, _) = self.state else { return }
        let words = self.setup.tls == nil ? "" : "; it may not speak TLS"
        socket.close(RedisComplaint(.silent, "\(self.address) takes the connection and does not answer\(words)."))
    }

    private func failed(_ complaint: RedisComplaint, attempt: Int) {
        guard attempt == self.attempt else { return }
        let wasReady = self.isReady
        switch self.state {
        case .stopped, .idle, .waiting: return
        case .connecting, .greeting, .ready: break
        }
        var generator = SystemRandomNumberGenerator()
        let pause = self.reconnect.failed(random: generator.next())
        let bound = NIOLoopBound(self, eventLoop: self.setup.eventLoop)
        self.state = .waiting(self.setup.eventLoop.scheduleTask(in: pause) { bound.value.connect() })
        self.delegate?.linkLost(self, complaint, wasReady: wasReady)
    }

    // MARK: - Socket

    func socketOpened(_ socket: RedisSocket) {
        guard case .connecting = self.state, socket.attempt == self.attempt else {
            return socket.close(RedisComplaint(.lost, "Nobody wants the connection to \(self.address) any more."))
        }
        let greeting = RedisGreetingStateMachine(
            address: self.address,
            credentials: self.setup.credentials,
            database: self.setup.database,
            clientName: self.setup.clientName,
            isExamined: self.isExamined
        )
        self.state = .greeting(socket, greeting)
        socket.send(greeting.opening)
    }

    func socket(_ socket: RedisSocket, received value: RESPValue) {
        switch self.state {
        case .greeting(let current, var greeting):
            guard current === socket else { return }
            let effect = greeting.answered(value)
            self.state = .greeting(socket, greeting)
            switch effect {
            case .send(let command): socket.send(command)
            case .fail(let complaint): socket.close(complaint)
            case .ready(let facts):
                self.state = .ready(socket)
                self.delegate?.linkReady(self, facts)
                if self.isReady { self.reconnect.succeeded() }
            }
        case .ready(let current):
            if current === socket { self.delegate?.link(self, received: value) }
        case .idle, .connecting, .waiting, .stopped: break
        }
    }

    func socketReadComplete(_ socket: RedisSocket) {
        if case .ready(let current) = self.state, current === socket { self.delegate?.linkReadComplete(self) }
    }

    func socketFlushed(_ socket: RedisSocket) {
        if case .ready(let current) = self.state, current === socket { self.delegate?.linkFlushed(self) }
    }

    func socketEnded(_ socket: RedisSocket, _ complaint: RedisComplaint) {
        switch self.state {
        case .greeting(let current, _), .ready(let current):
            if current === socket { self.failed(complaint, attempt: self.attempt) }
        // An attempt that does not succeed says so itself, and better.
        case .idle, .connecting, .waiting, .stopped: break
        }
    }
}
