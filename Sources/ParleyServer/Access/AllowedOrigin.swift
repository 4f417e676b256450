/// A page's origin that may connect besides the server's own: `https://app.example.org`, or `https://*.example.org` for
/// everything below a name.
public struct AllowedOrigin: Hashable, Sendable {
    private let scheme: String
    /// Behind `*.`, if it is for everything below.
    private let host: String
    private let port: String?
    private let isWildcard: Bool

    /// - Returns: `nil` for what is no origin (RFC 6454, section 6.2), has a path, or would let in a whole top-level
    ///   domain.
    public init?(_ text: String) {
        guard let parts = OriginParts(text) else { return nil }
        self.scheme = parts.scheme
        self.port = parts.port
        self.isWildcard = parts.host.hasPrefix("*.")
        self.host = self.isWildcard ? String(parts.host.dropFirst(2)) : parts.host
        guard !self.host.contains("*") else { return nil }
        if self.isWildcard, self.host.split(separator: ".", omittingEmptySubsequences: false).count < 2 { return nil }
    }

    package func allows(_ origin: String) -> Bool {
        guard let parts = OriginParts(origin), parts.scheme == self.scheme, parts.port == self.port else {
            return false
        }
        return self.isWildcard ? parts.host.hasSuffix("." + self.host) : parts.host == self.host
    }
}

/// `scheme://host[:port]`, in lower case, without the port that the scheme means anyway.
package struct OriginParts: Hashable, Sendable {
    package let scheme: String
    package let host: String
    package let port: String?

    package init?(_ text: String) {
        guard let range = text.firstRange(of: "://") else { return nil }
        let scheme = text[..<range.lowerBound].lowercased()
        let authority = text[range.upperBound...].lowercased()
        guard let first = scheme.utf8.first, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first),
            scheme.utf8.allSatisfy(Self.isSchemeCharacter), authority.utf8.allSatisfy(Self.isAuthorityCharacter)
        else { return nil }
        let host = ConnectionAccess.hostName(ofAuthority: authority)
        let rest = authority.dropFirst(host.count)
        guard !host.isEmpty, host.hasPrefix("[") == host.hasSuffix("]") else { return nil }
        guard rest.isEmpty || rest.hasPrefix(":") && UInt16(rest.dropFirst()) != nil else { return nil }
        self.scheme = scheme
        self.host = host
        let port = rest.isEmpty ? nil : String(rest.dropFirst())
        self.port = port == Self.usualPorts[scheme] ? nil : port
    }

    package static let usualPorts = ["http": "80", "https": "443"]

    private static func isSchemeCharacter(_ byte: UInt8) -> Bool {
        isLetterOrDigit(byte) || [UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: ".")].contains(byte)
    }

    private static func isAuthorityCharacter(_ byte: UInt8) -> Bool {
        isLetterOrDigit(byte) || "-._:[]*".utf8.contains(byte)
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
