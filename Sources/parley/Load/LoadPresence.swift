import ArgumentParser
import ParleyLoad

struct LoadPresence: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "presence",
        abstract: "People who are online and watch each other, and some of whom change.",
        discussion: """
            Everybody must be told of each change in its order, and know in the end how those are whom they watch. A \
            server gathers changes for a quarter of a second, so a latency is half of that at least. With --pid the \
            report says what a change costs the server. Those on one thread of the load watch each other. \
            Tokens as for calls.
            """
    )

    @OptionGroup(title: "The server") var server: LoadServerOptions
    @OptionGroup(title: "What is looked at besides") var look: LoadProbeOptions

    @Option(help: ArgumentHelp("Who are online.", valueName: "count"))
    var people = 100

    @Option(help: ArgumentHelp("By how many each is watched.", valueName: "count"))
    var watchers = 10

    @Option(help: ArgumentHelp("Changes in a second, all people together.", valueName: "count"))
    var rate = 20.0

    @OptionGroup(title: "How long") var time: LoadTime
    @OptionGroup(title: "The load") var load: LoadOptions

    func validate() throws {
        try demand(self.people, in: 2...100_000, "--people")
        try demand(self.watchers, in: 1...200, "--watchers")
        try demand(
            self.rate > 0 && self.rate <= 1_000_000,
            "--rate is a number above 0, 1000000 at most."
        )
    }

    func run() async throws {
        var plan = PresencePlan()
        plan.people = self.people
        plan.watchers = self.watchers
        plan.perSecond = self.rate
        plan.warmupMilliseconds = self.time.warmupMilliseconds
        plan.milliseconds = self.time.milliseconds
        try await self.load.run(plan.scenario, self.server, self.look)
    }
}
