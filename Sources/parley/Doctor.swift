import ArgumentParser

struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Find out why something around the server does not work, and say it in words.",
        subcommands: [DoctorTurn.self]
    )
}
