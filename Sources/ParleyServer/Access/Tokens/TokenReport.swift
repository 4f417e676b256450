import FoundationEssentials
public import ParleyProtocol

/// A token in words, for whoever wonders why it is refused.
public struct TokenReport: Sendable {
    public let text: String
    public let isGood: Bool

    public init(_ token: String, _ issuers: [TokenIssuer], at now: Instant) async {
        let verdict: (text: String, isGood: Bool)
        var lines: [String] = []
        do throws(TokenFault) {
            let compact = try CompactToken(token)
            lines = Self.describe(compact, at: now)
            guard !issuers.isEmpty else {
                verdict = ("Not judged: no secret, key or issuer was given (parley token inspect --help).", false)
                (self.text, self.isGood) = (Self.joined(verdict.text, lines), verdict.isGood)
                return
            }
            let authorization = try await TokenJudge(issuers: issuers).judge(token, at: now)
            verdict = ("Good: a server with these settings lets it in.", true)
            lines += Self.describe(authorization)
        } catch {
            verdict = ("Refused: \(error)", false)
        }
        (self.text, self.isGood) = (Self.joined(verdict.text, lines), verdict.isGood)
    }

    private static func joined(_ verdict: String, _ lines: [String]) -> String {
        ([verdict] + lines.map { "  \(Self.plain($0))" }).joined(separator: "\n")
    }

    /// Whoever made the token chose its words: none of them begins a line, colours it, or turns it around.
    private static func plain(_ line: String) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in line.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator: scalars.append("?")
            default: scalars.append(scalar)
            }
        }
        return String(scalars)
    }

    /// Seconds up to the year 9999, as the judge has it.
    private static let times: ClosedRange<Int64> = 0...253_402_300_799

    /// What it says, whoever has signed it.
    private static func describe(_ token: CompactToken, at now: Instant) -> [String] {
        var lines = ["signed by \(Self.shown(token.header["alg"]))\(token.keyID.map { ", key \($0)" } ?? "")"]
        if let issuer = token.issuer { lines.append("issuer \(issuer)") }
        if let audience = token.claims["aud"] { lines.append("for \(Self.shown(audience))") }
        if let subject = token.claims["sub"]?.string { lines.append("person \(subject)") }
        if let name = token.claims["name"]?.string { lines.append("called \(name)") }
        if let id = token.claims["jti"]?.string { lines.append("token id \(id)") }
        for (claim, word) in [("nbf", "good from"), ("exp", "good until")] {
            guard let seconds = token.claims[claim]?.integer else { continue }
            guard Self.times.contains(seconds) else {
                lines.append("\(word) \(seconds), which is no time (\(claim))")
                continue
            }
            let difference = seconds - now.milliseconds / 1_000
            let date = Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
            lines.append("\(word) \(date) (\(Self.distance(difference)))")
        }
        return lines
    }

    private static func distance(_ seconds: Int64) -> String {
        let amount = seconds.magnitude
        let words =
            amount < 120
            ? "\(amount) seconds" : amount < 7_200 ? "\(amount / 60) minutes" : "\(amount / 3_600) hours"
        return seconds < 0 ? "\(words) ago" : "in \(words)"
    }

    private static func describe(_ authorization: Authorization) -> [String] {
        let grant = authorization.grant
        var lines: [String] = []
        lines.append(authorization.identity.map { "is the identity \($0)" } ?? "is somebody else in each session")
        if grant.isOperator { lines.append("may use the operator's HTTP routes") }
        lines.append(
            grant.rooms.isEmpty ? "may enter no room" : "may enter \(grant.rooms.joined(separator: ", "))"
        )
        lines.append(grant.mayCreate ? "creates rooms that are not there" : "creates no room")
        if let role = grant.role { lines.append("comes in as \(role.rawValue)") }
        for permission in Permission.allCases {
            guard let isAllowed = grant.permissions.permits(permission) else { continue }
            lines.append("\(isAllowed ? "may" : "may not") \(permission.rawValue), whatever the role says")
        }
        if !grant.attributes.isEmpty {
            lines.append("shows others \(String(decoding: grant.attributes.json.encoded, as: UTF8.self))")
        }
        if grant.bypass { lines.append("needs no PIN and does not wait at the door") }
        if let domain = grant.domain { lines.append("belongs to \(domain)") }
        return lines
    }

    private static func shown(_ value: JSONValue?) -> String {
        value?.string ?? value.map { String(decoding: $0.encoded, as: UTF8.self) } ?? "nothing"
    }
}
