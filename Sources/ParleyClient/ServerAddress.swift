import ParleyTransport

/// Where a server is: `ws://host:port`, with or without a path.
struct ServerAddress: Hashable, Sendable {
    let text: String
    private let host: String
    private let port: Int
    private let path: String

    /// - Throws: ``ClientError/invalidAddress(_:)``.
    init(_ text: String) throws(ClientError) {
        let scheme = "ws://"
        let rest = text.dropFirst(scheme.count)
        let authority = rest.prefix { $0 != "/" }
        let path = rest.dropFirst(authority.count)
        guard text.hasPrefix(scheme), let colon = authority.lastIndex(of: ":"),
            let port = Int(authority[authority.index(after: colon)...]), (1...65_535).contains(port)
        else { throw .invalidAddress(text) }
        var host = String(authority[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        guard !host.isEmpty else { throw .invalidAddress(text) }
        self.text = text
        self.host = host
        self.port = port
        self.path = path.isEmpty || path == "/" ? "/v1/connect" : String(path)
    }

    func target(origin: String?) -> WebSocketClientConnection.Target {
        WebSocketClientConnection.Target(
            host: self.host,
            port: self.port,
            path: self.path,
            subprotocols: ["parley.v1"],
            headers: origin.map { [("Origin", $0)] } ?? []
        )
    }
}
