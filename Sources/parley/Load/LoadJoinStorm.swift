import ArgumentParser
import ParleyLoad

struct LoadJoinStorm: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "join-storm",
        abstract: "Many come at once, into one room or many.",
        discussion: """
            It is over when the last one is in and everybody knows of everybody. All of a room must then hold the same \
            state, which their hashes prove, and the list must name those who are there, and nobody else. With \
            other servers (--endpoint) each comes to the next one in turn.
            """
    )

    @OptionGroup(title: "The server") var server: LoadServerOptions

    @OptionGroup(title: "The server") var others: LoadEndpoints

    @Option(help: ArgumentHelp("Who come, all rooms together.", valueName: "count"))
    var people = 100

    @Option(
        help: ArgumentHelp(
            "Rooms that they come into; each is on one thread of the load.",
            valueName: "count"
        )
    )
    var rooms = 1

    @Option(
        help: ArgumentHelp("How many come in a second; 0: as fast as it goes.", valueName: "count")
    )
    var rate = 0.0

    @Option(
        help: ArgumentHelp("Without a rate: how many are on their way at once.", valueName: "count")
    )
    var atOnce = 64

    @Option(help: ArgumentHelp("The longest that it may take.", valueName: "seconds"))
    var timeout = 60.0

    @OptionGroup(title: "The load") var load: LoadOptions

    func validate() throws {
        try demand(self.people, in: 1...100_000, "--people")
        try demand(
            (1...self.people).contains(self.rooms),
            "--rooms is a number from 1 to that of --people."
        )
        try demand((0...1_000_000).contains(self.rate), "--rate is a number from 0 to 1000000.")
        try demand(self.atOnce, in: 1...100_000, "--at-once")
        try demand(
            self.timeout > 0 && self.timeout <= 3_600,
            "--timeout is a number above 0, 3600 at most."
        )
    }

    func run() async throws {
        var plan = JoinStormPlan()
        plan.people = self.people
        plan.rooms = self.rooms
        plan.perSecond = self.rate > 0 ? self.rate : nil
        plan.atOnce = self.atOnce
        plan.milliseconds = Int(self.timeout * 1_000)
        try await self.load.run(plan.scenario, self.server, self.others)
    }
}
