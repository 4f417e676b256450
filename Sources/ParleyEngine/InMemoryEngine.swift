import NIOCore
public import ParleyProtocol
import Synchronization

/// The engine of a single process: the default, and the executable specification of the contract.
///
/// Any number of event loops (or of nodes, in tests) may share it: a lock guards the state machine and is
/// held for one step, never while foreign code runs. What a step brings about runs on the loops later.
public final class InMemoryEngine: Engine {
    enum Handler: Sendable {
        case log(LogHandler)
        case node(@Sendable (ByteBuffer) -> Void)
    }

    fileprivate struct Receiver: Sendable {
        let eventLoop: any EventLoop
        let handler: Handler
    }

    fileprivate struct Guarded: Sendable {
        var machine: StateMachine
        var receivers: [Subscription: Receiver] = [:]
        var outboxes: [ObjectIdentifier: LoopOutbox] = [:]
        var effects: [StateMachine.Effect] = []
    }

    private let guarded: Mutex<Guarded>
    private let clock: @Sendable () -> Instant

    /// - Parameters:
    ///   - incarnation: different for each life of the process.
    ///   - clock: the engine's clock, by which leases age and logs expire.
    public init(
        limits: Limits = Limits(),
        incarnation: EngineIncarnation,
        clock: @escaping @Sendable () -> Instant
    ) {
        self.guarded = Mutex(Guarded(machine: StateMachine(limits: limits, incarnation: incarnation)))
        self.clock = clock
    }

    public var incarnation: EngineIncarnation {
        self.guarded.withLock { $0.machine.incarnation }
    }

    // MARK: - Steps

    /// One step of the state machine. Its answer and its effects are due on the loops that they concern.
    func step<Value: Sendable>(
        on eventLoop: any EventLoop,
        _ body: @Sendable (inout StateMachine, Instant, inout [StateMachine.Effect]) throws(EngineError) -> Value
    ) -> EventLoopFuture<Value> {
        let promise = eventLoop.makePromise(of: Value.self)
        let now = self.clock()
        let wake = self.guarded.withLock { guarded in
            var wake: [any EventLoop] = []
            let answer: Result<Value, EngineError>
            do throws(EngineError) {
                answer = .success(try body(&guarded.machine, now, &guarded.effects))
            } catch {
                answer = .failure(error)
            }
            guarded.add(on: eventLoop, &wake) { promise.completeWith(answer.mapError { $0 }) }
            guarded.addEffects(&wake)
            return wake
        }
        self.wake(wake)
        return promise.futureResult
    }

    /// A step that nobody waits for.
    func step(_ body: @Sendable (inout StateMachine, inout [StateMachine.Effect]) -> Void) {
        let wake = self.guarded.withLock { guarded in
            var wake: [any EventLoop] = []
            body(&guarded.machine, &guarded.effects)
            guarded.addEffects(&wake)
            return wake
        }
        self.wake(wake)
    }

    private func wake(_ eventLoops: [any EventLoop]) {
        for eventLoop in eventLoops {
            eventLoop.execute { self.drain(eventLoop) }
        }
    }

    private func drain(_ eventLoop: any EventLoop) {
        let key = ObjectIdentifier(eventLoop)
        let work = self.guarded.withLock { $0.outboxes[key, default: LoopOutbox(eventLoop)].takeAll() }
        for work in work { work() }
    }

    func start(
        _ handler: Handler,
        on eventLoop: any EventLoop,
        _ subscribe: @Sendable (inout StateMachine) -> Subscription
    ) -> EventLoopFuture<Subscription> {
        let promise = eventLoop.makePromise(of: Subscription.self)
        let wake = self.guarded.withLock { guarded in
            var wake: [any EventLoop] = []
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
        _ unsubscribe: @Sendable (inout StateMachine) -> Void
    ) -> EventLoopFuture<Void> {
        let promise = eventLoop.makePromise(of: Void.self)
        let wake = self.guarded.withLock { guarded in
            var wake: [any EventLoop] = []
            unsubscribe(&guarded.machine)
            let receiver = guarded.receivers.removeValue(forKey: subscription)
            guarded.add(on: receiver?.eventLoop ?? eventLoop, &wake) { promise.succeed() }
            return wake
        }
        self.wake(wake)
        return promise.futureResult
    }
}

extension InMemoryEngine.Guarded {
    fileprivate mutating func add(
        on eventLoop: any EventLoop,
        _ wake: inout [any EventLoop],
        _ work: @escaping LoopOutbox.Work
    ) {
        let key = ObjectIdentifier(eventLoop)
        if self.outboxes[key, default: LoopOutbox(eventLoop)].add(work) { wake.append(eventLoop) }
    }

    fileprivate mutating func addEffects(_ wake: inout [any EventLoop]) {
        for effect in self.effects {
            switch effect {
            case .hint(let subscription, let hint):
                guard case .some(let receiver) = self.receivers[subscription],
                    case .log(let handler) = receiver.handler
                else { continue }
                self.add(on: receiver.eventLoop, &wake) { handler(hint) }
            case .message(let subscription, let bytes):
                guard case .some(let receiver) = self.receivers[subscription],
                    case .node(let handler) = receiver.handler
                else { continue }
                self.add(on: receiver.eventLoop, &wake) { handler(bytes) }
            }
        }
        self.effects.removeAll(keepingCapacity: true)
    }
}
