import CoreMetrics
import Logging
import NIOCore
import ParleyProtocol
import Synchronization

/// What servers did not want to do: counted by reason, and said in the log, but not for each call.
final class RedisRefusals: Sendable {
    private struct Reason: Sendable {
        var count = 0
        var saidAt: NIODeadline?
        var countWhenSaid = 0
    }

    private struct Guarded: Sendable {
        var reasons: [String: Reason] = [:]
        /// The newest refusal, until a server has taken something again.
        var trouble: String?
    }

    private let guarded = Mutex(Guarded())
    private let logger: Logger
    private let metrics: (any MetricsFactory)?
    private let limits: Limits

    init(logger: Logger, metrics: (any MetricsFactory)?, limits: Limits) {
        self.logger = logger
        self.metrics = metrics
        self.limits = limits
    }

    var trouble: String? { self.guarded.withLock { $0.trouble } }

    var counts: [String: Int] { self.guarded.withLock { $0.reasons.mapValues(\.count) } }

    /// A server has taken something.
    func isOver() {
        let trouble = self.guarded.withLock { guarded in
            defer { guarded.trouble = nil }
            return guarded.trouble
        }
        if let trouble { self.logger.notice("The engine takes writes again.", metadata: ["was": "\(trouble)"]) }
    }

    /// - Parameter stops: whether nothing can be written at all as long as it is so.
    func note(_ code: String, _ sentence: String, stops: Bool, _ metadata: Logger.Metadata, now: NIODeadline) {
        // A server that invents codes cannot fill the memory.
        let silence = TimeAmount.milliseconds(Int64(self.limits.redisSaidAgainMilliseconds))
        let (key, suppressed) = self.guarded.withLock { guarded -> (String, Int?) in
            if stops { guarded.trouble = sentence }
            let key =
                guarded.reasons[code] == nil && guarded.reasons.count >= self.limits.redisRefusalCodesMax
                ? "other" : code
            var reason = guarded.reasons[key] ?? Reason()
            defer { guarded.reasons[key] = reason }
            reason.count += 1
            if let saidAt = reason.saidAt, now - saidAt < silence { return (key, nil) }
            defer { (reason.saidAt, reason.countWhenSaid) = (now, reason.count) }
            return (key, reason.count - 1 - reason.countWhenSaid)
        }
        self.metrics.map {
            Counter(label: "parley_redis_refusals_total", dimensions: [("reason", key)], factory: $0).increment()
        }
        guard let suppressed else { return }
        var metadata = metadata
        metadata["code"] = "\(code)"
        if suppressed > 0 { metadata["since the last time"] = "\(suppressed)" }
        self.logger.error("\(sentence)", metadata: metadata)
    }
}

/// What a refusal means for whoever runs the server.
enum RedisRefusal {
    /// - Returns: a sentence, and whether nothing can be written at all as long as it is so.
    static func sentence(for code: Substring) -> (sentence: String, stops: Bool) {
        switch code {
        case "OOM": ("Redis has no memory left (maxmemory); nothing can be written.", true)
        case "MISCONF": ("Redis cannot write to its disk and therefore takes no writes (MISCONF).", true)
        case "READONLY": ("This Redis is a read-only replica; its master is to be named.", true)
        case "NOREPLICAS": ("Redis has too few replicas in reach to take writes (min-replicas-to-write).", true)
        case "NOPERM": ("Redis does not allow its user what Parley needs (ACL).", true)
        case "NOAUTH": ("Redis wants a password.", true)
        case "WRONGPASS": ("Redis does not take the password.", true)
        case "LOADING": ("Redis is still loading its data.", true)
        case "MASTERDOWN": ("This Redis is a replica that has lost its master.", true)
        case "CLUSTERDOWN": ("The Redis Cluster is down.", true)
        case "BUSY": ("Redis is busy with a script of somebody else.", true)
        case "TRYAGAIN": ("Redis is moving the keys in question.", false)
        case "WRONGTYPE", "PARLEYDATA":
            ("Another program has written under Parley's names in Redis, or another version of Parley has.", false)
        default: ("Redis has refused a command.", false)
        }
    }
}
