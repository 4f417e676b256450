import ArgumentParser
import ParleyLoad

struct LoadServerLoss: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "server-loss",
        abstract: "Sessions wait until you take their server away, and come back.",
        discussion: """
            They are there until somebody else kills a server, cuts a cable, or restarts what stands in front; then \
            they come back as clients do, to wherever the address leads, or to another server that they know \
            (--endpoint). Nobody may lose the session, and all must hold the same state in the end. It ends by \
            itself, five seconds behind the last loss, when all are back.
            """
    )

    @OptionGroup(title: "The server") var server: LoadServerOptions

    @OptionGroup(title: "The server") var others: LoadEndpoints

    @Option(help: ArgumentHelp("Who are there.", valueName: "count"))
    var sessions = 100

    @Option(help: ArgumentHelp("Of them, so many in a room.", valueName: "count"))
    var roomSize = 10

    @Option(help: ArgumentHelp("The longest that it may take, with the waiting.", valueName: "seconds"))
    var timeout = 120.0

    @OptionGroup(title: "The load") var load: LoadOptions

    func validate() throws {
        try demand(self.sessions, in: 1...100_000, "--sessions")
        try demand(self.roomSize, in: 1...1_000, "--room-size")
        try demand(
            self.timeout > 0 && self.timeout <= 3_600,
            "--timeout is a number above 0, 3600 at most."
        )
    }

    func run() async throws {
        var plan = ServerLossPlan()
        plan.sessions = self.sessions
        plan.roomSize = self.roomSize
        plan.milliseconds = Int(self.timeout * 1_000)
        try await self.load.run(plan.scenario, self.server, self.others)
    }
}
