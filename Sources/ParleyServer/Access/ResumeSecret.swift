package import Crypto
package import ParleyProtocol

/// What a client shows in order to be the session that it was.
///
/// Signed and not stored: whichever node the client comes to, it needs nothing but the key to know that the secret
/// is genuine, whose it is and which one of the session's it is. As text: unpadded base64url of version, identity,
/// number, expiry, and the first half of an HMAC with SHA-256 (RFC 2104, section 5, allows the half) over all of
/// these and the session.
package struct ResumeSecret: Hashable, Sendable {
    package let session: SessionID
    package let identity: IdentityID
    /// One more with each that the session is given, from 1.
    package let number: UInt64
    /// Only for a session that no node holds; while one does, its secret is good.
    package let expiresAt: Instant

    package init(session: SessionID, identity: IdentityID, number: UInt64, expiresAt: Instant) {
        self.session = session
        self.identity = identity
        self.number = number
        self.expiresAt = expiresAt
    }

    fileprivate static let version: UInt8 = 1
    fileprivate static let signedBytes = 1 + 16 + 8 + 8
    fileprivate static let signatureBytes = 16

    fileprivate var signed: [UInt8] {
        var bytes: [UInt8] = [Self.version]
        bytes.append(bigEndian: self.identity.high)
        bytes.append(bigEndian: self.identity.low)
        bytes.append(bigEndian: self.number)
        bytes.append(bigEndian: UInt64(bitPattern: self.expiresAt.milliseconds))
        return bytes
    }

    /// - Parameter bytes: ``signedBytes`` of them.
    fileprivate init?(signed bytes: ArraySlice<UInt8>, session: SessionID) {
        var rest = bytes
        guard rest.popFirst() == Self.version else { return nil }
        self.init(
            session: session,
            identity: IdentityID(high: rest.takeBigEndian(), low: rest.takeBigEndian()),
            number: rest.takeBigEndian(),
            expiresAt: Instant(milliseconds: Int64(bitPattern: rest.takeBigEndian()))
        )
    }
}

/// The keys that sign resume secrets: the same on all nodes, and kept by the engine, so that a restart ends nobody's
/// session.
package struct ResumeKeys: Sendable {
    /// The newest signs; all of them are believed.
    private var keys: [SymmetricKey] = []
    /// How many are believed: after an engine has lost its memory a node may know one that the others do not.
    package static let keysMax = 4
    package static let keyBytes = 32

    package init() {}

    package var isEmpty: Bool { self.keys.isEmpty }

    /// From now on this one signs.
    package mutating func adopt(_ key: SymmetricKey) {
        self.keys.removeAll { $0 == key }
        self.keys.insert(key, at: 0)
        if self.keys.count > Self.keysMax { self.keys.removeLast() }
    }

    /// What the engine keeps of them, the one that signs first.
    package var all: [[UInt8]] { self.keys.map { key in key.withUnsafeBytes { Array($0) } } }

    /// - Precondition: there is a key, which a server that listens has.
    package func sign(_ secret: ResumeSecret) -> String {
        guard let key = self.keys.first else {
            assertionFailure("nobody is served before there is a key")
            return ""
        }
        let signed = secret.signed
        let signature = HMAC<SHA256>.authenticationCode(for: Self.message(signed, secret.session), using: key)
        return Self.text(signed + Array(signature).prefix(ResumeSecret.signatureBytes))
    }

    /// - Returns: `nil` for what no node of this engine has signed for that session.
    package func open(_ text: String, of session: SessionID) -> ResumeSecret? {
        guard let bytes = Self.bytes(text), bytes.count == ResumeSecret.signedBytes + ResumeSecret.signatureBytes
        else { return nil }
        let signed = bytes[..<ResumeSecret.signedBytes]
        let signature = bytes[ResumeSecret.signedBytes...]
        let message = Self.message(Array(signed), session)
        let isGenuine = self.keys.contains { key in
            let expected = Array(HMAC<SHA256>.authenticationCode(for: message, using: key))
            return Self.equal(expected.prefix(ResumeSecret.signatureBytes), signature)
        }
        return isGenuine ? ResumeSecret(signed: signed, session: session) : nil
    }

    /// Signed bytes of another kind, as text; ``open(_:signedBytes:for:)`` gives them back.
    ///
    /// - Parameter purpose: what the signature is for, so that it is good for nothing else.
    func sign(_ signed: [UInt8], for purpose: String) -> String {
        guard let key = self.keys.first else {
            assertionFailure("nobody is served before there is a key")
            return ""
        }
        let signature = HMAC<SHA256>.authenticationCode(for: Array(purpose.utf8) + signed, using: key)
        return Self.text(signed + Array(signature).prefix(ResumeSecret.signatureBytes))
    }

    func open(_ text: String, signedBytes count: Int, for purpose: String) -> [UInt8]? {
        guard let bytes = Self.bytes(text), bytes.count == count + ResumeSecret.signatureBytes else { return nil }
        let signed = Array(bytes[..<count])
        let isGenuine = self.keys.contains { key in
            let expected = Array(HMAC<SHA256>.authenticationCode(for: Array(purpose.utf8) + signed, using: key))
            return Self.equal(expected.prefix(ResumeSecret.signatureBytes), bytes[count...])
        }
        return isGenuine ? signed : nil
    }

    private static func message(_ signed: [UInt8], _ session: SessionID) -> [UInt8] {
        var message = Array("parley resume".utf8) + signed
        message.append(bigEndian: session.high)
        message.append(bigEndian: session.low)
        return message
    }

    /// In a time that does not tell how much of it was right.
    private static func equal(_ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>) -> Bool {
        left.count == right.count && zip(left, right).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private static func text(_ bytes: [UInt8]) -> String { Base64URL.text(bytes) }

    private static func bytes(_ text: String) -> [UInt8]? {
        text.utf8.count <= 128 ? Base64URL.bytes(text.utf8) : nil
    }
}

extension [UInt8] {
    mutating func append(bigEndian value: UInt64) {
        for shift in stride(from: 56, through: 0, by: -8) {
            self.append(UInt8(truncatingIfNeeded: value >> UInt64(shift)))
        }
    }
}

extension ArraySlice<UInt8> {
    mutating func takeBigEndian() -> UInt64 {
        let value = self.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        self = self.dropFirst(8)
        return value
    }
}
