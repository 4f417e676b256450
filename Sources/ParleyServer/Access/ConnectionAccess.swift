/// Whether somebody may open a connection: judged before any work is done for it.
///
/// The same value answers the WebSocket upgrade and `/v1/validate`, so that the twin cannot disagree.
package struct ConnectionAccess: Sendable {
    /// Whom the server is there for.
    package enum Reach: Hashable, Sendable {
        /// Development mode. It has no tokens, so two things stand in for them: the page that opens the connection
        /// must come from this machine, and so must the name by which the server was addressed (a page of a
        /// stranger can make its own host name point to 127.0.0.1, but it cannot choose our `Host`).
        case thisMachine
        /// Whatever name leads here is ours: a certificate, a proxy or tokens stand behind it. The page must come
        /// from the server itself.
        case network
    }

    private let allowed: [AllowedOrigin]

    /// - Parameter allowed: pages that may connect besides those that may anyway.
    package init(allowed: [AllowedOrigin] = []) {
        self.allowed = allowed
    }

    /// - Parameters:
    ///   - origin: the `Origin` header; absent for anything but a browser.
    ///   - host: the `Host` header, or what a believed proxy says that it was.
    ///   - isEncrypted: the server knows that its clients come by TLS: then its pages did, too.
    package func judge(
        origin: String?,
        host: String?,
        reach: Reach,
        isEncrypted: Bool = false,
        connections: Int,
        connectionsMax: Int
    ) -> ConnectionRefusal? {
        guard let host else { return .hostNotAllowed }
        if case .thisMachine = reach, !ServerConfiguration.isLoopback(host: Self.hostName(ofAuthority: host)) {
            return .hostNotAllowed
        }
        if let origin, !self.allows(origin: origin, host: host, reach: reach, isEncrypted: isEncrypted) {
            return .originNotAllowed
        }
        if connections >= connectionsMax { return .connectionsFull }
        return nil
    }

    /// Whether a page of that origin may connect, and read what the server answers.
    package func allows(origin: String, host: String, reach: Reach, isEncrypted: Bool) -> Bool {
        if self.allowed.contains(where: { $0.allows(origin) }) { return true }
        switch reach {
        case .thisMachine: return Self.isLoopback(origin: origin)
        case .network: return Self.isSame(origin: origin, host: host) && (!isEncrypted || origin.hasPrefix("https://"))
        }
    }

    /// Whether a page of `origin` was loaded from `host`; the scheme is what a proxy in between may change.
    static func isSame(origin: String, host: String) -> Bool {
        for (scheme, port) in [("http://", "80"), ("https://", "443")] where origin.hasPrefix(scheme) {
            let authority = String(origin.dropFirst(scheme.count))
            return self.hostName(ofAuthority: authority).lowercased() == self.hostName(ofAuthority: host).lowercased()
                && self.port(ofAuthority: authority) ?? port == self.port(ofAuthority: host) ?? port
        }
        return false
    }

    /// `http://localhost:8080` is, `https://example.org` and `null` are not.
    static func isLoopback(origin: String) -> Bool {
        for scheme in ["http://", "https://"] where origin.hasPrefix(scheme) {
            return ServerConfiguration.isLoopback(
                host: self.hostName(ofAuthority: String(origin.dropFirst(scheme.count)))
            )
        }
        return false
    }

    /// The name in `name`, `name:port` and `[::1]:port`.
    static func hostName(ofAuthority authority: String) -> String {
        if authority.hasPrefix("["), let end = authority.firstIndex(of: "]") {
            return String(authority[...end])
        }
        return String(authority.prefix { $0 != ":" })
    }

    /// The port in `name:port` and `[::1]:port`.
    private static func port(ofAuthority authority: String) -> String? {
        let rest = authority.dropFirst(self.hostName(ofAuthority: authority).count)
        return rest.hasPrefix(":") ? String(rest.dropFirst()) : nil
    }
}
