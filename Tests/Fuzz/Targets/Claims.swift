import JWTKit
import ParleyProtocol
import ParleyServer

extension FuzzTarget {
    /// Three lines: when it is, in seconds; the header and the claims of a token, which is signed as they say.
    ///
    /// Whether it is believed is what a plain reading of the claims says; with another signature it never is.
    static let claims = FuzzTarget(name: "claims") { input in
        let parts = lines(of: input)
        guard parts.count == 3, let seconds = Int64(text(parts[0])), 0..<253_402_300_800 ~= seconds else { return }
        let now = Instant(milliseconds: seconds * 1_000)
        try Self.checkReport("\(Base64URL.text(parts[1])).\(Base64URL.text(parts[2])).AQ", now)
        guard let header = (try? JSONParser.parse(parts[1]))?.object,
            let claims = (try? JSONParser.parse(parts[2]))?.object
        else { return }
        let bench = try Bench.made.get()
        let signed = "\(Base64URL.text(parts[1])).\(Base64URL.text(parts[2]))"
        let token = "\(signed).\(Base64URL.text(try bench.signature(of: signed, header)))"
        let found = try Self.judge(token, now)
        try Self.compare(found, with: PlainClaims(header: header, claims: claims, now: now).verdict)
        if case .success(let authorization) = found {
            try Self.check(authorization, claims, now)
            let forged = try Self.judge("\(signed).AQ", now)
            try demand(forged == .failure(.wrongSignature), "believed without a signature: \(forged)")
        }
    }

    private static func judge(_ token: String, _ now: Instant) throws -> Result<Authorization, TokenFault> {
        let judge = try Bench.made.get().judge
        let found: Result<Authorization, TokenFault> = try runNow {
            do throws(TokenFault) { return .success(try await judge.judge(token, at: now)) } catch {
                return .failure(error)
            }
        }
        if case .failure(let fault) = found {
            let words = fault.description
            try demand(words.utf8.allSatisfy { 0x20..<0x7F ~= $0 }, "a fault that could begin a line: \(words)")
        }
        return found
    }

    private static func compare(_ found: Result<Authorization, TokenFault>, with verdict: PlainClaims.Verdict) throws {
        switch (found, verdict) {
        case (.success, .good): break
        case (.failure(.expired), .over), (.failure(.notYet), .early): break
        case (.failure(let fault), .bad):
            try demand(fault.rejection == .invalidToken, "a bad token is \(fault.rejection)")
        case (_, _): throw Finding(description: "\(found), and plainly \(verdict)")
        }
    }

    private static func check(_ authorization: Authorization, _ claims: JSONObject, _ now: Instant) throws {
        try demand(
            (authorization.identity == nil) == (claims["sub"] == nil),
            "somebody without a name, or nobody with one"
        )
        try demand((authorization.token == nil) == (claims["jti"] == nil), "a token without a name, or one too many")
        try demand((authorization.name?.description.utf8.count ?? 0) <= Limits().nameBytesMax, "a name is too long")
        let end = authorization.grant.sessionSeconds.map { now.milliseconds + Int64($0) * 1_000 } ?? .min
        try demand(authorization.expiresAt.milliseconds >= end, "it ends before the session that it grants")
        guard let again = try? Grant(json: authorization.grant.json, limits: Limits()) else {
            throw Finding(description: "cannot read its own grant")
        }
        try demand(again == authorization.grant, "reads its own grant differently")
    }

    /// What `parley token inspect` prints: nobody may write a line of their own into it, or colours.
    private static func checkReport(_ token: String, _ now: Instant) throws {
        let issuers = try Bench.made.get().judge.issuers
        let report = try runNow { await TokenReport(token, issuers, at: now) }
        for line in report.text.split(separator: "\n").dropFirst() {
            try demand(line.hasPrefix("  "), "a line of somebody else: \(line)")
        }
        let isPlain = report.text.unicodeScalars.allSatisfy {
            $0 == "\n" || !($0.properties.generalCategory == .control || $0.properties.generalCategory == .format)
        }
        try demand(isPlain, "a control character: \(report.text.debugDescription)")
    }

    /// What an authorization service answers: the status, and the body behind the first line.
    ///
    /// It means what a token would mean that says the same.
    static let answers = FuzzTarget(name: "answers") { input in
        var parts = lines(of: input)
        guard let status = Int(text(parts.removeFirst())) else { return }
        let body = Array(parts.joined(separator: [UInt8(ascii: "\n")]))
        let now = Instant(milliseconds: 1_795_226_400_000)
        let bench = try Bench.made.get()
        let found: Result<Authorization, TokenFault>
        do throws(TokenFault) {
            let claims = try AuthorizationAnswer.claims(status, body)
            found = .success(try bench.judge.judge(answer: claims, at: now))
        } catch {
            found = .failure(error)
        }
        switch found {
        case .success(let authorization):
            guard status == 200, let claims = (try? JSONParser.parse(body))?.object else {
                throw Finding(description: "let in by the status \(status)")
            }
            try Self.check(authorization, claims, now)
            try demand(PlainClaims(answer: claims, now: now).verdict == .good, "let in by an answer that is none")
        case .failure(let fault):
            try demand(fault.description.utf8.allSatisfy { 0x20..<0x7F ~= $0 }, "a fault that could begin a line")
            guard status == 200, let claims = (try? JSONParser.parse(body))?.object else {
                let isNo = status == 401 || status == 403
                return try demand((fault.rejection == .invalidToken) == isNo, "\(status) is \(fault.rejection)")
            }
            let verdict = PlainClaims(answer: claims, now: now).verdict
            let isRight =
                switch fault {
                case .expired: verdict == .over
                case .notYet: verdict == .early
                case .serviceUnavailable: verdict == .bad
                default: false
                }
            try demand(isRight, "\(fault), and plainly \(verdict)")
        }
    }
}

/// Keys and issuers, made once.
private struct Bench: Sendable {
    let judge: TokenJudge
    private let key: TokenKey

    static let made = Swift.Result { try Bench() }

    private init() throws {
        let secret = Array("a secret that is long enough for every algorithm that takes a secret".utf8)
        let key = try runNow { try? await TokenKey(secret: secret, id: "k") }
        guard let key else { throw Finding(description: "no key") }
        self.key = key
        let usual = TokenIssuer(algorithms: [.hs256, .hs512], keys: .fixed([key]))
        let named = TokenIssuer(name: "a", audience: "b", algorithms: [.hs256], keys: .fixed([key]), grant: Grant())
        self.judge = TokenJudge(issuers: [named, usual])
    }

    /// By the algorithm that the header names, as far as the key has it.
    func signature(of signed: String, _ header: JSONObject) throws -> [UInt8] {
        let algorithm = TokenAlgorithm(rawValue: header["alg"]?.string ?? "") ?? .hs256
        guard let signer = self.key.algorithm(algorithm) ?? self.key.algorithm(.hs256) else {
            throw Finding(description: "no signer")
        }
        return try signer.sign(Array(signed.utf8))
    }
}

/// RFC 7519, and PROTOCOL.md about `parley`, read plainly: what a judge must make of claims.
private struct PlainClaims {
    enum Verdict: Equatable { case good, over, early, bad }

    let verdict: Verdict

    init(header: JSONObject, claims: JSONObject, now: Instant) {
        let isNamed = claims["iss"]?.string == "a"
        let algorithm = header["alg"]?.string
        let isSound =
            header["crit"] == nil && (algorithm == "HS256" || algorithm == "HS512" && !isNamed)
            && (header["kid"]?.string.map { $0 == "k" } ?? true)
        self.verdict = isSound ? Self.judge(claims, audience: isNamed ? "b" : nil, needsGrant: !isNamed, now) : .bad
    }

    init(answer claims: JSONObject, now: Instant) {
        self.verdict = Self.judge(claims, audience: nil, needsGrant: true, now)
    }

    private static func judge(_ claims: JSONObject, audience: String?, needsGrant: Bool, _ now: Instant) -> Verdict {
        guard Self.isFor(claims["aud"], audience) else { return .bad }
        let leeway = Double(Limits().tokenLeewayMilliseconds)
        guard let end = Self.milliseconds(claims["exp"]) else { return .bad }
        guard Double(now.milliseconds) < end + leeway else { return .over }
        for begin in [claims["nbf"], claims["iat"]] where begin != nil {
            guard let begin = Self.milliseconds(begin) else { return .bad }
            guard begin <= Double(now.milliseconds) + leeway else { return .early }
        }
        if let grant = claims["parley"] {
            guard (try? Grant(json: grant, limits: Limits())) != nil else { return .bad }
        } else if needsGrant {
            return .bad
        }
        for name in ["sub", "jti", "iss", "name"] where claims[name] != nil {
            guard claims[name]?.string != nil else { return .bad }
        }
        guard let name = claims["name"]?.string, !name.isEmpty else { return .good }
        let max = Limits().nameBytesMax
        return (try? DisplayName(name.cut(toBytes: max), bytesMax: max)) == nil ? .bad : .good
    }

    private static func isFor(_ value: JSONValue?, _ audience: String?) -> Bool {
        guard let audience else { return value == nil }
        return value?.string == audience || value?.array?.contains { $0.string == audience } ?? false
    }

    /// Whole milliseconds, from 1970 to the year 9999.
    private static func milliseconds(_ value: JSONValue?) -> Double? {
        let seconds: Double? =
            switch value {
            case .integer(let integer)?: Double(integer)
            case .number(let text)?: Double(text)
            default: nil
            }
        guard let seconds, seconds >= 0, seconds <= 253_402_300_799 else { return nil }
        return (seconds * 1_000).rounded(.down)
    }
}
