/// The two keys of the opening handshake (RFC 6455, sections 4.1 and 4.2.2).
package enum WebSocketKey {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// What the server answers to `key` in `Sec-WebSocket-Accept`: 28 characters.
    package static func accept(for key: String) -> String {
        let joined = Array(key.utf8) + Array("258EAFA5-E914-47DA-95CA-C5AB0DC85B11".utf8)
        return self.base64(SHA1.digest(joined))
    }

    /// Whether `key` is the base64 of exactly 16 bytes: 22 letters and `==`. The last letter carries four
    /// bits that no byte owns; clients that leave them set exist, decoders accept them, and so do we.
    package static func isValid(_ key: String) -> Bool {
        let bytes = Array(key.utf8)
        return bytes.count == 24 && bytes.hasSuffix("==") && bytes.prefix(22).allSatisfy(self.alphabet.contains)
    }

    /// RFC 4648, section 4, with padding.
    package static func base64(_ bytes: [UInt8]) -> String {
        var encoded: [UInt8] = []
        encoded.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
            for position in 0..<4 {
                let letter = self.alphabet[bits >> (18 - 6 * position) & 63]
                encoded.append(position <= group.count ? letter : UInt8(ascii: "="))
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }
}

extension [UInt8] {
    fileprivate func hasSuffix(_ suffix: String) -> Bool {
        self.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
    }
}
