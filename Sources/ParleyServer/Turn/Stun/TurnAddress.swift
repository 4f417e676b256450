/// Where a STUN or TURN server is, and how it is reached (RFC 7064, RFC 7065).
package struct TurnAddress: Hashable, Sendable {
    package enum Transport: String, Sendable {
        case udp
        case tcp
        case tls
        /// DTLS: browsers do not speak it to relays, and nor do we.
        case dtls
    }

    package let host: String
    package let port: Int
    package let transport: Transport
    package let isRelay: Bool

    /// - Returns: `nil` for what is no such address.
    package init?(_ text: String) {
        guard let colon = text.firstIndex(of: ":") else { return nil }
        let scheme = text[..<colon].lowercased()
        guard ["stun", "stuns", "turn", "turns"].contains(scheme) else { return nil }
        let isSecure = scheme.hasSuffix("s")
        let parts = text[text.index(after: colon)...].split(separator: "?", maxSplits: 1)
        guard let place = parts.first, let (host, port) = Self.place(place) else { return nil }
        switch (parts.count == 2 ? parts[1] : isSecure ? "transport=tcp" : "transport=udp", isSecure) {
        case ("transport=udp", false): self.transport = .udp
        case ("transport=tcp", false): self.transport = .tcp
        case ("transport=tcp", true): self.transport = .tls
        case ("transport=udp", true): self.transport = .dtls
        case (_, _): return nil
        }
        self.host = host
        self.port = port ?? (isSecure ? 5349 : 3478)
        self.isRelay = scheme.hasPrefix("turn")
    }

    private static func place(_ text: Substring) -> (host: String, port: Int?)? {
        var rest = text
        var host: Substring
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { return nil }
            host = text[text.index(after: text.startIndex)..<end]
            rest = text[text.index(after: end)...]
        } else {
            host = text.prefix { $0 != ":" }
            rest = text[host.endIndex...]
        }
        guard !host.isEmpty else { return nil }
        guard !rest.isEmpty else { return (String(host), nil) }
        guard rest.hasPrefix(":"), let port = Int(rest.dropFirst()), (1...65_535).contains(port) else { return nil }
        return (String(host), port)
    }
}
