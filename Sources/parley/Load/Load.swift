import ArgumentParser

struct Load: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Put a load on a server, and check that it serves it rightly.",
        discussion: """
            On your own deployment: the load is real, and rooms are made for it. What has arrived is checked: \
            something lost, twice, out of order or altered makes the command fail.
            """,
        subcommands: [LoadRelay.self]
    )
}
