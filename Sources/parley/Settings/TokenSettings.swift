import Foundation
import Logging
import ParleyProtocol
import ParleyServer

/// Whose tokens are believed: one issuer by settings of their own, several by a file.
struct TokenSettings {
    private let plans: [IssuerPlan]
    let trustedRoots: String?

    var isEmpty: Bool { self.plans.isEmpty }

    init(_ settings: SettingsReader) throws {
        self.trustedRoots = try settings.value(.trustedRoots, parse: { $0.isEmpty ? nil : $0 })
        let limits = Limits()
        var plan = IssuerPlan()
        plan.name = try settings.value(.tokenIssuer, parse: { $0.isEmpty ? nil : $0 })
        plan.audience = try settings.value(.tokenAudience, parse: { $0.isEmpty ? nil : $0 })
        plan.algorithms = try settings.values(.tokenAlgorithm) { TokenAlgorithm(rawValue: $0) }
        plan.sources = [
            try settings.value(.tokenSecret, parse: { $0.isEmpty ? nil : $0 }).map { .secret($0) },
            try settings.value(.tokenSecretFile, parse: { $0.isEmpty ? nil : $0 }).map { .secretFile($0) },
            try settings.value(.tokenKey, parse: { $0.isEmpty ? nil : $0 }).map { .keyFile($0) },
            try settings.value(.tokenJWKS, parse: { OutboundClient.isAllowed($0) ? $0 : nil }).map { .jwks($0) },
        ].compactMap(\.self)
        let file = try settings.value(.tokenIssuers, parse: { $0.isEmpty ? nil : $0 })
        if let file {
            guard plan == IssuerPlan() else {
                throw SettingError("The setting token-issuers (\(file)) stands alone: give its issuers there.")
            }
            self.plans = try IssuerPlan.read(file: file, limits)
        } else {
            self.plans = plan == IssuerPlan() ? [] : [plan]
        }
        for plan in self.plans { try plan.check() }
        guard self.plans.count <= limits.tokenIssuersMax else {
            throw SettingError("There are \(self.plans.count) issuers; allowed: \(limits.tokenIssuersMax).")
        }
        let names = self.plans.map { $0.name ?? "" }
        guard Set(names).count == names.count else {
            throw SettingError("Two issuers have the same name: a token would not tell which one means it.")
        }
    }

    /// A token that a server with these settings takes.
    func sign(_ claims: JSONObject) async throws -> String {
        guard let plan = self.plans.first else {
            throw SettingError(
                "There is nothing to sign with: set PARLEY_TOKEN_SECRET, or give --token-secret-file or --token-key."
            )
        }
        guard let key = try await plan.fixedKeys().first, let usual = key.algorithmsInUse.first,
            let token = try? key.token(claims, by: plan.algorithms?.first ?? usual)
        else {
            throw SettingError("That key cannot sign: it takes a secret, or a private key.")
        }
        return token
    }

    /// Reads the keys that are in files; those of a URL are fetched when the first token comes.
    func issuers(_ client: OutboundClient, _ logger: Logger) async throws -> [TokenIssuer] {
        var issuers: [TokenIssuer] = []
        for plan in self.plans { issuers.append(try await plan.issuer(client, logger)) }
        return issuers
    }
}

/// One issuer as an operator has written it.
struct IssuerPlan: Equatable {
    enum Source: Equatable {
        case secret(String)
        case secretFile(String)
        case keyFile(String)
        case jwks(String)
        case keys(JSONValue)
    }

    var name: String?
    var audience: String?
    var algorithms: [TokenAlgorithm]?
    var sources: [Source] = []
    var grant: Grant?

    func check() throws {
        guard self.sources.count == 1 else {
            let whose = self.name.map { " of the issuer \($0)" } ?? ""
            throw SettingError(
                """
                The keys\(whose) have to come from one place, not from \(self.sources.count): token-secret \
                (PARLEY_TOKEN_SECRET), token-secret-file, token-key or token-jwks.
                """
            )
        }
    }

    func issuer(_ client: OutboundClient, _ logger: Logger) async throws -> TokenIssuer {
        let keys: TokenIssuer.Keys
        var usual: [TokenAlgorithm]
        if case .jwks(let url)? = self.sources.first {
            keys = .fetched(KeySet(url: url, client: client, logger: logger))
            // Whoever publishes keys publishes no secrets.
            usual = [.rs256, .ps256, .es256, .es384, .edDSA]
        } else {
            let fixed = try await self.fixedKeys()
            keys = .fixed(fixed)
            usual = fixed.compactMap(\.algorithmsInUse.first)
        }
        return TokenIssuer(
            name: self.name,
            audience: self.audience,
            algorithms: self.algorithms ?? usual,
            keys: keys,
            grant: self.grant
        )
    }

    func fixedKeys() async throws -> [TokenKey] {
        switch self.sources.first {
        case nil, .jwks: return []
        case .secret(let text): return [try await Self.key(secret: text, "token-secret")]
        case .secretFile(let file):
            return [try await Self.key(secret: try Self.text(file), "token-secret-file \(file)")]
        case .keyFile(let file): return try await Self.keys(inFile: file)
        case .keys(let json): return try await Self.keys(json, "keys")
        }
    }

    /// The end of a line in a file is no part of the secret.
    private static func key(secret text: String, _ source: String) async throws -> TokenKey {
        let bytes = Array(
            text.utf8.drop { $0 == 0x0A || $0 == 0x0D }.reversed().drop { $0 == 0x0A || $0 == 0x0D }.reversed()
        )
        do {
            return try await TokenKey(secret: bytes)
        } catch {
            throw SettingError(
                """
                The secret (\(source)) has \(bytes.count) bytes; allowed: at least 32, as many as HS256 has \
                (RFC 7518, section 3.2). A good one: openssl rand -base64 48
                """
            )
        }
    }

    private static func keys(inFile file: String) async throws -> [TokenKey] {
        let text = try Self.text(file)
        if let json = try? JSONParser.parse(Array(text.utf8)) { return try await Self.keys(json, file) }
        guard let key = try? await TokenKey(pem: text) else {
            throw SettingError(
                "The file \(file) (token-key) holds no key that is known here: PEM, a JWK, or a JWK Set."
            )
        }
        return [key]
    }

    private static func keys(_ json: JSONValue, _ source: String) async throws -> [TokenKey] {
        if let set = await TokenKey.set(json), !set.isEmpty { return set }
        guard let key = try? await TokenKey(jwk: json) else {
            throw SettingError("\(source) holds no key that is known here: PEM, a JWK, or a JWK Set.")
        }
        return [key]
    }

    private static func text(_ file: String) throws -> String {
        guard let data = FileManager.default.contents(atPath: file) else {
            throw SettingError("The file \(file) does not exist or cannot be read.")
        }
        return String(decoding: data, as: UTF8.self)
    }

    // MARK: A file with several

    /// `[{"issuer":"https://login.example.org","audience":"parley","jwks":"https://login.example.org/jwks.json"}]`
    static func read(file: String, _ limits: Limits) throws -> [IssuerPlan] {
        guard let json = try? JSONParser.parse(Array(try self.text(file).utf8)), let rows = json.array else {
            throw SettingError("The file \(file) (token-issuers) is not one JSON array of issuers.")
        }
        return try rows.map { row in
            guard let object = row.object else { throw SettingError("\(file): an issuer is a JSON object.") }
            var plan = IssuerPlan()
            for (name, value) in object.members {
                guard plan.take(name, value, limits) else {
                    throw SettingError(
                        """
                        \(file): \(name) has a value that is not allowed, or there is no such member; known: issuer, \
                        audience, algorithms, secretFile, keyFile, jwks, keys, grant.
                        """
                    )
                }
            }
            return plan
        }
    }

    private mutating func take(_ name: String, _ value: JSONValue, _ limits: Limits) -> Bool {
        switch name {
        case "issuer":
            self.name = value.string
            return self.name != nil
        case "audience":
            self.audience = value.string
            return self.audience != nil
        case "algorithms":
            let algorithms = value.array?.compactMap { $0.string.flatMap { TokenAlgorithm(rawValue: $0) } }
            self.algorithms = algorithms
            return algorithms != nil && algorithms?.count == value.array?.count
        case "secretFile": return self.take(value.string.map { .secretFile($0) })
        case "keyFile": return self.take(value.string.map { .keyFile($0) })
        case "jwks": return self.take(value.string.flatMap { OutboundClient.isAllowed($0) ? .jwks($0) : nil })
        case "keys": return self.take(value["keys"] == nil ? nil : .keys(value))
        case "grant":
            self.grant = try? Grant(json: value, limits: limits)
            return self.grant != nil
        default: return false
        }
    }

    private mutating func take(_ source: Source?) -> Bool {
        guard let source else { return false }
        self.sources.append(source)
        return true
    }
}

extension Setting {
    static let tokens = [
        tokenSecret, tokenSecretFile, tokenKey, tokenJWKS, tokenIssuer, tokenAudience, tokenAlgorithm, tokenIssuers,
        trustedRoots,
    ]

    /// Not a flag: everybody on a machine sees what its processes were started with.
    static let tokenSecret = Setting(
        key: "token-secret",
        allowed: "at least 32 characters that nobody can guess",
        isSecret: true
    )
    static let tokenSecretFile = Setting(key: "token-secret-file", allowed: "a file that holds the secret")
    static let tokenKey = Setting(key: "token-key", allowed: "a file with a public key: PEM, a JWK, or a JWK Set")
    static let tokenJWKS = Setting(key: "token-jwks", allowed: "an https: address (http: only on this machine)")
    static let tokenIssuer = Setting(key: "token-issuer", allowed: "what iss is in tokens")
    static let tokenAudience = Setting(key: "token-audience", allowed: "what aud is in tokens")
    static let tokenAlgorithm = Setting(
        key: "token-algorithm",
        allowed: TokenAlgorithm.allCases.map(\.rawValue).joined(separator: ", "),
        isList: true
    )
    static let tokenIssuers = Setting(key: "token-issuers", allowed: "a JSON file with an array of issuers")
    static let trustedRoots = Setting(key: "trusted-roots", allowed: "a PEM file with certificate authorities")
}
