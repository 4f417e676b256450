import NIOCore
import ParleyEngine

/// What an engine has written since it was opened.
public struct SQLiteCounts: Hashable, Sendable {
    public internal(set) var transactions: UInt64 = 0
    public internal(set) var changes: UInt64 = 0
    /// Transactions that were not written at the first attempt, and attempts after that.
    public internal(set) var failures: UInt64 = 0

    public init() {}
}

extension SQLiteEngine.Guarded {
    func takesCalls(unwrittenBytesMax: Int) -> Bool {
        !self.isClosed && !self.commits.isTroubled && self.commits.unwrittenBytes < unwrittenBytesMax
    }

    /// What the last step has changed, and what is due when that is written.
    mutating func submit(answer: SQLiteEngine.Due?, _ wake: inout SQLiteEngine.Wake) {
        let due = (answer.map { [$0] } ?? []) + self.takeEffects().map { .effect($0) }
        switch self.commits.submit(self.machine.takeChanges(), due) {
        case .atOnce: for due in due { self.perform(due, &wake) }
        case .later(let wakesWriter): if wakesWriter { wake.writer = true }
        }
    }

    mutating func takeEffects() -> [InMemoryEngine.StateMachine.Effect] {
        defer { self.effects.removeAll(keepingCapacity: true) }
        return self.effects
    }

    /// A disk that does not answer at all: nobody is left waiting for it.
    mutating func giveUpOverdue(_ now: UInt64, path: String, _ wake: inout SQLiteEngine.Wake) {
        let patience = SQLiteEngine.patienceSeconds
        let overdue = self.commits.overdue(now, after: UInt64(patience) * 1_000_000_000) { $0.isAnswer }
        if self.commits.isTroubled, self.trouble == nil {
            let trouble = SQLiteProblem.slow(path: path, seconds: patience)
            self.trouble = trouble
            wake.news = trouble
            self.counts.failures += 1
        }
        for due in overdue { self.perform(due, failure: .ambiguous, &wake) }
    }

    mutating func perform(_ due: SQLiteEngine.Due, failure: EngineError? = nil, _ wake: inout SQLiteEngine.Wake) {
        switch due {
        case .answer(let eventLoop, let complete):
            self.add(on: eventLoop, &wake) { complete(failure) }
        case .effect(.hint(let subscription, let hint)):
            guard case .some(let receiver) = self.receivers[subscription], case .log(let handler) = receiver.handler
            else { return }
            self.add(on: receiver.eventLoop, &wake) { handler(hint) }
        case .effect(.message(let subscription, let bytes)):
            guard case .some(let receiver) = self.receivers[subscription], case .node(let handler) = receiver.handler
            else { return }
            self.add(on: receiver.eventLoop, &wake) { handler(bytes) }
        }
    }

    mutating func add(
        on eventLoop: any EventLoop,
        _ wake: inout SQLiteEngine.Wake,
        _ work: @escaping LoopOutbox.Work
    ) {
        let key = ObjectIdentifier(eventLoop)
        if self.outboxes[key, default: LoopOutbox(eventLoop)].add(work) { wake.eventLoops.append(eventLoop) }
    }
}
