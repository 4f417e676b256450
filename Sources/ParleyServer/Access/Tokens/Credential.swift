import Foundation
package import ParleyTransport

/// What a connection has shown of itself before its first message.
package enum Credential: Hashable, Sendable {
    case none
    case token(String)
    /// Good once, for a moment (`POST /v1/tickets`), or the secret of a link.
    case ticket(String)
    /// In more than one place. Which one counts must not be a matter of who reads it.
    case ambiguous

    /// Where clients can put one: `Authorization: Bearer`, the subprotocol `bearer.TOKEN`, `?token=`, `?access_token=`
    /// (RFC 6750, section 2.3), `?ticket=`.
    package init(_ request: UpgradeRequest) {
        var found: [Credential] = []
        for (name, value) in request.headers where name.equalsIgnoringCase("authorization") {
            if let token = Self.bearer(value) { found.append(.token(token)) }
        }
        for name in request.subprotocols where name.hasPrefix(Self.subprotocolPrefix) {
            found.append(.token(String(name.dropFirst(Self.subprotocolPrefix.count))))
        }
        for part in (request.query ?? "").split(separator: "&") {
            let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard sides.count == 2, let value = String(sides[1]).removingPercentEncoding else { continue }
            switch sides[0] {
            case "token", "access_token": found.append(.token(value))
            case "ticket": found.append(.ticket(value))
            default: break
            }
        }
        switch found.count {
        case 0: self = .none
        case 1: self = found[0]
        default: self = .ambiguous
        }
    }

    /// With the token of `hello`; the same one twice is one.
    package func adding(_ token: String?) -> Credential {
        guard let token else { return self }
        switch self {
        case .none: return .token(token)
        case .token(let other): return other == token ? self : .ambiguous
        case .ticket, .ambiguous: return .ambiguous
        }
    }

    static let subprotocolPrefix = "bearer."

    /// RFC 6750, section 2.1; the scheme in whatever case (RFC 9110, section 11.1).
    static func bearer(_ value: String) -> String? {
        let parts = value.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].equalsIgnoringCase("bearer") else { return nil }
        return String(parts[1].drop { $0 == " " })
    }
}

extension Substring {
    fileprivate func equalsIgnoringCase(_ other: String) -> Bool { String(self).equalsIgnoringCase(other) }
}
