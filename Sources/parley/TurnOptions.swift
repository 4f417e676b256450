import ArgumentParser

/// Secrets have no flag: a command line is read by everybody on the machine.
struct TurnOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A TURN server that shares a secret with this one (coturn: use-auth-secret); may be given several times.",
            discussion: """
                turn:turn.example.org:3478?transport=udp. Who is in a room is lent credentials that end. The secret is \
                in --turn-secret-file or in PARLEY_TURN_SECRET.
                """,
            valueName: "url"
        )
    )
    var turnServer: [String] = []

    @Option(
        help: ArgumentHelp(
            "A file with the secrets of the TURN servers, one to a line, the newest first; read again when it changes.",
            valueName: "file"
        )
    )
    var turnSecretFile: String?

    @Option(
        help: ArgumentHelp(
            "How long TURN credentials are good for, at most a day. Renewed at 70 %. (default: 14400000)",
            valueName: "milliseconds"
        )
    )
    var turnLifetimeMilliseconds: String?

    @Option(
        help: ArgumentHelp(
            "A file with vendors of relays that are asked over HTTP: cloudflare, twilio, metered, xirsys.",
            discussion: """
                [{"vendor":"cloudflare","key":"KEY ID","token":"SECRET"}], in the order in which they are asked; the \
                first one that answers is enough. Or the same text in PARLEY_TURN_VENDORS.
                """,
            valueName: "file"
        )
    )
    var turnVendorsFile: String?

    @Option(
        help: ArgumentHelp(
            "A file with keys, one to a line: a media server that shows one gets credentials by GET /turn.",
            discussion: "Or PARLEY_TURN_REST_KEY. Without a key there is no such address.",
            valueName: "file"
        )
    )
    var turnRestKeyFile: String?

    var flags: [String: [String]] {
        let single: [(Setting, String?)] = [
            (.turnSecretFile, self.turnSecretFile), (.turnLifetimeMilliseconds, self.turnLifetimeMilliseconds),
            (.turnVendorsFile, self.turnVendorsFile), (.turnRestKeyFile, self.turnRestKeyFile),
        ]
        var flags: [String: [String]] = [:]
        for case (let setting, let value?) in single { flags[setting.key] = [value] }
        if !self.turnServer.isEmpty { flags[Setting.turnServer.key] = self.turnServer }
        return flags
    }
}
