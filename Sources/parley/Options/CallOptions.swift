import ArgumentParser

struct CallOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Of whom people may know, and whom they may ring: nobody, contacts, organisation or all.",
            discussion: "Without tokens: all. With them: contacts, those whom the token names (parley.contacts).",
            valueName: "rule"
        )
    )
    var people: String?

    @Option(
        help: ArgumentHelp(
            "Tell this service whom somebody rings, so that it can wake their phones.",
            discussion: "It is told by POST; see docs/OPERATING.md. https:, or http: on this machine.",
            valueName: "url"
        )
    )
    var wakeWebhook: String?

    @Option(
        help: ArgumentHelp(
            "A file with the secret that signs what it is told.",
            discussion: "Or the secret in the environment: PARLEY_WAKE_WEBHOOK_SECRET. At least 32 characters.",
            valueName: "file"
        )
    )
    var wakeWebhookSecretFile: String?

    @Option(help: ArgumentHelp("How long it may take to answer. (default: 3000)", valueName: "milliseconds"))
    var wakeWebhookMilliseconds: String?

    var given: [(Setting, String?)] {
        [
            (.people, self.people), (.wakeWebhook, self.wakeWebhook),
            (.wakeWebhookSecretFile, self.wakeWebhookSecretFile),
            (.wakeWebhookMilliseconds, self.wakeWebhookMilliseconds),
        ]
    }
}
