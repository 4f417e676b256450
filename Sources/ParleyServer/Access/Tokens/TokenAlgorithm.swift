/// How a token may be signed (RFC 7518, section 3.1; EdDSA: RFC 8037). `none` is not among them, and never will be.
public enum TokenAlgorithm: String, CaseIterable, Hashable, Sendable {
    case hs256 = "HS256"
    case hs384 = "HS384"
    case hs512 = "HS512"
    case rs256 = "RS256"
    case ps256 = "PS256"
    case es256 = "ES256"
    case es384 = "ES384"
    case edDSA = "EdDSA"

    /// What kind of key it takes. A key of one kind is never used for another: a public key is no secret.
    enum KeyKind: Hashable, Sendable {
        case secret
        case rsa
        case p256
        case p384
        case edwards
    }

    var keyKind: KeyKind {
        switch self {
        case .hs256, .hs384, .hs512: .secret
        case .rs256, .ps256: .rsa
        case .es256: .p256
        case .es384: .p384
        case .edDSA: .edwards
        }
    }

    /// A shorter secret is refused at the start (RFC 7518, section 3.2).
    var secretBytesMin: Int {
        switch self {
        case .hs256: 32
        case .hs384: 48
        case .hs512: 64
        case .rs256, .ps256, .es256, .es384, .edDSA: 0
        }
    }
}
