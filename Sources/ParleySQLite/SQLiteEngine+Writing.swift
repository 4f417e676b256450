import Dispatch
import GRDB
import Logging
import NIOCore
import ParleyEngine
import Synchronization

/// The one who writes, on a thread of its own.
extension SQLiteEngine {
    /// Nobody waits longer for the disk.
    static let patienceSeconds = 2
    /// Between two attempts to write what could not be written.
    private static let pauseMilliseconds = 500

    /// Writes what is left, and lets go of the file; whoever asks afterwards is refused.
    public func close() async throws(SQLiteProblem) {
        self.guarded.withLock { $0.isClosed = true }
        // Behind the writer, which has its turn in the same queue; what could not be written has one more chance.
        await withCheckedContinuation { continuation in
            self.file.queue.asyncWriteWithoutTransaction { db in
                self.write(db)
                continuation.resume()
            }
        }
        try self.file.close()
    }

    func wakeWriter() {
        self.file.queue.asyncWriteWithoutTransaction { db in self.write(db) }
    }

    /// Until nothing waits, or something is in the way.
    func write(_ db: Database) {
        while let changes = self.guarded.withLock({ $0.commits.begin(NIODeadline.now().uptimeNanoseconds) }) {
            do throws(SQLiteProblem) {
                try self.file.write(changes, db)
            } catch {
                return self.failed(error)
            }
            self.committed(changes.count)
        }
    }

    private func committed(_ count: Int) {
        let (wake, trouble) = self.guarded.withLock { guarded in
            var wake = Wake()
            guarded.counts.transactions += 1
            guarded.counts.changes += UInt64(count)
            for due in guarded.commits.committed() { guarded.perform(due, &wake) }
            return (wake, guarded.trouble.take())
        }
        self.wake(wake)
        guard let trouble else { return }
        self.logger.notice("The database can be written again.", metadata: ["after": "\(trouble)"])
    }

    private func failed(_ problem: SQLiteProblem) {
        let (wake, isClosed) = self.guarded.withLock { guarded in
            var wake = Wake()
            guarded.counts.failures += 1
            for due in guarded.commits.failed({ $0.isAnswer }) {
                guarded.perform(due, failure: .ambiguous, &wake)
            }
            if guarded.trouble != problem { wake.news = problem }
            guarded.trouble = problem
            return (wake, guarded.isClosed)
        }
        self.wake(wake)
        guard problem.mayPass, !isClosed else { return }
        DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(Self.pauseMilliseconds)) {
            self.wakeWriter()
        }
    }
}
