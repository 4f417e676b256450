/// Whether somebody may open a connection: judged before any work is done for it.
///
/// The same value answers the WebSocket upgrade and `/v1/validate`, so that the twin cannot disagree.
/// Development mode has no tokens, so two things stand in for them: the page that opens the connection
/// must come from this machine, and so must the name by which the server was addressed (a page of a
/// stranger can make its own host name point to 127.0.0.1, but it cannot choose our `Host`).
package struct ConnectionAccess: Sendable {
    package init() {}

    /// - Parameters:
    ///   - origin: the `Origin` header; absent for anything but a browser.
    ///   - host: the `Host` header.
    package func judge(origin: String?, host: String?, connections: Int, connectionsMax: Int) -> ConnectionRefusal? {
        guard let host, ServerConfiguration.isLoopback(host: Self.hostName(ofAuthority: host)) else {
            return .hostNotAllowed
        }
        if let origin, !Self.isLoopback(origin: origin) { return .originNotAllowed }
        if connections >= connectionsMax { return .connectionsFull }
        return nil
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
}

/// Why a connection was not opened. Browsers hide the status of a refused upgrade, `/v1/validate` shows it.
package enum ConnectionRefusal: String, CaseIterable, Sendable {
    case originNotAllowed = "origin-not-allowed"
    case hostNotAllowed = "host-not-allowed"
    case connectionsFull = "connections-full"
    case stopping
    case subprotocolRequired = "subprotocol-required"

    package var status: Int {
        switch self {
        case .originNotAllowed, .hostNotAllowed: 403
        case .connectionsFull, .stopping: 503
        case .subprotocolRequired: 400
        }
    }

    package var message: String {
        switch self {
        case .originNotAllowed:
            "In development mode only pages from this machine may connect (http://localhost, http://127.0.0.1)."
        case .hostNotAllowed:
            "In development mode the server must be addressed as localhost, 127.0.0.1 or [::1]."
        case .connectionsFull: "This server holds no more connections; try again later."
        case .stopping: "This server is stopping; try again."
        case .subprotocolRequired: "The WebSocket must ask for the subprotocol parley.v1."
        }
    }

    /// The JSON body that goes with the status.
    package var body: String {
        #"{"ok":false,"code":"\#(self.rawValue)","message":"\#(self.message)"}"#
    }
}
