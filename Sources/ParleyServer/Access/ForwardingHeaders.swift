import ParleyTransport

/// What a request says about proxies on its way.
struct ForwardingHeaders {
    enum Hop: Hashable {
        case address(ClientAddress)
        /// `unknown` or `_name` (RFC 7239, section 6).
        case concealed
        case unreadable
    }

    /// `X-Forwarded-For`: each proxy appends whom it has seen.
    private(set) var forwardedFor: [Hop] = []
    /// `for=` in `Forwarded` (RFC 7239); an element without it conceals somebody.
    private(set) var forwarded: [Hop] = []
    /// The last proxy's word: its client came by TLS.
    private(set) var isEncrypted = false
    /// The last proxy's word: the `Host` of its client.
    private(set) var host: String?
    /// None of them is there.
    private(set) var isEmpty = true

    init(_ headers: some Sequence<(name: String, value: String)>) {
        for (name, value) in headers where Self.names.contains(where: { name.equalsIgnoringCase($0) }) {
            self.isEmpty = false
            if name.equalsIgnoringCase("x-forwarded-for") {
                self.forwardedFor += Self.split(value, at: UInt8(ascii: ","), heedsQuotes: false).map { Self.hop($0) }
            } else if name.equalsIgnoringCase("x-forwarded-proto") {
                self.isEncrypted = Self.isSecure(Self.elements(value).last ?? "")
            } else if name.equalsIgnoringCase("x-forwarded-host") {
                self.host = Self.elements(value).last
            } else if name.equalsIgnoringCase("forwarded") {
                for element in Self.elements(value) {
                    let pairs = Self.pairs(element)
                    self.forwarded.append(pairs["for"].map { Self.hop($0) } ?? .concealed)
                    if let host = pairs["host"] { self.host = host }
                    if let scheme = pairs["proto"] { self.isEncrypted = Self.isSecure(scheme) }
                }
            }
        }
    }

    /// By these somebody speaks for somebody else.
    static let names = ["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-real-ip", "forwarded"]

    private static func isSecure(_ scheme: some StringProtocol) -> Bool {
        ["https", "wss"].contains(scheme.lowercased())
    }

    /// `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:4711`, `unknown`, `_name`.
    private static func hop(_ text: String) -> Hop {
        if text.lowercased() == "unknown" || text.hasPrefix("_") { return .concealed }
        if let address = ClientAddress(text) { return .address(address) }
        var host = Substring(text)
        if host.hasPrefix("["), let end = host.firstIndex(of: "]") {
            guard self.isPort(host[host.index(after: end)...]) else { return .unreadable }
            host = host[..<end].dropFirst()
            // Brackets are for IPv6.
            guard host.contains(":") else { return .unreadable }
        } else if let colon = host.lastIndex(of: ":") {
            guard self.isPort(host[colon...]), !host[..<colon].contains(":") else { return .unreadable }
            host = host[..<colon]
        }
        return ClientAddress(host).map { .address($0) } ?? .unreadable
    }

    /// Nothing, or a colon and a number.
    private static func isPort(_ text: Substring) -> Bool {
        text.isEmpty || text.first == ":" && UInt16(text.dropFirst()) != nil
    }

    /// The elements of a list (RFC 9110, section 5.6.1).
    private static func elements(_ text: String) -> [String] { self.split(text, at: UInt8(ascii: ",")) }

    /// `name=value` pairs, names in lower case, quotes undone. A pair that is none is left out.
    private static func pairs(_ text: String) -> [String: String] {
        self.split(text, at: UInt8(ascii: ";")).reduce(into: [:]) { pairs, text in
            guard let equals = text.firstIndex(of: "=") else { return }
            var value = text[text.index(after: equals)...]
            if value.count >= 2, value.hasPrefix("\""), value.hasSuffix("\"") { value = value.dropFirst().dropLast() }
            pairs[text[..<equals].lowercased()] = String(value)
        }
    }

    /// Splits, outside of quotes, and drops empty parts and the space around others.
    private static func split(_ text: String, at separator: UInt8, heedsQuotes: Bool = true) -> [String] {
        var parts: [[UInt8]] = [[]]
        var isQuoted = false
        for byte in text.utf8 {
            if heedsQuotes, byte == UInt8(ascii: "\"") { isQuoted.toggle() }
            if byte == separator, !isQuoted {
                parts.append([])
            } else {
                parts[parts.count - 1].append(byte)
            }
        }
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
        return parts.compactMap { part in
            let words = part.drop(while: isSpace)
            let end = words.lastIndex { !isSpace($0) }
            return end.map { String(decoding: words[...$0], as: UTF8.self) }
        }
    }
}
