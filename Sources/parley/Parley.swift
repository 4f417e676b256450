import ArgumentParser

@main
struct Parley: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "parley",
        abstract: "The signaling server and meeting command center for real-time apps.",
        discussion: "Parley introduces peers, runs the meeting and keeps it going. It never carries media.",
        version: "0.1.0",
        subcommands: [Serve.self, TokenCommand.self, AuditCommand.self, Doctor.self, Load.self]
    )
}
