public import ArgumentParser
public import ParleyLoad

extension BroadcastPlan.Kind: ExpressibleByArgument {}

struct LoadBroadcast: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "broadcast",
        abstract: "Rooms in which some say something that everybody must hear.",
        discussion: """
            Of each message it is measured when half of the room, 99 % of it and the last one has heard it, from when \
            it was due. Events are microphones that are switched (one command, one entry of the room's log); chat is \
            limited to 5 messages a second for each person. The server's --room-capacity must be --size at least.
            """
    )

    @OptionGroup(title: "The server") var server: LoadServerOptions

    @Option(help: ArgumentHelp("Rooms; each is on one thread of the load.", valueName: "count"))
    var rooms = 1

    @Option(help: ArgumentHelp("People in each room.", valueName: "count"))
    var size = 50

    @Option(help: ArgumentHelp("Of these, so many say something.", valueName: "count"))
    var publishers = 1

    @Option(help: ArgumentHelp("What they say: events or chat.", valueName: "kind"))
    var kind = BroadcastPlan.Kind.events

    @Option(help: ArgumentHelp("How often each of them does in a second.", valueName: "count"))
    var rate = 5.0

    @OptionGroup var time: LoadTime
    @OptionGroup(title: "The load") var load: LoadOptions

    func validate() throws {
        try demand(self.rooms, in: 1...50_000, "--rooms")
        try demand(self.size, in: 1...50_000, "--size")
        try demand(
            (1...self.size).contains(self.publishers),
            "--publishers is a number from 1 to that of --size."
        )
        try demand(self.rate > 0 && self.rate <= 10_000, "--rate is a number above 0, 10000 at most.")
        try demand(self.rooms <= 100_000 / self.size, "--rooms times --size is 100000 at most.")
    }

    func run() async throws {
        var plan = BroadcastPlan()
        plan.rooms = self.rooms
        plan.size = self.size
        plan.publishers = self.publishers
        plan.kind = self.kind
        plan.perSecond = self.rate
        plan.milliseconds = self.time.milliseconds
        plan.warmupMilliseconds = self.time.warmupMilliseconds
        try await self.load.run(plan.scenario, self.server)
    }
}
