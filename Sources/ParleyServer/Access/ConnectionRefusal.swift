/// Why a connection was not opened. Browsers hide the status of a refused upgrade, `/v1/validate` shows it.
package enum ConnectionRefusal: String, Error, CaseIterable, Sendable {
    case originNotAllowed = "origin-not-allowed"
    case hostNotAllowed = "host-not-allowed"
    case connectionsFull = "connections-full"
    case stopping
    case engineUnavailable = "engine-unavailable"
    case subprotocolRequired = "subprotocol-required"
    case proxyNotTrusted = "proxy-not-trusted"
    case forwardedInvalid = "forwarded-invalid"
    case tooManyConnections = "too-many-connections"
    case rateLimited = "rate-limited"
    case busy

    package var status: Int {
        switch self {
        case .originNotAllowed, .hostNotAllowed: 403
        case .connectionsFull, .stopping, .engineUnavailable, .busy: 503
        case .tooManyConnections, .rateLimited: 429
        case .subprotocolRequired, .proxyNotTrusted, .forwardedInvalid: 400
        }
    }

    package var message: String {
        switch self {
        case .originNotAllowed:
            "A page may connect to the server that it came from, and where --allowed-origin names it; in development "
                + "mode, pages of this machine may (http://localhost, http://127.0.0.1)."
        case .hostNotAllowed:
            "In development mode the server must be addressed as localhost, 127.0.0.1 or [::1]."
        case .connectionsFull: "This server holds no more connections; try again later."
        case .stopping: "This server is stopping; try again."
        case .engineUnavailable: "This server cannot reach its store now; try another one, or again in a moment."
        case .subprotocolRequired: "The WebSocket must ask for the subprotocol parley.v1."
        case .proxyNotTrusted:
            "The request says whom it was forwarded for, but comes from nobody whom --behind-proxy names. "
                + "Only such a proxy may send X-Forwarded-For, X-Forwarded-Proto, X-Forwarded-Host, X-Real-IP "
                + "or Forwarded."
        case .forwardedInvalid:
            "What the proxy says in X-Forwarded-For or Forwarded cannot be read, or the two name different clients."
        case .tooManyConnections: "Your address has as many connections as one may have; close one of them."
        case .rateLimited: "Your address has come too often, or has failed too often to show who it is; wait."
        case .busy: "Too many come at once; try again in a moment."
        }
    }

    /// The JSON body that goes with the status.
    package var body: String { ConnectionDenial(self).body }

    /// When it is worth to come again, where that does not depend on who asks: the least, and within how much more.
    fileprivate var rest: (milliseconds: UInt64, spread: Double)? {
        switch self {
        // Somebody has to go first; nobody knows when that is.
        case .connectionsFull: (5_000, 5_000)
        case .stopping: (1_000, 2_000)
        case .engineUnavailable: (1_000, 1_000)
        case .originNotAllowed, .hostNotAllowed, .subprotocolRequired, .proxyNotTrusted, .forwardedInvalid,
            .tooManyConnections, .rateLimited, .busy:
            nil
        }
    }
}

/// A refusal, and when it is worth to ask again.
package struct ConnectionDenial: Error, Hashable, Sendable {
    package var refusal: ConnectionRefusal
    package var retryAfterMilliseconds: UInt64?

    package init(_ refusal: ConnectionRefusal, retryAfterMilliseconds: UInt64? = nil) {
        self.refusal = refusal
        self.retryAfterMilliseconds = retryAfterMilliseconds
    }

    /// - Parameter chance: 0 to 1: not all come again at once.
    package init(_ refusal: ConnectionRefusal, chance: Double) {
        self.refusal = refusal
        self.retryAfterMilliseconds = refusal.rest.map { $0.milliseconds + UInt64($0.spread * chance) }
    }

    package var body: String {
        let wait = self.retryAfterMilliseconds.map { #","retryAfterMilliseconds":\#($0)"# } ?? ""
        return #"{"ok":false,"code":"\#(self.refusal.rawValue)","message":"\#(self.refusal.message)"\#(wait)}"#
    }

    /// The value of `Retry-After` (RFC 9110, section 10.2.3): whole seconds, at least one.
    package var retryAfter: String? {
        self.retryAfterMilliseconds.map { String(max(1, ($0 + 999) / 1_000)) }
    }
}
