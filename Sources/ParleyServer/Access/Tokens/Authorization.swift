package import ParleyProtocol

/// Who somebody is and what they may do, as a token or an authorization service has said.
package struct Authorization: Hashable, Sendable {
    /// `nil`: nobody in particular; each session is somebody else.
    package var identity: IdentityID?
    package var name: DisplayName?
    package var grant: Grant
    /// When the session ends if nothing newer comes.
    package var expiresAt: Instant
    /// Of issuer and token id (`jti`): what is revoked or banned with it.
    package var token: ParleyProtocol.Digest?
    /// Its `iss` and `jti`, for the audit.
    package var issuer: String?
    package var id: String?
    /// Its `sub`, for the audit of what operators do; people are called by their identity.
    package var subject: String?
    /// By which it may be revoked, besides its identity.
    package var marks: [RevocationMark] = []

    package init(
        identity: IdentityID?,
        name: DisplayName?,
        grant: Grant,
        expiresAt: Instant,
        token: ParleyProtocol.Digest?,
        issuer: String? = nil,
        id: String? = nil
    ) {
        self.identity = identity
        self.name = name
        self.grant = grant
        self.expiresAt = expiresAt
        self.token = token
        self.issuer = issuer
        self.id = id
    }
}
