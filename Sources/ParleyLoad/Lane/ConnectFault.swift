import NIOCore
import NIOPosix
import ParleyTransport

/// Why a connection could not be opened, for somebody who does not know how it is done.
enum ConnectFault {
    static func words(of error: any Error) -> String {
        switch error {
        case WebSocketConnectFailure.refused(let status, let head):
            // The first line of the answer.
            let first = head.split(whereSeparator: \.isNewline).first.map(String.init) ?? "HTTP \(status)"
            return "The server refused a connection: \(first)\(Self.advice(status))"
        case WebSocketConnectFailure.insecure(let why): return "TLS was not agreed on: \(why)"
        case WebSocketConnectFailure.timeout: return "The server did not answer in time."
        case WebSocketConnectFailure.ended: return "The server ended a connection before it had begun."
        case let error as NIOConnectionError:
            if let first = error.connectionErrors.first?.error as? IOError {
                return "Nobody can be reached at \(error.host):\(error.port): \(first.description)"
            }
            return "The name \(error.host) leads to no address."
        case let error as IOError where error.errnoCode == Self.tooManyFiles:
            return "This process may not open more files: raise its limit (ulimit -n)."
        default: return "A connection cannot be opened: \(error)"
        }
    }

    private static let tooManyFiles: CInt = 24

    /// Which number of the server stands behind it (docs/LIMITS.md).
    private static func advice(_ status: Int) -> String {
        switch status {
        case 429:
            " (one address: --connections-per-address of the server, 50 new ones a second and 1,000 at once, "
                + "a rest after bad tokens)"
        case 503:
            " (all addresses: --connections or --upgrades-per-second of the server, or it is stopping)"
        case 403: " (in development mode it must be called localhost, 127.0.0.1 or [::1])"
        case 404: " (no Parley server at that path)"
        default: ""
        }
    }
}
