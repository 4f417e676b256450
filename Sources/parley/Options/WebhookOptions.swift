import ArgumentParser

/// A service of the operator's in place of tokens.
struct WebhookOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Ask this service who somebody is and what they may do, in place of tokens.",
            discussion: "It is asked by POST; see docs/OPERATING.md. https:, or http: on this machine.",
            valueName: "url"
        )
    )
    var authWebhook: String?

    @Option(
        help: ArgumentHelp(
            "A file with the secret that signs the questions to it.",
            discussion: "Or the secret in the environment: PARLEY_AUTH_WEBHOOK_SECRET. At least 32 characters.",
            valueName: "file"
        )
    )
    var authWebhookSecretFile: String?

    @Option(
        help: ArgumentHelp("How long it may take to answer. (default: 3000)", valueName: "milliseconds")
    )
    var authWebhookMilliseconds: String?

    var given: [(Setting, String?)] {
        [
            (.authWebhook, self.authWebhook), (.authWebhookSecretFile, self.authWebhookSecretFile),
            (.authWebhookMilliseconds, self.authWebhookMilliseconds),
        ]
    }
}
