import ArgumentParser

/// Where several servers share an engine.
struct NodeOptions: ParsableArguments {
    @Option(help: ArgumentHelp("How logs and other servers call this one.", valueName: "name"))
    var nodeName: String?

    @Option(
        help: ArgumentHelp(
            "The address by which clients reach this very server, such as wss://a.example.org.",
            discussion: "Other servers name it to their clients when they drain, and in every welcome.",
            valueName: "url"
        )
    )
    var advertise: String?

    @Option(help: .hidden) var roomSemantics: String?

    var given: [(Setting, String?)] {
        [(.nodeName, self.nodeName), (.advertise, self.advertise), (.roomSemantics, self.roomSemantics)]
    }
}
