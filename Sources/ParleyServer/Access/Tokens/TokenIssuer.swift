public import ParleyProtocol

/// Whose tokens are believed, and what they must be like.
public struct TokenIssuer: Sendable {
    /// The `iss` of its tokens; `nil`: whatever they say, which is for a server with one issuer.
    public var name: String?
    /// What `aud` must name; `nil`: tokens must have none (RFC 7519, section 4.1.3).
    public var audience: String?
    public var algorithms: [TokenAlgorithm]
    public var keys: Keys
    /// What tokens without a claim `parley` allow; `nil`: nothing, they are refused.
    public var grant: Grant?

    public enum Keys: Sendable {
        case fixed([TokenKey])
        case fetched(KeySet)
    }

    public init(
        name: String? = nil,
        audience: String? = nil,
        algorithms: [TokenAlgorithm],
        keys: Keys,
        grant: Grant? = nil
    ) {
        self.name = name
        self.audience = audience
        self.algorithms = algorithms
        self.keys = keys
        self.grant = grant
    }
}
