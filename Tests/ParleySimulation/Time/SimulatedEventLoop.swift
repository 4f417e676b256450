import NIOCore

#if canImport(Dispatch)
    import Dispatch
#endif

/// The loop of one process of the simulation: its tasks run when the scheduler says so.
///
/// `@unchecked Sendable` for the reason of `EmbeddedEventLoop`: the contract asks for it, and a simulation lives on
/// one thread.
final class SimulatedEventLoop: EventLoop, @unchecked Sendable {
    private enum Life {
        case running
        /// Time goes on, tasks wait: the process is stopped, its machine sleeps.
        case paused
        case dead
    }

    let scheduler: Scheduler
    let number: UInt64
    private var life = Life.running
    private var waiting: [() -> Void] = []

    /// - Parameter number: different for each loop of the simulation.
    init(_ scheduler: Scheduler, number: UInt64) {
        self.scheduler = scheduler
        self.number = number
    }

    var isPaused: Bool {
        switch self.life {
        case .paused: true
        case .running, .dead: false
        }
    }

    var isDead: Bool {
        switch self.life {
        case .dead: true
        case .running, .paused: false
        }
    }

    func pause() {
        guard !self.isDead else { return }
        self.life = .paused
    }

    func goOn() {
        guard self.isPaused else { return }
        self.life = .running
        for body in self.waiting { self.scheduler.schedule(at: self.now, on: self, body) }
        self.waiting = []
    }

    func kill() {
        self.life = .dead
        for body in self.waiting { self.scheduler.bury(body) }
        self.waiting = []
    }

    /// As a task of this loop, now.
    func enter<Result>(_ body: () -> Result) -> Result {
        self.scheduler.enter(self, body)
    }

    func take(_ body: @escaping () -> Void) {
        switch self.life {
        case .running: self.enter(body)
        case .paused: self.waiting.append(body)
        case .dead: self.scheduler.bury(body)
        }
    }

    // MARK: EventLoop

    var now: NIODeadline { self.scheduler.now }
    var inEventLoop: Bool { self.scheduler.current === self }

    func execute(_ task: @escaping @Sendable () -> Void) {
        self.scheduler.schedule(at: self.now, on: self, task)
    }

    @discardableResult
    func scheduleTask<Value>(
        deadline: NIODeadline,
        _ task: @escaping @Sendable () throws -> Value
    ) -> Scheduled<Value> {
        let promise = self.makePromise(of: Value.self)
        let timer = Timer()
        self.scheduler.schedule(at: deadline, on: self) {
            guard !timer.isCancelled else { return }
            do {
                promise.assumeIsolated().succeed(try task())
            } catch {
                promise.fail(error)
            }
        }
        return Scheduled(promise: promise, cancellationTask: { timer.isCancelled = true })
    }

    @discardableResult
    func scheduleTask<Value>(
        in delay: TimeAmount,
        _ task: @escaping @Sendable () throws -> Value
    ) -> Scheduled<Value> {
        self.scheduleTask(deadline: self.now + delay, task)
    }

    #if canImport(Dispatch)
        func shutdownGracefully(queue: DispatchQueue, _ callback: @escaping @Sendable ((any Error)?) -> Void) {
            self.kill()
            callback(nil)
        }
    #endif

    func preconditionInEventLoop(file: StaticString, line: UInt) {
        precondition(self.inEventLoop, "not a task of this loop", file: file, line: line)
    }

    private final class Timer: @unchecked Sendable {
        var isCancelled = false
    }
}
