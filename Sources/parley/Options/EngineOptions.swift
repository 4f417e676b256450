import ArgumentParser

struct EngineOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Where rooms are kept: memory, sqlite:FILE, or redis://HOST:PORT. (default: memory)",
            discussion: """
                With a file of its own one server's meetings outlive its process, however it ends. \
                With a Redis or Valkey (7.0 or newer) any number of servers hold their meetings together, and any of \
                them may die. rediss:// is with TLS; redis+sentinel://HOST,HOST/MASTER and redis+cluster://HOST,HOST \
                are there too. An address with a password belongs in the environment or in the file.
                """,
            valueName: "engine"
        )
    )
    var engine: String?

    @Option(
        help: ArgumentHelp(
            "What the names of all keys and channels in Redis begin with. (default: parley)",
            valueName: "text"
        )
    )
    var enginePrefix: String?

    var given: [(Setting, String?)] { [(.engine, self.engine), (.enginePrefix, self.enginePrefix)] }
}
