import ArgumentParser
import ParleyLoad

struct LoadResumeStorm: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume-storm",
        abstract:
            "Everybody is cut off at once and comes back at once, while life goes on in their rooms.",
        discussion: """
            In each room one stays, who switches the microphone and sends signals to each of those who are away. They \
            come back without a pause between tries, as after an outage of the network. Everything that was said \
            meanwhile must arrive, once and in its order, and all must hold the same state in the end.
            """
    )

    @OptionGroup(title: "The server") var server: LoadServerOptions

    @Option(help: ArgumentHelp("Who are cut off.", valueName: "count"))
    var sessions = 100

    @Option(
        help: ArgumentHelp("Of them, so many in a room (with one who stays).", valueName: "count")
    )
    var roomSize = 10

    @Option(help: ArgumentHelp("Events in each room while they are away.", valueName: "count"))
    var events = 5

    @Option(help: ArgumentHelp("Signals to each of them while they are away.", valueName: "count"))
    var signals = 3

    @Option(help: ArgumentHelp("How often they are cut off.", valueName: "count"))
    var rounds = 1

    @Option(
        help: ArgumentHelp("How long they stay away after that was written.", valueName: "seconds")
    )
    var away = 0.0

    @Option(help: ArgumentHelp("The longest that it may take.", valueName: "seconds"))
    var timeout = 60.0

    @OptionGroup(title: "The load") var load: LoadOptions

    func validate() throws {
        try demand(self.sessions, in: 1...100_000, "--sessions")
        try demand(self.roomSize, in: 1...1_000, "--room-size")
        try demand(self.events, in: 0...400, "--events")
        try demand(self.signals, in: 0...200, "--signals")
        try demand(self.rounds, in: 1...1_000, "--rounds")
        try demand(
            (0...25).contains(self.away),
            "--away is a number from 0 to 25: the server keeps a place for 30 seconds (--grace-milliseconds)."
        )
        try demand(
            self.timeout > 0 && self.timeout <= 3_600,
            "--timeout is a number above 0, 3600 at most."
        )
    }

    func run() async throws {
        var plan = ResumeStormPlan()
        plan.sessions = self.sessions
        plan.roomSize = self.roomSize
        plan.events = self.events
        plan.signals = self.signals
        plan.rounds = self.rounds
        plan.awayMilliseconds = Int(self.away * 1_000)
        plan.milliseconds = Int(self.timeout * 1_000)
        try await self.load.run(plan.scenario, self.server)
    }
}
