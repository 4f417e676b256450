import NIOCore
import NIOPosix
import ParleyTransport

/// Why a connection could not be opened, for somebody who does not know how it is done.
enum ConnectFault {
    static func words(of error: any Error) -> String {
        switch error {
        case WebSocketConnectFailure.refused(let status, let head):
            let reason = head.split(separator: "\r\n").first.map(String.init) ?? "HTTP \(status)"
            return "The server refused a connection: \(reason)"
        case WebSocketConnectFailure.insecure(let why): return "TLS was not agreed on: \(why)"
        case WebSocketConnectFailure.timeout: return "The server did not answer in time."
        case WebSocketConnectFailure.ended: return "The server ended a connection before it had begun."
        case let error as NIOConnectionError:
            if let first = error.connectionErrors.first?.error as? IOError {
                return "Nobody can be reached at \(error.host):\(error.port): \(first.description)"
            }
            return "The name \(error.host) leads to no address."
        default: return "A connection cannot be opened: \(error)"
        }
    }
}
