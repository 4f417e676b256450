/// One attribute: a type and bytes (RFC 8489, section 14; RFC 8656, section 18).
package struct StunAttribute: Hashable, Sendable {
    package struct Kind: RawRepresentable, Hashable, Sendable {
        package let rawValue: UInt16

        package init(rawValue: UInt16) { self.rawValue = rawValue }

        package static let username = Kind(rawValue: 0x0006)
        package static let messageIntegrity = Kind(rawValue: 0x0008)
        package static let errorCode = Kind(rawValue: 0x0009)
        package static let lifetime = Kind(rawValue: 0x000D)
        package static let peerAddress = Kind(rawValue: 0x0012)
        package static let realm = Kind(rawValue: 0x0014)
        package static let nonce = Kind(rawValue: 0x0015)
        package static let relayedAddress = Kind(rawValue: 0x0016)
        package static let requestedTransport = Kind(rawValue: 0x0019)
        package static let mappedAddress = Kind(rawValue: 0x0020)
        package static let software = Kind(rawValue: 0x8022)
        package static let alternateServer = Kind(rawValue: 0x8023)
        package static let fingerprint = Kind(rawValue: 0x8028)
    }

    package let type: Kind
    package let value: [UInt8]

    package init(_ type: Kind, _ value: [UInt8]) {
        self.type = type
        self.value = value
    }

    package init(_ type: Kind, _ text: String) {
        self.init(type, Array(text.utf8))
    }

    /// Seconds.
    package static func lifetime(_ seconds: UInt32) -> StunAttribute {
        StunAttribute(.lifetime, (0..<4).map { UInt8(truncatingIfNeeded: seconds >> (24 - 8 * UInt32($0))) })
    }

    /// What is relayed goes on by UDP, the only transport that WebRTC asks for.
    package static let udp = StunAttribute(.requestedTransport, [17, 0, 0, 0])
}

/// An address as an attribute has it: masked with the cookie and the transaction (RFC 8489, section 14.2).
package struct StunAddress: Hashable, Sendable, CustomStringConvertible {
    /// 4 or 16.
    package let bytes: [UInt8]
    package let port: UInt16

    package init(_ bytes: [UInt8], port: UInt16) {
        assert(bytes.count == 4 || bytes.count == 16, "an address of IPv4 or of IPv6")
        self.bytes = bytes
        self.port = port
    }

    package init?(masked value: [UInt8], transaction: [UInt8]) {
        guard value.count == 8 && value[1] == 1 || value.count == 20 && value[1] == 2 else { return nil }
        let mask = StunMessage.cookie + transaction
        self.init(
            zip(value[4...], mask).map { $0 ^ $1 },
            port: (UInt16(value[2]) << 8 | UInt16(value[3])) ^ 0x2112
        )
    }

    package func masked(transaction: [UInt8]) -> [UInt8] {
        let port = self.port ^ 0x2112
        let family: UInt8 = self.bytes.count == 4 ? 1 : 2
        return [0, family, UInt8(port >> 8), UInt8(port & 0xFF)]
            + zip(self.bytes, StunMessage.cookie + transaction).map { $0 ^ $1 }
    }

    /// Of IPv6 the eight groups in full: for people to read.
    package var description: String {
        guard self.bytes.count == 16 else {
            return "\(self.bytes.map { String($0) }.joined(separator: ".")):\(self.port)"
        }
        let groups = stride(from: 0, to: 16, by: 2).map { index in
            String(UInt16(self.bytes[index]) << 8 | UInt16(self.bytes[index + 1]), radix: 16)
        }
        return "[\(groups.joined(separator: ":"))]:\(self.port)"
    }
}

/// Why a server says no (RFC 8489, section 14.8).
package struct StunFailure: Hashable, Sendable {
    package let code: Int
    package let reason: String

    package init(code: Int, reason: String) {
        self.code = code
        self.reason = reason
    }

    package init?(_ value: [UInt8]) {
        guard value.count >= 4, (3...6).contains(value[2] & 0x07), value[3] < 100 else { return nil }
        self.init(
            code: Int(value[2] & 0x07) * 100 + Int(value[3]),
            reason: String(decoding: value[4...], as: UTF8.self)
        )
    }
}
