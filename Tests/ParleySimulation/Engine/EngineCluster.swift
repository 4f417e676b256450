import NIOCore
import ParleyEngine
import ParleyProtocol

/// The engine's side: one real state machine, and what happens to engines: they fail over to a copy that lagged
/// behind, lose everything, or are away for a while. Nodes reach it by links.
final class EngineCluster {
    /// What was written, whoever forgets it later.
    enum Record {
        case appended(LogID, LogEntry)
        /// - base: where the replica stood that the new generation was made from.
        case reseeded(LogID, Position, base: Position)
        case retired(LogID, Position)
    }

    struct Receiver {
        let link: EngineLink
        let handler: Handler
    }

    enum Handler {
        case log(LogHandler)
        case node(@Sendable (ByteBuffer) -> Void)
    }

    let scheduler: Scheduler
    private(set) var machine: InMemoryEngine.StateMachine
    /// How to leave it out of one mechanism.
    let mechanisms: Mechanisms
    var onRecord: (Record) -> Void = { _ in }
    private var receivers: [Subscription: Receiver] = [:]
    /// Before each of the last mutations.
    private var history: [InMemoryEngine.StateMachine.Memory] = []
    /// While it fails over nobody reaches it.
    private(set) var isUp = true
    /// It stands still until then.
    private var hangsUntil: NIODeadline?
    private var waiting: [() -> Void] = []
    private var refusesUntil = NIODeadline.uptimeNanoseconds(0)
    private static let rememberedMutations = 12

    init(scheduler: Scheduler, limits: Limits, mechanisms: Mechanisms) {
        self.scheduler = scheduler
        self.machine = .init(limits: limits, incarnation: EngineIncarnation(rawValue: 1))
        self.mechanisms = mechanisms
    }

    /// The engine's clock.
    var now: Instant {
        Instant(milliseconds: 1_795_226_400_000 + Int64(self.scheduler.now.uptimeNanoseconds / 1_000_000))
    }

    func top(of log: LogID) -> Position {
        var effects: [InMemoryEngine.StateMachine.Effect] = []
        return self.machine.heads([log], self.now, &effects)[0]
    }

    /// What must be gone when everybody is.
    ///
    /// - Parameter forgotten: of whose memberships the engine knows nothing any more. If the only node that knew dies,
    ///   too, nobody is left to throw their mail away.
    func leftovers(except forgotten: Set<String>) -> [String] {
        let left = self.machine.leftovers(self.now)
        let mailboxes = left.mailboxes.filter { !forgotten.contains($0.recipient.description) }
        return left.logs.map { "log \($0.kind) \($0.id)" } + mailboxes.map { "mailbox of \($0.recipient)" }
            + (left.subscriptions > 0 ? ["\(left.subscriptions) subscriptions"] : [])
    }

    // MARK: Steps

    typealias Step<Value> = (
        inout InMemoryEngine.StateMachine, Instant, inout [InMemoryEngine.StateMachine.Effect]
    ) throws(EngineError) -> Value

    /// - Parameter changes: whether an answer says that something was written.
    func step<Value>(_ changes: (Value) -> Bool, _ body: Step<Value>) -> Result<Value, EngineError> {
        let before = self.machine.memory
        var effects: [InMemoryEngine.StateMachine.Effect] = []
        let result: Result<Value, EngineError>
        do throws(EngineError) {
            let value = try body(&self.machine, self.now, &effects)
            if changes(value) { self.remember(before) }
            result = .success(value)
        } catch {
            result = .failure(error)
        }
        for effect in effects { self.tell(effect) }
        return result
    }

    private func remember(_ memory: InMemoryEngine.StateMachine.Memory) {
        self.history.append(memory)
        if self.history.count > Self.rememberedMutations { self.history.removeFirst() }
    }

    // MARK: Hints

    func add(_ subscription: Subscription, _ receiver: Receiver) {
        self.receivers[subscription] = receiver
    }

    func end(_ subscription: Subscription) {
        self.receivers[subscription] = nil
        self.machine.unsubscribe(subscription)
        self.machine.stopReceiving(subscription)
    }

    private func tell(_ effect: InMemoryEngine.StateMachine.Effect) {
        switch effect {
        case .hint(let id, let hint):
            self.receivers[id]?.link.hear { [weak self] in
                guard let receiver = self?.receivers[id], case .log(let handler) = receiver.handler else { return }
                handler(hint)
            }
        case .message(let id, let bytes):
            self.receivers[id]?.link.hear { [weak self] in
                guard let receiver = self?.receivers[id], case .node(let handler) = receiver.handler else { return }
                handler(bytes)
            }
        }
    }

    /// The connection of a dead process ends, and its subscriptions with it.
    func forget(_ link: EngineLink) {
        let gone = self.receivers.filter { $0.value.link === link }.keys.sorted { $0.rawValue < $1.rawValue }
        for subscription in gone { self.end(subscription) }
    }

    // MARK: Faults

    /// Another life, without the last mutations.
    ///
    /// - Returns: how many were lost.
    func failOver(losing count: Int, away: TimeAmount) -> Int {
        let lost = min(count, self.history.count)
        let memory = lost > 0 ? self.history[self.history.count - lost] : self.machine.memory
        self.history.removeLast(lost)
        self.beginLife(memory, away: away)
        return lost
    }

    /// Everything is gone.
    func wipe() {
        self.history = []
        self.beginLife(InMemoryEngine.StateMachine.Memory(), away: .zero)
    }

    /// What arrives meanwhile is done afterwards, in the order in which it has arrived.
    func hang(for time: TimeAmount) {
        let end = self.scheduler.now + time
        guard self.hangsUntil.map({ $0 < end }) ?? true else { return }
        self.hangsUntil = end
        self.scheduler.schedule(at: end) {
            if self.hangsUntil == end { self.goOn() }
        }
    }

    private func goOn() {
        self.hangsUntil = nil
        let waiting = self.waiting
        self.waiting = []
        for work in waiting { work() }
    }

    var isHanging: Bool { self.hangsUntil != nil }

    /// At once, or when it goes on.
    func take(_ work: @escaping () -> Void) {
        if self.hangsUntil == nil { work() } else { self.waiting.append(work) }
    }

    func refuseWrites(for time: TimeAmount) {
        self.refusesUntil = max(self.refusesUntil, self.scheduler.now + time)
    }

    var refusesWrites: Bool { self.scheduler.now < self.refusesUntil }

    /// It is as it should be.
    func becalm() {
        self.refusesUntil = self.scheduler.now
        self.goOn()
    }

    private func beginLife(_ memory: InMemoryEngine.StateMachine.Memory, away: TimeAmount) {
        self.machine.failOver(to: memory)
        guard away > .zero else { return }
        self.isUp = false
        self.scheduler.schedule(in: away) { self.isUp = true }
    }
}
