@_exported public import Crypto
public import FoundationEssentials

/// Stands in for jwt-kit while fuzzing, as `Crypto` does for swift-crypto: keys of every kind are read, and sign with a
/// sum, so that a fuzzer can write tokens that are believed.
public protocol JWTAlgorithm: Sendable {
    func sign(_ plaintext: some DataProtocol) throws -> [UInt8]
    func verify(_ signature: some DataProtocol, signs plaintext: some DataProtocol) throws -> Bool
}

struct ToyAlgorithm: JWTAlgorithm {
    let key: [UInt8]
    let count: Int

    func sign(_ plaintext: some DataProtocol) throws -> [UInt8] {
        Array(ToyDigest([self.key, Array(plaintext)], count: self.count))
    }

    func verify(_ signature: some DataProtocol, signs plaintext: some DataProtocol) throws -> Bool {
        // As the real ones do with what cannot be a signature.
        guard signature.count == self.count else { throw ToyError() }
        return try self.sign(plaintext).elementsEqual(signature)
    }
}

struct ToyError: Error {}

public protocol ToyKey: Sendable {
    init(pem: String) throws
    var bytes: [UInt8] { get }
}

/// No PEM is read: keys come from secrets and key sets.
public struct ToyPEM: ToyKey, RSAKey, ECDSAKey, EdDSAKey {
    public let bytes: [UInt8] = []
    public init(pem: String) throws { throw ToyError() }
}

public protocol RSAKey: ToyKey {}
public protocol ECDSAKey: ToyKey {}
public protocol EdDSAKey: ToyKey {}
public typealias ES256PrivateKey = ToyPEM
public typealias ES256PublicKey = ToyPEM
public typealias ES384PrivateKey = ToyPEM
public typealias ES384PublicKey = ToyPEM

public enum EdDSA {
    public typealias PrivateKey = ToyPEM
    public typealias PublicKey = ToyPEM
}

extension Insecure {
    public enum RSA {
        public typealias PrivateKey = ToyPEM
        public typealias PublicKey = ToyPEM
    }
}

public struct HMACKey: Sendable {
    let bytes: [UInt8]
    public init(from bytes: [UInt8]) { self.bytes = bytes }
}

public enum DigestAlgorithm: Int, Sendable {
    case sha256 = 32
    case sha384 = 48
    case sha512 = 64
}

public struct JWK: Codable, Sendable {
    let kid: String?
    let kty: String
    let n: String?
    let x: String?
}

public actor JWTKeyCollection {
    private var last: ToyAlgorithm?

    public init() {}

    public func add(hmac key: HMACKey, digestAlgorithm: DigestAlgorithm) {
        self.last = ToyAlgorithm(key: key.bytes, count: digestAlgorithm.rawValue)
    }

    public func add(ecdsa key: some ECDSAKey) { self.add(key.bytes) }
    public func add(eddsa key: some EdDSAKey) { self.add(key.bytes) }
    public func add(rsa key: some RSAKey, digestAlgorithm: DigestAlgorithm) { self.add(key.bytes) }
    public func add(pss key: some RSAKey, digestAlgorithm: DigestAlgorithm) { self.add(key.bytes) }

    public func add(jwk: JWK) throws {
        guard let text = jwk.kty == "RSA" ? jwk.n : jwk.x else { throw ToyError() }
        self.add(Array(text.utf8))
    }

    private func add(_ bytes: [UInt8]) { self.last = ToyAlgorithm(key: bytes, count: 64) }

    public func getKey(for kid: String? = nil, alg: String? = nil) throws -> any JWTAlgorithm {
        guard let last else { throw ToyError() }
        return last
    }
}
