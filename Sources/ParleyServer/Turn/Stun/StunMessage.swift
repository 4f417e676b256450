/// One message of STUN (RFC 8489, section 5), which TURN is made of (RFC 8656). Bytes in, bytes out.
package struct StunMessage: Hashable, Sendable {
    package enum Kind: UInt16, Sendable {
        case request = 0b00
        case indication = 0b01
        case success = 0b10
        case failure = 0b11
    }

    package struct Method: RawRepresentable, Hashable, Sendable {
        package let rawValue: UInt16

        package init(rawValue: UInt16) { self.rawValue = rawValue & 0xFFF }

        package static let binding = Method(rawValue: 0x001)
        package static let allocate = Method(rawValue: 0x003)
        package static let refresh = Method(rawValue: 0x004)
        package static let createPermission = Method(rawValue: 0x008)
    }

    package var method: Method
    package var kind: Kind
    /// 12 bytes, by which an answer finds its question.
    package var transaction: [UInt8]
    /// Without integrity and fingerprint, which belong to the bytes.
    package var attributes: [StunAttribute]

    package static let transactionBytes = 12
    package static let headerBytes = 20
    static let cookie: [UInt8] = [0x21, 0x12, 0xA4, 0x42]

    package init(_ method: Method, _ kind: Kind, transaction: [UInt8], attributes: [StunAttribute] = []) {
        assert(transaction.count == Self.transactionBytes, "a transaction has 96 bits")
        self.method = method
        self.kind = kind
        self.transaction = transaction
        self.attributes = attributes
    }

    /// The first of that type counts (RFC 8489, section 14).
    package func value(of type: StunAttribute.Kind) -> [UInt8]? {
        self.attributes.first { $0.type == type }?.value
    }

    package func text(of type: StunAttribute.Kind) -> String? {
        self.value(of: type).map { String(decoding: $0, as: UTF8.self) }
    }

    // MARK: Bytes

    /// - Parameter key: signs the message: the password itself, or ``longTermKey(username:realm:password:)``.
    package func encoded(key: [UInt8]? = nil, hasFingerprint: Bool = true) -> [UInt8] {
        var bytes = StunBytes.header(self)
        for attribute in self.attributes { bytes.append(attribute: attribute) }
        if let key {
            // The length says that the signature is there; what is signed ends before it.
            bytes.setLength(adding: 24)
            bytes.append(attribute: .init(.messageIntegrity, StunBytes.signature(of: bytes, key)))
        }
        if hasFingerprint {
            bytes.setLength(adding: 8)
            bytes.append(attribute: .init(.fingerprint, StunBytes.fingerprint(of: bytes)))
        }
        bytes.setLength(adding: 0)
        return bytes
    }

    /// - Throws: what is wrong with the bytes. A fingerprint that is there is checked, a signature is not: see
    ///   ``isSigned(_:with:)``.
    package init(_ bytes: [UInt8]) throws(StunError) {
        guard bytes.count >= Self.headerBytes, bytes[0] < 0x40, Array(bytes[4..<8]) == Self.cookie else {
            throw .notSTUN
        }
        guard bytes.count == Self.headerBytes + StunBytes.length(bytes), bytes.count.isMultiple(of: 4) else {
            throw .wrongLength
        }
        let type = UInt16(bytes[0]) << 8 | UInt16(bytes[1])
        let method = type & 0x000F | (type & 0x00E0) >> 1 | (type & 0x3E00) >> 2
        guard let kind = Kind(rawValue: (type & 0x0010) >> 4 | (type & 0x0100) >> 7) else { throw .notSTUN }
        self.init(Method(rawValue: method), kind, transaction: Array(bytes[8..<20]))
        var isOver = false
        for (attribute, start) in try StunBytes.attributes(bytes) {
            switch attribute.type {
            case .fingerprint:
                guard attribute.value == StunBytes.fingerprint(of: Array(bytes[..<start])) else {
                    throw .wrongFingerprint
                }
                isOver = true
            // What is behind a signature is signed by nobody.
            case .messageIntegrity: isOver = true
            case _ where isOver: break
            case _: self.attributes.append(attribute)
            }
        }
    }

    /// - Returns: `nil` if it has no signature.
    package static func isSigned(_ bytes: [UInt8], with key: [UInt8]) -> Bool? {
        guard let all = try? StunBytes.attributes(bytes),
            let (signature, start) = all.first(where: { $0.attribute.type == .messageIntegrity })
        else { return nil }
        var signed = Array(bytes[..<start])
        signed.setLength(adding: 24)
        return signature.value == StunBytes.signature(of: signed, key)
    }
}

/// Why bytes are no STUN message.
package enum StunError: Error, Hashable {
    case notSTUN
    case wrongLength
    case wrongFingerprint
}
