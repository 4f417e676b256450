package import ParleyProtocol

/// Somebody who was let in and shall not be any more.
package struct Revocation: Hashable, Sendable {
    package enum Subject: Hashable, Sendable {
        /// Every session that shows this token (`jti`), or has shown it last. Without an issuer: whoever has issued it.
        case token(String, issuer: String?)
        /// Everything of that person (`sub`). Without an issuer: whoever says so.
        case person(String, issuer: String?)
        case identity(IdentityID)
        /// That one session; whoever had it may begin another one.
        case session(SessionID)
    }

    package let subject: Subject
    package let since: Instant
    /// From then on it is forgotten: what it is about has ended by itself.
    package let until: Instant
    /// For other operators.
    package let reason: String?
    package let mark: RevocationMark

    package init(_ subject: Subject, since: Instant, until: Instant, reason: String? = nil) {
        self.subject = subject
        self.since = since
        self.until = until
        self.reason = reason
        self.mark = RevocationMark(subject)
    }
}

/// What a session is recognized by, and a revocation found: it says nothing about tokens and people.
package struct RevocationMark: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ subject: Revocation.Subject) {
        switch subject {
        case .token(let id, nil): self.init("t", TokenJudge.digest("parley token of anybody 1", nil, id))
        case .token(let id, let issuer?): self.init("t", TokenJudge.digest("parley token 1", issuer, id))
        case .person(let name, nil): self.init("u", TokenJudge.digest("parley person of anybody 1", nil, name))
        case .person(let name, let issuer?):
            self.init(text: TokenJudge.identity(issuer: issuer, subject: name).description)
        case .identity(let id): self.init(text: id.description)
        case .session(let id): self.init(text: id.description)
        }
    }

    /// The first 128 bits of the digest.
    private init(_ kind: String, _ digest: ParleyProtocol.Digest) {
        self.init(text: "\(kind)_\(digest.description.prefix(32))")
    }

    /// As ``description`` has it; whether it means anything is not looked at.
    init(text: String) { self.description = text }

    package static func < (left: Self, right: Self) -> Bool { left.description < right.description }

    /// By what a token's session is recognized, besides its id and its identity.
    static func marks(issuer: String?, subject: String?, token: String?) -> [RevocationMark] {
        var marks: [RevocationMark] = []
        if let subject { marks.append(RevocationMark(.person(subject, issuer: nil))) }
        guard let token else { return marks }
        marks.append(RevocationMark(.token(token, issuer: nil)))
        if let issuer { marks.append(RevocationMark(.token(token, issuer: issuer))) }
        return marks
    }
}

/// What the log of revocations is made of.
package enum RevocationChange: Hashable, Sendable {
    case revoke(Revocation)
    case lift(RevocationMark)

    package var mark: RevocationMark {
        switch self {
        case .revoke(let revocation): revocation.mark
        case .lift(let mark): mark
        }
    }
}

// MARK: - JSON

extension Revocation {
    /// As an operator reads it, and the log keeps it.
    package var json: JSONValue {
        var object: JSONObject = ["id": .string(self.mark.description)]
        switch self.subject {
        case .token(let id, let issuer):
            object.append("token", .string(id))
            if let issuer { object.append("issuer", .string(issuer)) }
        case .person(let name, let issuer):
            object.append("subject", .string(name))
            if let issuer { object.append("issuer", .string(issuer)) }
        case .identity(let id): object.append("identity", .string(id.description))
        case .session(let id): object.append("session", .string(id.description))
        }
        object.append("revokedAt", .integer(self.since.milliseconds))
        object.append("expiresAt", .integer(self.until.milliseconds))
        if let reason { object.append("reason", .string(reason)) }
        return .object(object)
    }

    /// Reads ``json``.
    init?(json: JSONValue) {
        guard let subject = Subject(json: json), let since = json["revokedAt"]?.integer,
            let until = json["expiresAt"]?.integer
        else { return nil }
        self.init(
            subject,
            since: Instant(milliseconds: since),
            until: Instant(milliseconds: until),
            reason: json["reason"]?.string
        )
    }
}

extension Revocation.Subject {
    /// Exactly one of them.
    init?(json: JSONValue) {
        let issuer = json["issuer"]?.string
        switch (json["token"]?.string, json["subject"]?.string, json["identity"]?.string, json["session"]?.string) {
        case (let id?, nil, nil, nil): self = .token(id, issuer: issuer)
        case (nil, let name?, nil, nil): self = .person(name, issuer: issuer)
        case (nil, nil, let text?, nil):
            guard issuer == nil, let id = IdentityID(text) else { return nil }
            self = .identity(id)
        case (nil, nil, nil, let text?):
            guard issuer == nil, let id = SessionID(text) else { return nil }
            self = .session(id)
        case (_, _, _, _): return nil
        }
    }
}

extension RevocationChange {
    var json: JSONValue {
        switch self {
        case .revoke(let revocation): ["revoke": revocation.json]
        case .lift(let mark): ["lift": .string(mark.description)]
        }
    }

    init?(json: JSONValue) {
        if let revocation = json["revoke"].flatMap({ Revocation(json: $0) }) {
            self = .revoke(revocation)
        } else if let mark = json["lift"]?.string {
            self = .lift(RevocationMark(text: mark))
        } else {
            return nil
        }
    }
}
