/// Why a Redis is not to be had, or not fit; the raw value stands in metrics.
package enum RedisTrouble: String, CaseIterable, Hashable, Sendable {
    case unreachable
    case refused
    case unknownHost = "unknown-host"
    case silent
    case lost
    case wrongPassword = "wrong-password"
    case passwordWanted = "password-wanted"
    case notPermitted = "not-permitted"
    case wrongDatabase = "wrong-database"
    case tlsName = "tls-name"
    case tlsUntrusted = "tls-untrusted"
    case tlsFailed = "tls-failed"
    case notTLS = "not-tls"
    case trustedRoots = "trusted-roots"
    case noRedis = "no-redis"
    case tooOld = "too-old"
    case notCluster = "not-cluster"
    case isCluster = "is-cluster"
    case readOnly = "read-only"
    case loading
    case full = "too-many-clients"
    case protected = "protected-mode"
    case noMaster = "no-master"
    case incomplete = "slots-missing"

    /// Whether it can pass by itself, so that a start may wait for it.
    package var mayPass: Bool {
        switch self {
        case .unreachable, .refused, .silent, .lost, .readOnly, .loading, .full, .noMaster, .incomplete, .unknownHost:
            true
        case .wrongPassword, .passwordWanted, .notPermitted, .wrongDatabase, .tlsName, .tlsUntrusted, .tlsFailed,
            .notTLS, .trustedRoots, .noRedis, .tooOld, .notCluster, .isCluster, .protected:
            false
        }
    }
}

/// A trouble in words, for operators: one sentence, without secrets.
package struct RedisComplaint: Error, Hashable, Sendable, CustomStringConvertible {
    package let trouble: RedisTrouble
    package let description: String

    package init(_ trouble: RedisTrouble, _ description: String) {
        self.trouble = trouble
        self.description = description
    }
}
