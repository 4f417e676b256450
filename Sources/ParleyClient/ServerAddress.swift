import ParleyTransport

/// Where a server is: `wss://host`, `ws://host:port`, with or without port and path; `https:` and `http:` mean the
/// same.
struct ServerAddress: Hashable, Sendable {
    let text: String
    let isSecure: Bool
    private let host: String
    private let port: Int
    private let path: String

    /// - Throws: ``ClientError/invalidAddress(_:)``.
    init(_ text: String) throws(ClientError) {
        let schemes = [("wss://", true), ("ws://", false), ("https://", true), ("http://", false)]
        guard let (scheme, isSecure) = schemes.first(where: { text.hasPrefix($0.0) }) else {
            throw .invalidAddress(text)
        }
        let rest = text.dropFirst(scheme.count)
        let authority = rest.prefix { $0 != "/" }
        let path = rest.dropFirst(authority.count)
        guard let (host, port) = Self.parts(of: authority) else { throw .invalidAddress(text) }
        self.text = text
        self.isSecure = isSecure
        self.host = host
        self.port = port ?? (isSecure ? 443 : 80)
        self.path = path.isEmpty || path == "/" ? "/v1/connect" : String(path)
    }

    /// As a server would write it.
    var full: String {
        let host = self.host.contains(":") ? "[\(self.host)]" : self.host
        let port = self.port == (self.isSecure ? 443 : 80) ? "" : ":\(self.port)"
        return (self.isSecure ? "wss://" : "ws://") + host + port + self.path
    }

    /// `name`, `name:port`, `[::1]` and `[::1]:port`.
    private static func parts(of authority: Substring) -> (host: String, port: Int?)? {
        let isBracketed = authority.hasPrefix("[")
        guard
            let end = isBracketed ? authority.firstIndex(of: "]") : authority.firstIndex(of: ":") ?? authority.endIndex
        else { return nil }
        let host = isBracketed ? authority[..<end].dropFirst() : authority[..<end]
        let rest = authority[end...].drop { $0 == "]" }
        guard !host.isEmpty else { return nil }
        if rest.isEmpty { return (String(host), nil) }
        guard rest.hasPrefix(":"), let port = Int(rest.dropFirst()), (1...65_535).contains(port) else { return nil }
        return (String(host), port)
    }

    /// What needs no escape in a query is what a ticket is made of (RFC 3986, section 2.3); anything else is escaped.
    static func path(_ path: String, ticket: String) -> String {
        let escaped = ticket.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
                UInt8(ascii: "~"):
                String(UnicodeScalar(byte))
            default: (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
            }
        }
        return path + (path.contains("?") ? "&" : "?") + "ticket=" + escaped.joined()
    }

    /// - Parameters:
    ///   - tls: for an address that is secure.
    ///   - isReturning: servers keep a part of what they can open for those who come back.
    func target(origin: String?, tls: ClientTLS?, isReturning: Bool = false) -> WebSocketClientConnection.Target {
        var target = WebSocketClientConnection.Target(
            host: self.host,
            port: self.port,
            path: isReturning ? self.path + (self.path.contains("?") ? "&" : "?") + "resume=1" : self.path,
            subprotocols: ["parley.v1"],
            headers: origin.map { [("Origin", $0)] } ?? []
        )
        if self.isSecure, let tls {
            let host = self.host
            target.channelInitializer = { try tls.add(to: $0, host: host) }
        }
        return target
    }
}
