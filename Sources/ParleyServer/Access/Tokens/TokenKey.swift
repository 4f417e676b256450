import Foundation
package import JWTKit
public import ParleyProtocol

/// A key that tokens are verified with, and by which algorithms: the cryptography is jwt-kit's and swift-crypto's.
public struct TokenKey: Sendable {
    /// The `kid` of tokens that it has signed; `nil`: it has no name.
    package let id: String?
    private let algorithms: [TokenAlgorithm: any JWTAlgorithm]

    /// - Returns: `nil` if the key is not for that algorithm.
    package func algorithm(_ algorithm: TokenAlgorithm) -> (any JWTAlgorithm)? { self.algorithms[algorithm] }

    private init(
        id: String?,
        kind: TokenAlgorithm.KeyKind,
        only: TokenAlgorithm? = nil,
        _ make: (TokenAlgorithm) async throws -> any JWTAlgorithm
    ) async throws {
        var algorithms: [TokenAlgorithm: any JWTAlgorithm] = [:]
        for algorithm in TokenAlgorithm.allCases where algorithm.keyKind == kind && (only ?? algorithm) == algorithm {
            algorithms[algorithm] = try await make(algorithm)
        }
        self.id = id
        self.algorithms = algorithms
    }

    /// A secret that the issuer and this server share.
    ///
    /// - Parameter bytes: at least 32; for HS384 and HS512 48 and 64.
    public init(secret bytes: [UInt8], id: String? = nil) async throws(TokenKeyError) {
        guard bytes.count >= TokenAlgorithm.hs256.secretBytesMin else { throw .secretTooShort(bytes.count) }
        do {
            let keys = [TokenAlgorithm.hs256: DigestAlgorithm.sha256, .hs384: .sha384, .hs512: .sha512]
            var algorithms: [TokenAlgorithm: any JWTAlgorithm] = [:]
            for (algorithm, digest) in keys where bytes.count >= algorithm.secretBytesMin {
                let collection = JWTKeyCollection()
                await collection.add(hmac: HMACKey(from: bytes), digestAlgorithm: digest)
                algorithms[algorithm] = try await collection.getKey()
            }
            self.id = id
            self.algorithms = algorithms
        } catch {
            throw .unreadable
        }
    }

    /// A public or private key as a file has it (RFC 7468). Only a private one can sign.
    public init(pem: String, id: String? = nil) async throws(TokenKeyError) {
        if let key = try? ES256PrivateKey(pem: pem) {
            self = try await Self.of(id, .p256) { await $0.add(ecdsa: key) }
        } else if let key = try? ES384PrivateKey(pem: pem) {
            self = try await Self.of(id, .p384) { await $0.add(ecdsa: key) }
        } else if let key = try? EdDSA.PrivateKey(pem: pem) {
            self = try await Self.of(id, .edwards) { await $0.add(eddsa: key) }
        } else if let key = try? Insecure.RSA.PrivateKey(pem: pem) {
            self = try await Self.rsa(id, key)
        } else if let key = try? ES256PublicKey(pem: pem) {
            self = try await Self.of(id, .p256) { await $0.add(ecdsa: key) }
        } else if let key = try? ES384PublicKey(pem: pem) {
            self = try await Self.of(id, .p384) { await $0.add(ecdsa: key) }
        } else if let key = try? EdDSA.PublicKey(pem: pem) {
            self = try await Self.of(id, .edwards) { await $0.add(eddsa: key) }
        } else if let key = try? Insecure.RSA.PublicKey(pem: pem) {
            self = try await Self.rsa(id, key)
        } else {
            throw .unreadable
        }
    }

    private static func of(
        _ id: String?,
        _ kind: TokenAlgorithm.KeyKind,
        _ add: (JWTKeyCollection) async throws -> Void
    ) async throws(TokenKeyError) -> TokenKey {
        do {
            return try await TokenKey(id: id, kind: kind) { _ in
                let collection = JWTKeyCollection()
                try await add(collection)
                return try await collection.getKey()
            }
        } catch {
            throw .unreadable
        }
    }

    private static func rsa(_ id: String?, _ key: some RSAKey) async throws(TokenKeyError) -> TokenKey {
        do {
            return try await TokenKey(id: id, kind: .rsa) { algorithm in
                let collection = JWTKeyCollection()
                if algorithm == .ps256 {
                    await collection.add(pss: key, digestAlgorithm: .sha256)
                } else {
                    await collection.add(rsa: key, digestAlgorithm: .sha256)
                }
                return try await collection.getKey()
            }
        } catch {
            throw .unreadable
        }
    }

    // MARK: Signing

    /// What this key is good for, the usual one first.
    public var algorithmsInUse: [TokenAlgorithm] { TokenAlgorithm.allCases.filter { self.algorithms[$0] != nil } }

    /// A token in its compact form (RFC 7515, section 7.1).
    public func token(_ claims: JSONObject, by algorithm: TokenAlgorithm) throws(TokenKeyError) -> String {
        guard let signer = self.algorithms[algorithm] else { throw .notForSignatures }
        var header: JSONObject = ["alg": .string(algorithm.rawValue), "typ": "JWT"]
        if let id = self.id { header.append("kid", .string(id)) }
        let parts = [header, claims].map { Base64URL.text(JSONValue.object($0).encoded) }
        let signed = parts.joined(separator: ".")
        guard let signature = try? signer.sign(Array(signed.utf8)) else { throw .notForSignatures }
        return "\(signed).\(Base64URL.text(signature))"
    }

    // MARK: JWK (RFC 7517)

    /// - Parameter json: one member of `keys`.
    public init(jwk json: JSONValue) async throws(TokenKeyError) {
        guard json["use"] == nil || json["use"]?.string == "sig" else { throw .notForSignatures }
        guard let kind = Self.kind(json) else { throw .unreadable }
        var only: TokenAlgorithm?
        if let name = json["alg"]?.string {
            guard let algorithm = TokenAlgorithm(rawValue: name), algorithm.keyKind == kind else { throw .unreadable }
            only = algorithm
        }
        if kind == .rsa, (json["n"]?.string?.utf8.count ?? 0) < Self.modulusDigitsMin { throw .tooWeak }
        // jwt-kit wants a name for each key; which key a token means is decided here.
        var object = json.object ?? JSONObject()
        object["kid"] = .string("key")
        do {
            let jwk = try JSONDecoder().decode(JWK.self, from: Data(JSONValue.object(object).encoded))
            try await self.init(id: json["kid"]?.string, kind: kind, only: only) { algorithm in
                let collection = JWTKeyCollection()
                try await collection.add(jwk: jwk)
                return try await collection.getKey(for: "key", alg: algorithm.rawValue)
            }
        } catch {
            throw .unreadable
        }
    }

    /// 2,048 bits (RFC 7518, section 3.3) as unpadded base64url.
    private static let modulusDigitsMin = 342

    private static func kind(_ json: JSONValue) -> TokenAlgorithm.KeyKind? {
        switch (json["kty"]?.string, json["crv"]?.string) {
        case ("RSA", _): .rsa
        case ("EC", "P-256"): .p256
        case ("EC", "P-384"): .p384
        case ("OKP", "Ed25519"): .edwards
        default: nil
        }
    }

    /// The keys of a set that are good for signatures that this server knows; others are passed over, and so is what
    /// exceeds the limit.
    ///
    /// - Returns: `nil` if it is no key set.
    public static func set(_ json: JSONValue, limits: Limits = Limits()) async -> [TokenKey]? {
        guard let members = json["keys"]?.array else { return nil }
        var keys: [TokenKey] = []
        for member in members.prefix(limits.keysPerIssuerMax) {
            if let key = try? await TokenKey(jwk: member) { keys.append(key) }
        }
        return keys
    }
}

/// Why something is no key.
public enum TokenKeyError: Error, Hashable, Sendable {
    case secretTooShort(Int)
    case unreadable
    case notForSignatures
    /// RSA with less than 2,048 bits.
    case tooWeak
}
