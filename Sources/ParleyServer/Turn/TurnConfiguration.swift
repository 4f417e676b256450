import ParleyProtocol

/// What relays this server may lend to its clients, and for how long.
///
/// Relays with fixed credentials are not here but among ``ServerConfiguration/iceServers``.
public struct TurnConfiguration: Sendable {
    /// `turn:` and `turns:` addresses of servers that share a secret with this one (coturn's `use-auth-secret`).
    public var servers: [String] = []
    /// The first one signs. The others are those that the servers still believe, for leases that were signed before.
    public var secrets: [TurnSecret] = []
    /// Where ``secrets`` come from, one to a line: read again now and then while the server runs.
    public var secretFile: String?
    /// Asked in this order; the first one that lends something is good enough.
    public var vendors: [any TurnVendor] = []
    /// Whoever shows one of them gets credentials by `GET /turn`; without any there is no such place.
    public var restKeys: [TurnSecret] = []
    /// How long a lease is good for. Renewed at 70 %.
    public var lifetimeMilliseconds = 14_400_000
    /// At most so long, whatever is asked for.
    public static let lifetimeMillisecondsMax = 86_400_000

    public init() {}
}

extension ICEServer {
    /// Whether anybody may know of it.
    var isOpen: Bool { self.username == nil && self.credential == nil }
}
