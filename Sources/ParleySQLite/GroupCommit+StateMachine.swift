package import ParleyEngine

/// Which changes go into which transaction, and who waits for it: whatever arrives while one is being written goes
/// into the next one, all of it.
///
/// ```
///          submit                   committed, something waits
///   idle ---------> writing <----------------------------+
///     ^               |  |                               |
///     +---------------+  +--- failed, or not yet done ---+---> troubled: nothing is taken; what was taken is kept,
///   committed, nothing waits    after too long                 and written again until it is there
/// ```
package struct GroupCommit<Due: Sendable>: Sendable {
    package typealias Change = InMemoryEngine.StateMachine.Change

    private struct Group: Sendable {
        var changes: [Change] = []
        /// In the order in which they are due.
        var due: [Due] = []
    }

    /// What becomes of something that was submitted.
    package enum Submission: Hashable {
        /// It hangs on nothing that is not written.
        case atOnce
        case later(wakesWriter: Bool)
    }

    private var waiting = Group()
    private var writing: Group?
    private var writingSince: UInt64?
    /// Between two attempts nothing is being written.
    package private(set) var isTroubled = false
    package private(set) var unwrittenBytes = 0

    package init() {}

    /// Nothing that was submitted is not written.
    package var isIdle: Bool { self.writing == nil && self.waiting.changes.isEmpty }

    /// What a step has changed, and what is due when that is written, and all that was before it.
    package mutating func submit(_ changes: [Change], _ due: [Due]) -> Submission {
        if changes.isEmpty, self.isIdle { return .atOnce }
        if changes.isEmpty, self.waiting.changes.isEmpty {
            self.writing?.due.append(contentsOf: due)
            return .later(wakesWriter: false)
        }
        let wakesWriter = self.isIdle && !self.isTroubled
        self.waiting.changes.append(contentsOf: changes)
        self.waiting.due.append(contentsOf: due)
        for change in changes { self.unwrittenBytes += change.byteCount }
        return .later(wakesWriter: wakesWriter)
    }

    /// - Parameter now: monotonic nanoseconds.
    /// - Returns: what is to be written now; `nil`: nothing.
    package mutating func begin(_ now: UInt64) -> [Change]? {
        guard self.writing == nil, !self.waiting.changes.isEmpty else { return nil }
        self.writing = self.waiting
        self.waiting = Group()
        self.writingSince = now
        return self.writing?.changes
    }

    /// - Returns: what is due now.
    package mutating func committed() -> [Due] {
        guard let written = self.writing.take() else { return [] }
        for change in written.changes { self.unwrittenBytes -= change.byteCount }
        self.isTroubled = false
        return written.due
    }

    /// It was not written, and will be tried again.
    ///
    /// - Parameter isAnswer: who is told now that it is not known what becomes of it; the others wait.
    package mutating func failed(_ isAnswer: (Due) -> Bool) -> [Due] {
        if let unwritten = self.writing.take() {
            self.waiting.changes.insert(contentsOf: unwritten.changes, at: 0)
            self.waiting.due.insert(contentsOf: unwritten.due, at: 0)
        }
        return self.giveUp(isAnswer)
    }

    /// What is being written has taken too long for those who wait; it may still be done.
    package mutating func overdue(_ now: UInt64, after patience: UInt64, _ isAnswer: (Due) -> Bool) -> [Due] {
        // Whoever asks has read the clock before it came to its turn here.
        guard self.writing != nil, !self.isTroubled, let since = self.writingSince, now > since, now - since > patience
        else { return [] }
        return self.giveUp(isAnswer)
    }

    private mutating func giveUp(_ isAnswer: (Due) -> Bool) -> [Due] {
        self.isTroubled = true
        let answers = ((self.writing?.due ?? []) + self.waiting.due).filter(isAnswer)
        self.writing?.due.removeAll(where: isAnswer)
        self.waiting.due.removeAll(where: isAnswer)
        return answers
    }
}
