import ArgumentParser
import ParleyLoad

struct LoadIdle: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "idle",
        abstract: "Connections that are there, and on which nothing happens.",
        discussion: """
            Pings are answered, none may be dropped, and every connection must hear of the server at least every 4.5 \
            seconds. With --pid of a server on this machine the report says what memory a connection costs it, and how \
            much of a processor all of them. Both processes need so many files (ulimit -n).
            """
    )

    @OptionGroup(title: "The server") var server: LoadServerOptions
    @OptionGroup(title: "What is looked at besides") var look: LoadProbeOptions

    @Option(help: ArgumentHelp("Connections.", valueName: "count"))
    var connections = 1_000

    @Option(help: ArgumentHelp("People in a room; 0: nobody is in one.", valueName: "count"))
    var roomSize = 0

    @Option(
        help: ArgumentHelp("How many come in a second; 0: as fast as it goes.", valueName: "count")
    )
    var rate = 0.0

    @Option(help: ArgumentHelp("How long they stay when all are there.", valueName: "seconds"))
    var seconds = 60.0

    @OptionGroup(title: "The load") var load: LoadOptions

    func validate() throws {
        try demand(self.connections, in: 1...1_000_000, "--connections")
        try demand(self.roomSize, in: 0...50_000, "--room-size")
        try demand((0...1_000_000).contains(self.rate), "--rate is a number from 0 to 1000000.")
        try demand(
            self.seconds > 0 && self.seconds <= 604_800,
            "--seconds is a number above 0, a week at most."
        )
    }

    func run() async throws {
        var plan = IdlePlan()
        plan.connections = self.connections
        plan.roomSize = self.roomSize
        plan.perSecond = self.rate > 0 ? self.rate : nil
        plan.milliseconds = Int(self.seconds * 1_000)
        try await self.load.run(plan.scenario, self.server, self.look)
    }
}
