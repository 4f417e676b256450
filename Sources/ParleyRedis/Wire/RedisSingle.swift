import NIOCore
import ParleyEngine
import ParleyProtocol

/// One server for everything: always the same, or the one that is the master now.
final class RedisSingle: RedisTopology {
    private let setup: RedisLink.Setup
    private let status: RedisStatus
    private var address: RedisAddress?
    private var isStarted = false
    private var commands: RedisCommandLine?
    private var subscriptions: RedisSubscriptionLine?
    private var listeners: [RedisKey: RedisListener] = [:]

    /// - Parameter address: nil if it is not known yet.
    init(_ address: RedisAddress?, setup: RedisLink.Setup, status: RedisStatus) {
        self.address = address
        self.setup = setup
        self.status = status
    }

    func start() {
        self.isStarted = true
        if let address = self.address { self.begin(address) }
    }

    /// From now on that one is meant.
    func move(to address: RedisAddress) {
        guard self.isStarted, address != self.address else { return }
        self.address = address
        guard let commands = self.commands, let subscriptions = self.subscriptions else { return self.begin(address) }
        commands.move(to: address)
        subscriptions.move(to: address)
    }

    private func begin(_ address: RedisAddress) {
        let commands = RedisCommandLine(address, setup: self.setup, delegate: self)
        let subscriptions = RedisSubscriptionLine(address, setup: self.setup, delegate: self)
        self.commands = commands
        self.subscriptions = subscriptions
        commands.start()
        subscriptions.start()
    }

    func stop() {
        self.isStarted = false
        self.commands?.stop()
        self.subscriptions?.stop()
        self.commands = nil
        self.subscriptions = nil
    }

    func send(_ request: RedisRequest) {
        guard let commands = self.commands else { return self.setup.eventLoop.execute { request.fail(.unavailable) } }
        commands.send(request)
    }

    func subscribe(_ channel: RedisKey, _ listener: RedisListener, _ promise: EventLoopPromise<Void>) {
        guard let subscriptions = self.subscriptions else {
            return self.setup.eventLoop.execute { promise.fail(EngineError.unavailable) }
        }
        self.listeners[channel] = listener
        subscriptions.subscribe(channel, promise)
    }

    func unsubscribe(_ channel: RedisKey, _ promise: EventLoopPromise<Void>) {
        self.listeners[channel] = nil
        guard let subscriptions = self.subscriptions else { return self.setup.eventLoop.execute { promise.succeed() } }
        subscriptions.unsubscribe(channel, promise)
    }
}

extension RedisSingle: RedisCommandLineDelegate {
    func lineReady(_ line: RedisCommandLine, _ facts: RedisFacts) -> RedisComplaint? {
        let examination = RedisExamination(facts, address: line.address, isCluster: false)
        if let complaint = examination.complaint { return complaint }
        self.status.warn(examination.warnings)
        return nil
    }

    func lineOpened(_ line: RedisCommandLine, _ incarnation: EngineIncarnation, _ facts: RedisFacts) {
        let version = facts.version.map { " \($0)" } ?? ""
        self.status.ready(incarnation, words: "connected to the Redis\(version) at \(line.address)")
    }

    func lineLost(_ line: RedisCommandLine, _ complaint: RedisComplaint, wasReady: Bool) {
        if self.isStarted { self.status.failed(complaint) }
    }

    func line(_ line: RedisCommandLine, shouldAnswer request: RedisRequest, with value: RESPValue) -> Bool {
        // It has become a replica while we were connected: the next connection says so.
        if value.isError("READONLY") {
            line.end(RedisComplaint(.readOnly, "\(line.address) has become a replica and takes no writes."))
        }
        return true
    }
}

extension RedisSingle: RedisSubscriptionLineDelegate {
    func subscriptionsReady(_ line: RedisSubscriptionLine) { self.status.heardAgain() }

    func subscriptionsLost(_ line: RedisSubscriptionLine, _ complaint: RedisComplaint) {
        if self.isStarted { self.status.deaf(complaint) }
    }

    func heard(_ bytes: ByteBuffer, on channel: RedisKey) { self.listeners[channel]?.hear(bytes) }

    func heardAgain(_ channel: RedisKey) { self.listeners[channel]?.hearAgain() }

    func refused(_ channel: RedisKey, by line: RedisSubscriptionLine, words: String?) {
        self.status.refused(channel, words: words)
        // What was heard once is tried again; what never was has been told so.
        let bound = NIOLoopBound(line, eventLoop: self.setup.eventLoop)
        self.setup.eventLoop.scheduleTask(in: .seconds(1)) { bound.value.retry(channel) }
    }
}
