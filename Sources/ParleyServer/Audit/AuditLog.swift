public import Logging
import NIOPosix
public import ParleyProtocol
public import ServiceLifecycle

/// Writes down what an operator may be asked about later, line by line, each holding on to the one before it.
///
/// It ends when the server has ended that it belongs to, and not before: the last lines are the server's own.
public struct AuditLog: Service, CustomStringConvertible {
    public var description: String { "the audit log" }

    package let trail: AuditTrail
    private let writer: AuditWriter
    private let logger: Logger
    private let clock: @Sendable () -> Instant
    /// After a failure.
    private static let pause = Duration.seconds(1)

    /// Opens the file, and looks where it ends.
    ///
    /// - Parameter clock: this machine's, in UTC.
    public init(
        _ configuration: AuditConfiguration,
        limits: Limits,
        logger: Logger,
        clock: @escaping @Sendable () -> Instant
    ) throws(AuditProblem) {
        self.writer = try AuditWriter(path: configuration.path, key: configuration.key?.symmetric, now: clock())
        self.trail = AuditTrail(entriesMax: limits.auditEntriesMax)
        self.logger = logger
        self.clock = clock
    }

    /// The file was moved away (SIGHUP): the chain goes on in another one at the same place.
    public func reopen() {
        self.trail.reopen()
    }

    /// Until the server has ended. Cancelling it does nothing: what has happened is written.
    public func run() async throws {
        await Task { await self.write() }.value
    }

    private func write() async {
        var writer = self.writer
        var isFailing = false
        var isOver = false
        for await _ in self.trail.news {
            let batch = self.trail.take()
            isOver = isOver || batch.isOver
            for entry in batch.entries { writer.add(entry) }
            if batch.missing > 0 { writer.add(self.missing(batch.missing)) }
            var reopens = batch.reopens
            while true {
                let problem: AuditProblem?
                (writer, problem) = await self.onDisk(writer, reopens: reopens)
                if problem == nil, isFailing { self.logger.notice("The audit log is written again.") }
                if let problem, !isFailing { self.logger.error("\(problem)") }
                isFailing = problem != nil
                guard isFailing, !isOver else { break }
                try? await Task.sleep(for: Self.pause)
                isOver = self.trail.isOver
                reopens = self.trail.takeReopening() || reopens
            }
            if isOver { break }
        }
        if isFailing { self.logger.error("The end of the audit log could not be written.") }
        writer.end()
    }

    /// A disk may take its time: beside the concurrency pool.
    private func onDisk(_ writer: AuditWriter, reopens: Bool) async -> (AuditWriter, AuditProblem?) {
        let now = self.clock()
        let work: @Sendable () -> (AuditWriter, AuditProblem?) = {
            var writer = writer
            let problem = reopens ? writer.reopen(now) : writer.flush()
            return (writer, problem)
        }
        return (try? await NIOThreadPool.singleton.runIfActive(work)) ?? work()
    }

    private func missing(_ count: Int) -> AuditEntry {
        AuditEntry(
            .entriesMissing,
            at: self.clock(),
            reason: "more was to be written than the queue holds",
            details: ["count": .integer(Int64(count))]
        )
    }
}
