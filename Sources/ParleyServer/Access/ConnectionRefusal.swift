/// Why a connection was not opened. Browsers hide the status of a refused upgrade, `/v1/validate` shows it.
package enum ConnectionRefusal: String, Error, CaseIterable, Sendable {
    case originNotAllowed = "origin-not-allowed"
    case hostNotAllowed = "host-not-allowed"
    case connectionsFull = "connections-full"
    case stopping
    case subprotocolRequired = "subprotocol-required"
    case proxyNotTrusted = "proxy-not-trusted"
    case forwardedInvalid = "forwarded-invalid"

    package var status: Int {
        switch self {
        case .originNotAllowed, .hostNotAllowed: 403
        case .connectionsFull, .stopping: 503
        case .subprotocolRequired, .proxyNotTrusted, .forwardedInvalid: 400
        }
    }

    package var message: String {
        switch self {
        case .originNotAllowed:
            "A page may connect to the server that it came from; in development mode, pages of this machine may "
                + "(http://localhost, http://127.0.0.1)."
        case .hostNotAllowed:
            "In development mode the server must be addressed as localhost, 127.0.0.1 or [::1]."
        case .connectionsFull: "This server holds no more connections; try again later."
        case .stopping: "This server is stopping; try again."
        case .subprotocolRequired: "The WebSocket must ask for the subprotocol parley.v1."
        case .proxyNotTrusted:
            "The request says whom it was forwarded for, but comes from nobody whom --behind-proxy names. "
                + "Only such a proxy may send X-Forwarded-For, X-Forwarded-Proto, X-Forwarded-Host, X-Real-IP "
                + "or Forwarded."
        case .forwardedInvalid:
            "What the proxy says in X-Forwarded-For or Forwarded cannot be read, or the two name different clients."
        }
    }

    /// The JSON body that goes with the status.
    package var body: String {
        #"{"ok":false,"code":"\#(self.rawValue)","message":"\#(self.message)"}"#
    }
}
