public import NIOCore

/// Opens WebSockets from the client's side.
public enum WebSocketClientConnection {
    public struct Target: Sendable {
        public var host: String
        public var port: Int
        /// With its query, if any, percent-encoded.
        public var path: String
        /// Offered, the favourite first.
        public var subprotocols: [String]
        /// Besides those of the handshake, e.g. `Origin`. Neither names nor values may contain line breaks.
        public var headers: [(name: String, value: String)]
        /// For handlers in front of ours, such as TLS. Runs on the loop of the channel.
        public var channelInitializer: (@Sendable (any Channel) throws -> Void)?

        public init(
            host: String,
            port: Int,
            path: String = "/v1/connect",
            subprotocols: [String] = [],
            headers: [(name: String, value: String)] = []
        ) {
            self.host = host
            self.port = port
            self.path = path
            self.subprotocols = subprotocols
            self.headers = headers
        }
    }
}

/// Why an opening handshake came to nothing (RFC 6455, section 4.1).
public enum WebSocketConnectFailure: Error, Hashable, Sendable {
    /// The server answered something else than 101.
    case refused(status: Int, head: String)
    /// The answer is not one that RFC 6455 allows.
    case invalidResponse(String)
    /// TLS was not agreed on: above all, the certificate is not one that is trusted, or not for that host.
    case insecure(String)
    /// The connection ended before the answer was whole.
    case ended
    /// The answer took longer than `TransportLimits.upgradeTime`.
    case timeout
}
