import Synchronization

/// What waits to be written: a bounded queue between those to whom something happens and the one who writes.
///
/// The loop pays for an append to an array under a lock that nobody holds for longer; a disk is never waited for. At
/// the bound what comes is counted, and a line says how many are missing as soon as there is a place for it.
package final class AuditTrail: Sendable {
    package struct Batch: Sendable {
        package var entries: [AuditEntry] = []
        /// Behind the entries.
        package var missing = 0
        package var isOver = false
        /// The file was moved away: another one is to be begun in its place.
        package var reopens = false
    }

    private let waiting = Mutex(Batch())
    private let entriesMax: Int
    /// Something is there to be taken.
    package let news: AsyncStream<Void>
    private let tell: AsyncStream<Void>.Continuation

    package init(entriesMax: Int) {
        self.entriesMax = entriesMax
        (self.news, self.tell) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    /// - Returns: `false` if there is no place for it; then it is counted.
    @discardableResult
    package func record(_ entry: AuditEntry) -> Bool {
        let hasPlace = self.waiting.withLock { waiting in
            // Behind a loss nothing is taken before the loss is: else its place in the order would be lost as well.
            guard waiting.entries.count < self.entriesMax, waiting.missing == 0 else {
                waiting.missing += 1
                return false
            }
            waiting.entries.append(entry)
            return true
        }
        self.tell.yield()
        return hasPlace
    }

    /// Everything that waits; the places are free again.
    package func take() -> Batch {
        self.waiting.withLock { waiting in
            defer { waiting = Batch(isOver: waiting.isOver) }
            return waiting
        }
    }

    /// Whether the file is to be begun anew, asked while nothing can be taken.
    package func takeReopening() -> Bool {
        self.waiting.withLock { waiting in
            defer { waiting.reopens = false }
            return waiting.reopens
        }
    }

    package func reopen() {
        self.waiting.withLock { $0.reopens = true }
        self.tell.yield()
    }

    package var isOver: Bool { self.waiting.withLock { $0.isOver } }

    /// Nothing comes any more.
    package func end() {
        self.waiting.withLock { $0.isOver = true }
        self.tell.yield()
    }
}
