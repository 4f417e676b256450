extension Setting {
    static let calls = [people, wakeWebhook, wakeWebhookSecret, wakeWebhookSecretFile, wakeWebhookMilliseconds]

    static let people = Setting(key: "people", allowed: "nobody, contacts, organisation or all")
    static let wakeWebhook = Setting(key: "wake-webhook", allowed: "an https: address (http: only on this machine)")
    /// Not a flag: everybody on a machine sees what its processes were started with.
    static let wakeWebhookSecret = Setting(
        key: "wake-webhook-secret",
        allowed: "at least 32 characters that nobody can guess",
        isSecret: true
    )
    static let wakeWebhookSecretFile = Setting(key: "wake-webhook-secret-file", allowed: "a file that holds the secret")
    static let wakeWebhookMilliseconds = Setting(
        key: "wake-webhook-milliseconds",
        allowed: "a whole number from 100 to 30000"
    )
}
