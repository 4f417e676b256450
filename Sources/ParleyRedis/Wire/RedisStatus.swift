import CoreMetrics
import Logging
import NIOCore
import ParleyEngine
import ParleyProtocol
import Synchronization

/// What is known of the servers now, for whoever asks, and for the log and the metrics.
final class RedisStatus: Sendable {
    fileprivate struct Guarded {
        var incarnation = EngineIncarnation(rawValue: 0)
        /// Why there are no commands; at first, because nobody has tried.
        var complaint: RedisComplaint? = RedisComplaint(.unreachable, "The Redis has not been asked yet.")
        /// Why nothing is heard.
        var deafness: RedisComplaint? = RedisComplaint(.unreachable, "The Redis has not been asked yet.")
        var warnings: [RedisWarning] = []
        var waiting: [CheckedContinuation<Void, any Error>] = []
        var lastLogged: (complaint: RedisComplaint, at: NIODeadline)?
    }

    private let guarded = Mutex(Guarded())
    private let logger: Logger
    private let metrics: (any MetricsFactory)?
    private let logInterval: TimeAmount

    init(logger: Logger, metrics: (any MetricsFactory)?, limits: Limits) {
        self.logger = logger
        self.metrics = metrics
        self.logInterval = .milliseconds(Int64(limits.redisSaidAgainMilliseconds))
    }

    var incarnation: EngineIncarnation { self.guarded.withLock(\.incarnation) }
    var complaint: RedisComplaint? { self.guarded.withLock(\.complaint) }
    var deafness: RedisComplaint? { self.guarded.withLock(\.deafness) }
    var warnings: [RedisWarning] { self.guarded.withLock(\.warnings) }

    // MARK: - What happens

    /// Commands are taken.
    func ready(_ incarnation: EngineIncarnation, words: String) {
        let (waiting, isNews) = self.guarded.withLock { guarded in
            let isNews = guarded.complaint != nil || guarded.incarnation != incarnation
            guarded.incarnation = incarnation
            guarded.complaint = nil
            return (guarded.takeReady(), isNews)
        }
        if isNews { self.logger.notice("\(words)") }
        for continuation in waiting { continuation.resume() }
    }

    /// The same servers, and another life of some of them.
    func lives(as incarnation: EngineIncarnation) { self.guarded.withLock { $0.incarnation = incarnation } }

    func heardAgain() {
        let waiting = self.guarded.withLock { guarded in
            guarded.deafness = nil
            return guarded.takeReady()
        }
        for continuation in waiting { continuation.resume() }
    }

    /// No commands are taken, and why.
    func failed(_ complaint: RedisComplaint) {
        self.count(complaint.trouble)
        let given = self.guarded.withLock { guarded in
            guarded.complaint = complaint
            return guarded.takeFailed(complaint)
        }
        self.log(complaint)
        for continuation in given { continuation.resume(throwing: complaint) }
    }

    func deaf(_ complaint: RedisComplaint) {
        self.count(complaint.trouble)
        let given = self.guarded.withLock { guarded in
            guarded.deafness = complaint
            return guarded.takeFailed(complaint)
        }
        self.log(complaint)
        for continuation in given { continuation.resume(throwing: complaint) }
    }

    /// Something is amiss that stops nothing.
    func note(_ complaint: RedisComplaint) {
        self.count(complaint.trouble)
        self.log(complaint)
    }

    /// What an operator should know; what was known already is not said again.
    func warn(_ warnings: [RedisWarning]) {
        let new = self.guarded.withLock { guarded in
            defer { guarded.warnings = warnings }
            return warnings.filter { !guarded.warnings.contains($0) }
        }
        for warning in new {
            self.logger.warning("\(warning)", metadata: ["reason": "\(warning.reason.rawValue)"])
            self.counter("parley_redis_warnings_total", warning.reason.rawValue)
        }
    }

    /// A channel is not given to us.
    func refused(_ channel: RedisKey, words: String?) {
        guard let words else { return }
        self.log(
            RedisComplaint(.notPermitted, "The Redis refuses the channel \(String(buffer: channel.bytes)): \(words)")
        )
        self.count(.notPermitted)
    }

    // MARK: - Start

    /// Returns when commands are taken and messages heard; throws a ``RedisComplaint`` that does not pass by itself.
    func started() async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            let result: Result<Void, any Error>? = self.guarded.withLock { guarded in
                if guarded.complaint == nil, guarded.deafness == nil { return .success(()) }
                // Nothing but the operator changes that.
                if let complaint = guarded.complaint, !complaint.trouble.mayPass { return .failure(complaint) }
                guarded.waiting.append(continuation)
                return nil
            }
            if let result { continuation.resume(with: result) }
        }
    }

    /// Nobody waits any longer.
    func giveUp() {
        let (waiting, complaint) = self.guarded.withLock { guarded in
            defer { guarded.waiting = [] }
            return (guarded.waiting, guarded.complaint ?? guarded.deafness ?? Self.stopped)
        }
        for continuation in waiting { continuation.resume(throwing: complaint) }
    }

    private static let stopped = RedisComplaint(.lost, "The server stops.")

    // MARK: - Log and metrics

    private func log(_ complaint: RedisComplaint) {
        let now = NIODeadline.now()
        let isNew = self.guarded.withLock { guarded in
            if let last = guarded.lastLogged, last.complaint == complaint, now - last.at < self.logInterval {
                return false
            }
            guarded.lastLogged = (complaint, now)
            return true
        }
        guard isNew else { return }
        self.logger.warning("\(complaint)", metadata: ["reason": "\(complaint.trouble.rawValue)"])
    }

    private func count(_ trouble: RedisTrouble) { self.counter("parley_redis_troubles_total", trouble.rawValue) }

    private func counter(_ name: String, _ reason: String) {
        let dimensions = [("reason", reason)]
        if let metrics = self.metrics {
            Counter(label: name, dimensions: dimensions, factory: metrics).increment()
        } else {
            Counter(label: name, dimensions: dimensions).increment()
        }
    }
}

extension RedisStatus.Guarded {
    fileprivate mutating func takeReady() -> [CheckedContinuation<Void, any Error>] {
        guard self.complaint == nil, self.deafness == nil else { return [] }
        defer { self.waiting = [] }
        return self.waiting
    }

    /// A complaint that can pass is waited for.
    fileprivate mutating func takeFailed(_ complaint: RedisComplaint) -> [CheckedContinuation<Void, any Error>] {
        guard !complaint.trouble.mayPass else { return [] }
        defer { self.waiting = [] }
        return self.waiting
    }
}
