import Logging
import NIOCore
import ParleyEngine
import ParleyProtocol

/// Performs what ``RevocationLog`` decides. Confined to the gateway's event loop.
///
/// Nobody is let in before the log was read: a node that starts knows at once who was sent away on the others.
final class RevocationHost {
    private let engine: any Engine
    private let eventLoop: any EventLoop
    private let node: NodeID
    private let logger: Logger
    private var log: RevocationLog
    private var asked: [RevocationLog.Asker: (RevocationLog.Answer) -> Void] = [:]
    private var lastAsker: RevocationLog.Asker = 0
    private var isFlushScheduled = false
    private var incarnation: EngineIncarnation
    private var isOver = false
    private let makeEntryUID: () -> UInt64
    /// These hold from now on.
    private let onRevoked: ([RevocationMark]) -> Void

    init(
        _ gateway: Gateway,
        makeEntryUID: @escaping () -> UInt64,
        onRevoked: @escaping ([RevocationMark]) -> Void
    ) {
        self.engine = gateway.engine
        self.eventLoop = gateway.eventLoop
        self.node = gateway.node
        self.logger = gateway.logger
        self.log = RevocationLog(limits: gateway.limits)
        self.incarnation = gateway.engine.incarnation
        self.makeEntryUID = makeEntryUID
        self.onRevoked = onRevoked
    }

    private static let id = LogID(.revocation, "all")

    var book: RevocationBook { self.log.book }
    var isLoaded: Bool { self.log.isLoaded }

    func ask(_ change: RevocationChange, _ then: @escaping (RevocationLog.Answer) -> Void) {
        self.lastAsker += 1
        let asker = self.lastAsker
        self.asked[asker] = then
        self.perform { $0.submit(change, for: asker, &$1) }
    }

    /// Once a second. Hints may be lost, so the top is asked for where there is anybody else.
    func check(at now: Instant, hasCompany: Bool) {
        self.log.expire(at: now)
        guard hasCompany || self.engine.incarnation != self.incarnation else { return }
        self.engine.heads([Self.id], on: self.eventLoop).assumeIsolated().whenSuccess { tops in
            guard let top = tops.first else { return }
            self.perform { $0.receivedTop(top, &$1) }
        }
    }

    /// Before the first read, so that nothing falls between.
    func start() {
        let bound = NIOLoopBound(self, eventLoop: self.eventLoop)
        self.engine.subscribe(to: Self.id, as: self.node, on: self.eventLoop) { hint in
            bound.value.hear(hint)
        }.assumeIsolated().whenComplete { result in
            switch result {
            case .success: self.perform { $0.start(&$1) }
            case .failure: self.later { $0.start() }
            }
        }
    }

    /// Nothing happens here any more, and what refers to each other lets go.
    func dismantle() {
        self.isOver = true
        self.asked = [:]
    }

    private func later(_ then: @escaping (RevocationHost) -> Void) {
        self.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(250)) {
            if !self.isOver { then(self) }
        }
    }

    // MARK: Effects

    private func perform(_ step: (inout RevocationLog, inout [RevocationLog.Effect]) -> Void) {
        guard !self.isOver else { return }
        var effects: [RevocationLog.Effect] = []
        step(&self.log, &effects)
        for effect in effects { self.perform(effect) }
        guard self.log.wantsAppend, !self.isFlushScheduled else { return }
        self.isFlushScheduled = true
        self.eventLoop.assumeIsolated().execute {
            self.isFlushScheduled = false
            let uid = self.makeEntryUID()
            self.perform { $0.flush(uid: uid, &$1) }
        }
    }

    private func perform(_ effect: RevocationLog.Effect) {
        switch effect {
        case .read(let position): self.read(after: position)
        case .append(let entry): self.append(entry)
        case .revoked(let marks): self.onRevoked(marks)
        case .answer(let asker, let answer): self.asked.removeValue(forKey: asker)?(answer)
        case .scheduleRetry: self.later { host in host.perform { $0.retryTimerFired(&$1) } }
        case .writeSnapshot(let position, let revocations):
            _ = self.engine.writeSnapshot(
                LogSnapshot(position: position, payload: RevocationLog.payload(revocations)),
                keepFrom: position.sequence,
                to: Self.id,
                on: self.eventLoop
            )
        }
    }

    private func append(_ entry: RevocationLog.Entry) {
        self.engine.append(
            LogEntry(position: entry.position, after: entry.after, author: self.node, payload: entry.payload),
            to: Self.id,
            retention: .untilRetired,
            in: self.incarnation,
            on: self.eventLoop
        ).assumeIsolated().whenComplete { result in
            let outcome: RevocationLog.AppendOutcome =
                switch result {
                case .success(.appended): .appended
                case .success(.conflict): .conflict
                case .success(.engineChanged): .engineChanged
                case .failure(EngineError.ambiguous): .unknown
                case .failure: .unavailable
                }
            self.perform { $0.appendCompleted(outcome, &$1) }
        }
    }

    private func read(after position: Position?) {
        let incarnation = self.engine.incarnation
        self.engine.read(Self.id, after: position, on: self.eventLoop).assumeIsolated().whenComplete { result in
            guard case .success(let read) = result else { return self.perform { $0.readFailed(&$1) } }
            let mayLack = incarnation != self.incarnation
            self.incarnation = incarnation
            let entries = read.entries.map { RevocationLog.Entry($0) }
            let decoded = RevocationLog.Read(
                continues: read.continues,
                snapshot: read.snapshot.map { RevocationLog.revocations(in: $0.payload) } ?? [],
                entries: entries,
                top: read.top,
                mayLack: mayLack
            )
            self.perform { $0.readCompleted(decoded, &$1) }
        }
    }

    private func hear(_ hint: LogHint) {
        switch hint {
        case .committed(let entry):
            // The own append's result says the same.
            guard entry.author != self.node else { return }
            self.perform { $0.received(RevocationLog.Entry(entry), &$1) }
        case .reseeded(let top), .retired(let top): self.perform { $0.receivedTop(top, &$1) }
        case .mail, .ephemeral: break
        }
    }
}
