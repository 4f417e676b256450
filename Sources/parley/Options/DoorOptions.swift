import ArgumentParser

struct DoorOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Speak TLS with this certificate: PEM, the server's own first (with --tls-key).",
            discussion: "A change of the file is noticed within seconds, or at once by SIGHUP; connections stay.",
            valueName: "file"
        )
    )
    var tlsCertificate: String?

    @Option(help: ArgumentHelp("Its private key: PEM, without a passphrase.", valueName: "file"))
    var tlsKey: String?

    @Option(
        help: ArgumentHelp(
            "Whoever has a certificate by this authority may use the operator's routes: PEM (with --tls-certificate).",
            valueName: "file"
        )
    )
    var adminCA: String?

    @Option(
        help: ArgumentHelp(
            "Proxies that are believed when they say whom they speak for; may be given several times.",
            discussion: "By X-Forwarded-For, Forwarded or PROXY protocol v2. From anybody else these are refused.",
            valueName: "range,…"
        )
    )
    var behindProxy: [String] = []

    @Option(
        help: ArgumentHelp(
            "Connections of one address, an IPv6 network of 64 bits being one. (default: 1000)",
            valueName: "count"
        )
    )
    var connectionsPerAddress: String?

    @Option(
        help: ArgumentHelp(
            "Connections that may be opened in a second, in the long run. (default: 1000)",
            discussion: "Five times as many at once; a quarter of them only by clients that come back.",
            valueName: "count"
        )
    )
    var upgradesPerSecond: String?

    @Option(
        help: ArgumentHelp(
            "Whether limits by address hold for programs on this machine, too. (default: false)",
            valueName: "bool"
        )
    )
    var limitLoopback: String?

    @Option(
        help: ArgumentHelp(
            "Pages that may connect besides the server's own; may be given several times.",
            discussion: "https://app.example.org, or https://*.example.org for everything below that name.",
            valueName: "origin"
        )
    )
    var allowedOrigin: [String] = []

    @Option(
        help: ArgumentHelp(
            "Whether addresses of people are shown as they are, where operators look. (default: false)",
            discussion: "Otherwise they have names that are the same for the same address until the process ends.",
            valueName: "bool"
        )
    )
    var showAddresses: String?

    var given: [(Setting, String?)] {
        [
            (.tlsCertificate, self.tlsCertificate), (.tlsKey, self.tlsKey), (.adminCA, self.adminCA),
            (.connectionsPerAddress, self.connectionsPerAddress), (.upgradesPerSecond, self.upgradesPerSecond),
            (.limitLoopback, self.limitLoopback), (.showAddresses, self.showAddresses),
        ]
    }
}
