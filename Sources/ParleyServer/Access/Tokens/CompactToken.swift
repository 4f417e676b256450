import FoundationEssentials
package import ParleyProtocol

/// A token taken apart (RFC 7519; RFC 7515, section 7.1), before anybody knows whether it is genuine.
///
/// Read by the strict parser that reads messages: a claim that comes twice would be one thing to us and another to
/// whoever signed it.
package struct CompactToken: Sendable {
    package let header: JSONObject
    package let claims: JSONObject
    /// What is signed: the first two parts as they came.
    let signed: [UInt8]
    let signature: [UInt8]

    package init(_ text: String, limits: Limits = Limits()) throws(TokenFault) {
        guard text.utf8.count <= limits.tokenBytesMax else { throw .tooLong }
        let parts = Array(text.utf8).split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw .malformed("a token has three parts") }
        self.header = try Self.object(parts[0], "the first part is not a JSON object")
        self.claims = try Self.object(parts[1], "the second part is not a JSON object")
        guard let signature = Base64URL.bytes(parts[2]), !signature.isEmpty else {
            throw .malformed("the third part is not a signature")
        }
        self.signature = signature
        self.signed = Array(text.utf8.prefix(parts[0].count + 1 + parts[1].count))
    }

    private static func object(_ part: ArraySlice<UInt8>, _ fault: String) throws(TokenFault) -> JSONObject {
        guard let bytes = Base64URL.bytes(part), let value = try? JSONParser.parse(bytes), let object = value.object
        else { throw .malformed(fault) }
        return object
    }

    package var keyID: String? { self.header["kid"]?.string }
    package var issuer: String? { self.claims["iss"]?.string }
}

/// Unpadded base64url, of which one text is one value (RFC 4648, sections 3.5 and 5).
package enum Base64URL {
    package static func text(_ bytes: some Sequence<UInt8>) -> String {
        let plain = Data(bytes).base64EncodedString()
        return String(
            decoding: plain.utf8.compactMap { byte -> UInt8? in
                switch byte {
                case UInt8(ascii: "+"): UInt8(ascii: "-")
                case UInt8(ascii: "/"): UInt8(ascii: "_")
                case UInt8(ascii: "="): nil
                default: byte
                }
            },
            as: UTF8.self
        )
    }

    /// - Returns: `nil` for anything that ``text(_:)`` would not have written.
    package static func bytes(_ text: some Collection<UInt8>) -> [UInt8]? {
        var plain: [UInt8] = []
        plain.reserveCapacity(text.count + 3)
        for byte in text {
            switch byte {
            case UInt8(ascii: "-"): plain.append(UInt8(ascii: "+"))
            case UInt8(ascii: "_"): plain.append(UInt8(ascii: "/"))
            case UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "="): return nil
            default: plain.append(byte)
            }
        }
        plain += Array(repeating: UInt8(ascii: "="), count: (4 - plain.count % 4) % 4)
        guard let bytes = Data(base64Encoded: Data(plain)).map({ Array($0) }) else { return nil }
        return self.text(bytes).utf8.elementsEqual(text) ? bytes : nil
    }
}
