public import Logging
import NIOCore
public import ParleyEngine
public import ParleyProtocol
import Synchronization

/// The engine of one machine without a database server: what the in-memory engine knows is in one file, too, and is
/// there again when the process comes back.
///
/// The in-memory state machine judges; what it has changed goes into the file. Nothing is answered, and nobody is
/// told, before what the answer hangs on is on the disk. One transaction is under way at a time; whatever comes
/// meanwhile goes into the next one together. No event loop ever waits for the disk.
public final class SQLiteEngine: Engine {
    enum Handler: Sendable {
        case log(ParleyEngine.LogHandler)
        case node(@Sendable (ByteBuffer) -> Void)
    }

    struct Receiver: Sendable {
        let eventLoop: any EventLoop
        let handler: Handler
    }

    /// What waits until something is written.
    enum Due: Sendable {
        case answer(any EventLoop, @Sendable (EngineError?) -> Void)
        case effect(InMemoryEngine.StateMachine.Effect)

        var isAnswer: Bool {
            switch self {
            case .answer: true
            case .effect: false
            }
        }
    }

    struct Guarded: Sendable {
        var machine: InMemoryEngine.StateMachine
        var commits = GroupCommit<Due>()
        var receivers: [Subscription: Receiver] = [:]
        var outboxes: [ObjectIdentifier: LoopOutbox] = [:]
        var effects: [InMemoryEngine.StateMachine.Effect] = []
        /// Why nothing can be written now.
        var trouble: SQLiteProblem?
        var counts = SQLiteCounts()
        var isClosed = false
    }

    let guarded: Mutex<Guarded>
    package let file: SQLiteFile
    let clock: @Sendable () -> Instant
    let limits: Limits
    let logger: Logger

    /// Opens the file, or makes it, and reads all of it.
    ///
    /// - Parameters:
    ///   - incarnation: of a new file; one that was there keeps its own, as nothing is lost when a process ends.
    ///   - clock: the engine's clock, by which leases age and logs expire.
    public convenience init(
        path: String,
        limits: Limits = Limits(),
        incarnation: EngineIncarnation,
        logger: Logger,
        clock: @escaping @Sendable () -> Instant
    ) throws(SQLiteProblem) {
        let file = try SQLiteFile(path: path, incarnation: incarnation.rawValue, now: clock().milliseconds)
        try self.init(file, limits: limits, logger: logger, clock: clock)
    }

    package init(
        _ file: SQLiteFile,
        limits: Limits = Limits(),
        logger: Logger,
        clock: @escaping @Sendable () -> Instant
    ) throws(SQLiteProblem) {
        self.file = file
        self.guarded = Mutex(Guarded(machine: try file.load(limits: limits)))
        self.limits = limits
        self.clock = clock
        self.logger = logger
    }

    public var incarnation: EngineIncarnation {
        self.guarded.withLock { $0.machine.incarnation }
    }

    public var health: EngineHealth {
        self.guarded.withLock { $0.trouble.map { .failed(reason: $0.description) } ?? .well }
    }

    /// What was written, and how often that failed.
    public var counts: SQLiteCounts {
        self.guarded.withLock { $0.counts }
    }

    /// For tests: what is in memory.
    package var kept: InMemoryEngine.StateMachine.Kept {
        self.guarded.withLock { $0.machine.kept }
    }

    // MARK: - Steps

    /// One step of the state machine. Its answer and its effects are due when what they hang on is written.
    ///
    /// - Parameter needsFile: whether it asks about what is in the file, or changes it.
    func step<Value: Sendable>(
        on eventLoop: any EventLoop,
        needsFile: Bool = true,
        _ body:
            @Sendable (
                inout InMemoryEngine.StateMachine, Instant, inout [InMemoryEngine.StateMachine.Effect]
            ) throws(EngineError) -> Value
    ) -> EventLoopFuture<Value> {
        let promise = eventLoop.makePromise(of: Value.self)
        let (now, uptime) = (self.clock(), NIODeadline.now().uptimeNanoseconds)
        let wake = self.guarded.withLock { guarded in
            var wake = Wake()
            guarded.giveUpOverdue(uptime, path: self.file.path, &wake)
            guard !needsFile || guarded.takesCalls(unwrittenBytesMax: self.limits.engineUnwrittenBytesMax) else {
                guarded.add(on: eventLoop, &wake) { promise.fail(EngineError.unavailable) }
                return wake
            }
            let answer: Result<Value, EngineError>
            do throws(EngineError) {
                answer = .success(try body(&guarded.machine, now, &guarded.effects))
            } catch {
                answer = .failure(error)
            }
            let due = Due.answer(eventLoop) { error in
                promise.completeWith(error.map { .failure($0) } ?? answer.mapError { $0 })
            }
            if needsFile {
                guarded.submit(answer: due, &wake)
            } else {
                guarded.perform(due, &wake)
                guarded.submit(answer: nil, &wake)
            }
            return wake
        }
        self.wake(wake)
        return promise.futureResult
    }

    /// A step that nobody waits for, and that changes nothing.
    func tell(
        _ body: @Sendable (inout InMemoryEngine.StateMachine, inout [InMemoryEngine.StateMachine.Effect]) -> Void
    ) {
        let wake = self.guarded.withLock { guarded in
            var wake = Wake()
            body(&guarded.machine, &guarded.effects)
            for effect in guarded.takeEffects() { guarded.perform(.effect(effect), &wake) }
            return wake
        }
        self.wake(wake)
    }

    func start(
        _ handler: Handler,
        on eventLoop: any EventLoop,
        _ subscribe: @Sendable (inout InMemoryEngine.StateMachine) -> Subscription
    ) -> EventLoopFuture<Subscription> {
        let promise = eventLoop.makePromise(of: Subscription.self)
        let wake = self.guarded.withLock { guarded in
            var wake = Wake()
            let subscription = subscribe(&guarded.machine)
            guarded.receivers[subscription] = Receiver(eventLoop: eventLoop, handler: handler)
            guarded.add(on: eventLoop, &wake) { promise.succeed(subscription) }
            return wake
        }
        self.wake(wake)
        return promise.futureResult
    }

    /// Completes by way of the subscription's own loop, behind all handler calls that are due there.
    func end(
        _ subscription: Subscription,
        on eventLoop: any EventLoop,
        _ unsubscribe: @Sendable (inout InMemoryEngine.StateMachine) -> Void
    ) -> EventLoopFuture<Void> {
        let promise = eventLoop.makePromise(of: Void.self)
        let wake = self.guarded.withLock { guarded in
            var wake = Wake()
            unsubscribe(&guarded.machine)
            let receiver = guarded.receivers.removeValue(forKey: subscription)
            guarded.add(on: receiver?.eventLoop ?? eventLoop, &wake) { promise.succeed() }
            return wake
        }
        self.wake(wake)
        return promise.futureResult
    }

    /// Whom to wake once the lock is free.
    struct Wake {
        var eventLoops: [any EventLoop] = []
        var writer = false
        var news: SQLiteProblem?
    }

    func wake(_ wake: Wake) {
        if let news = wake.news { self.logger.error("\(news)") }
        if wake.writer { self.wakeWriter() }
        for eventLoop in wake.eventLoops {
            eventLoop.execute { self.drain(eventLoop) }
        }
    }

    private func drain(_ eventLoop: any EventLoop) {
        let key = ObjectIdentifier(eventLoop)
        let work = self.guarded.withLock { $0.outboxes[key, default: LoopOutbox(eventLoop)].takeAll() }
        for work in work { work() }
    }
}
