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

    var given: [(Setting, String?)] {
        [(.tlsCertificate, self.tlsCertificate), (.tlsKey, self.tlsKey), (.adminCA, self.adminCA)]
    }
}
