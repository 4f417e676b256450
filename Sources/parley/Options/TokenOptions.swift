import ArgumentParser

/// Who may come in: the settings for tokens, the same for the server and for `parley token`.
struct TokenOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A file with the secret that tokens are signed with (HS256).",
            discussion: "Or the secret itself in the environment: PARLEY_TOKEN_SECRET. At least 32 characters.",
            valueName: "file"
        )
    )
    var tokenSecretFile: String?

    @Option(help: ArgumentHelp("A file with the key of the issuer: PEM, a JWK, or a JWK Set.", valueName: "file"))
    var tokenKey: String?

    @Option(help: ArgumentHelp("Where the issuer publishes its keys (JWK Set).", valueName: "url"))
    var tokenJwks: String?

    @Option(help: ArgumentHelp("What iss has to be in tokens. (default: anything)", valueName: "name"))
    var tokenIssuer: String?

    @Option(
        help: ArgumentHelp("What aud has to name in tokens. (default: they must not have any)", valueName: "name")
    )
    var tokenAudience: String?

    @Option(
        help: ArgumentHelp(
            "How tokens may be signed; may be given several times. (default: the usual way of the key)",
            valueName: "algorithm"
        )
    )
    var tokenAlgorithm: [String] = []

    @Option(help: ArgumentHelp("A JSON file with several issuers, in place of the settings above.", valueName: "file"))
    var tokenIssuers: String?

    @Option(
        help: ArgumentHelp(
            "Certificate authorities (PEM) for what the server itself fetches. (default: the system's)",
            valueName: "file"
        )
    )
    var trustedRoots: String?

    var flags: [String: [String]] {
        let single: [(Setting, String?)] = [
            (.tokenSecretFile, self.tokenSecretFile), (.tokenKey, self.tokenKey), (.tokenJWKS, self.tokenJwks),
            (.tokenIssuer, self.tokenIssuer), (.tokenAudience, self.tokenAudience),
            (.tokenIssuers, self.tokenIssuers), (.trustedRoots, self.trustedRoots),
        ]
        var flags: [String: [String]] = [:]
        for case (let setting, let value?) in single { flags[setting.key] = [value] }
        if !self.tokenAlgorithm.isEmpty { flags[Setting.tokenAlgorithm.key] = self.tokenAlgorithm }
        return flags
    }
}
