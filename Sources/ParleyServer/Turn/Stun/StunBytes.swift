import Crypto

/// The layout of STUN messages, and what is computed over their bytes.
enum StunBytes {
    static func header(_ message: StunMessage) -> [UInt8] {
        let (method, kind) = (message.method.rawValue, message.kind.rawValue)
        // The two bits of the kind stand between those of the method (RFC 8489, figure 3).
        let type = method & 0x000F | (method & 0x0070) << 1 | (method & 0x0F80) << 2 | (kind & 1) << 4 | (kind & 2) << 7
        return [UInt8(type >> 8), UInt8(type & 0xFF), 0, 0] + StunMessage.cookie + message.transaction
    }

    /// Of everything behind the header, as the header says.
    static func length(_ bytes: [UInt8]) -> Int { Int(bytes[2]) << 8 | Int(bytes[3]) }

    /// Each with the place where its header begins. `bytes` are those of a header at least.
    static func attributes(
        _ bytes: [UInt8]
    ) throws(StunError) -> [(attribute: StunAttribute, start: Int)] {
        var result: [(attribute: StunAttribute, start: Int)] = []
        var index = StunMessage.headerBytes
        while index < bytes.count {
            guard index + 4 <= bytes.count else { throw .wrongLength }
            let type = StunAttribute.Kind(rawValue: UInt16(bytes[index]) << 8 | UInt16(bytes[index + 1]))
            let end = index + 4 + (Int(bytes[index + 2]) << 8 | Int(bytes[index + 3]))
            guard end <= bytes.count else { throw .wrongLength }
            result.append((StunAttribute(type, Array(bytes[(index + 4)..<end])), index))
            index = (end + 3) & ~3
        }
        return result
    }

    static func signature(of bytes: [UInt8], _ key: [UInt8]) -> [UInt8] {
        Array(HMAC<Insecure.SHA1>.authenticationCode(for: bytes, using: SymmetricKey(data: key)))
    }

    /// CRC-32 (ITU V.42), so masked that it is not mistaken for another protocol's (RFC 8489, section 14.7).
    static func fingerprint(of bytes: [UInt8]) -> [UInt8] {
        var crc: UInt32 = 0xFFFF_FFFF
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
        }
        let masked = ~crc ^ 0x5354_554E
        return (0..<4).map { UInt8(truncatingIfNeeded: masked >> (24 - 8 * UInt32($0))) }
    }
}

extension StunMessage {
    /// What signs with long-term credentials (RFC 8489, section 9.2.2): MD5, which every server knows.
    package static func longTermKey(username: String, realm: String, password: String) -> [UInt8] {
        Array(Insecure.MD5.hash(data: Array("\(username):\(realm):\(password)".utf8)))
    }
}

extension [UInt8] {
    mutating func append(attribute: StunAttribute) {
        let (type, count) = (attribute.type.rawValue, attribute.value.count)
        self += [UInt8(type >> 8), UInt8(type & 0xFF), UInt8(count >> 8 & 0xFF), UInt8(count & 0xFF)]
        self += attribute.value
        self += [UInt8](repeating: 0, count: -count & 3)
    }

    /// As if so many bytes more were there.
    mutating func setLength(adding more: Int) {
        let length = self.count - StunMessage.headerBytes + more
        self[2] = UInt8(length >> 8 & 0xFF)
        self[3] = UInt8(length & 0xFF)
    }
}
