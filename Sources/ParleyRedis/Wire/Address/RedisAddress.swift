/// A server.
package struct RedisAddress: Hashable, Sendable, Comparable, CustomStringConvertible {
    package static let defaultPort = 6_379
    package static let sentinelPort = 26_379

    package let host: String
    package let port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// `host`, `host:port`, `[2001:db8::1]:port`.
    package init(_ text: Substring, defaultPort: Int) throws(RedisURLError) {
        guard text.first != ":" else { throw .noHost }
        var host = text
        var rest: Substring = ""
        if text.hasPrefix("[") {
            guard let close = text.firstIndex(of: "]") else { throw .host(String(text)) }
            host = text[text.index(after: text.startIndex)..<close]
            rest = text[text.index(after: close)...]
            guard !host.isEmpty, host.allSatisfy({ $0.isHexDigit || ":.%".contains($0) }) else {
                throw .host(String(text))
            }
        } else {
            host = text.prefix { $0 != ":" }
            rest = text[host.endIndex...]
            guard !host.isEmpty, host.utf8.count <= 253,
                host.unicodeScalars.allSatisfy({
                    $0.isASCII && ($0.properties.isAlphabetic || "0123456789-._".unicodeScalars.contains($0))
                })
            else { throw .host(String(text)) }
        }
        self.host = String(host)
        guard !rest.isEmpty else {
            self.port = defaultPort
            return
        }
        let digits = rest.dropFirst()
        guard rest.first == ":", digits.allSatisfy(\.isNumber), let port = Int(digits), (1...65_535).contains(port)
        else { throw .port }
        self.port = port
    }

    package var description: String {
        self.host.contains(":") ? "[\(self.host)]:\(self.port)" : "\(self.host):\(self.port)"
    }

    package static func < (left: Self, right: Self) -> Bool { (left.host, left.port) < (right.host, right.port) }
}
