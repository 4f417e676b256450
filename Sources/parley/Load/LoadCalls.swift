import ArgumentParser
import ParleyLoad

struct LoadCalls: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "calls",
        abstract: "Pairs who call each other: it rings, somebody answers, somebody hangs up.",
        discussion: """
            Each call must ring once on each device of whoever is called, one of them answers, both sides hear the \
            end, and nothing rings when all is over. A person may ring 20 times at once, and then every 3 seconds: \
            --pairs are as many as the rate needs. Without tokens everybody is somebody else by their name (user in \
            hello); with tokens each person needs one of their own, a line each in --token-file, and may call others.
            """
    )

    @OptionGroup(title: "The server") var server: LoadServerOptions
    @OptionGroup(title: "What is looked at besides") var look: LoadProbeOptions

    @Option(help: ArgumentHelp("Pairs; each is on one thread of the load.", valueName: "count"))
    var pairs = 100

    @Option(help: ArgumentHelp("Devices of each who is called; they answer in turn.", valueName: "count"))
    var devices = 1

    @Option(help: ArgumentHelp("Calls in a second, all pairs together.", valueName: "count"))
    var rate = 50.0

    @Option(help: ArgumentHelp("How long they talk.", valueName: "milliseconds"))
    var talk = 0

    @OptionGroup(title: "How long") var time: LoadTime
    @OptionGroup(title: "The load") var load: LoadOptions

    func validate() throws {
        try demand(self.pairs, in: 1...100_000, "--pairs")
        try demand(self.devices, in: 1...16, "--devices")
        try demand(self.talk, in: 0...3_600_000, "--talk")
        try demand(
            self.rate > 0 && self.rate <= 1_000_000,
            "--rate is a number above 0, 1000000 at most."
        )
    }

    func run() async throws {
        var plan = CallsPlan()
        plan.pairs = self.pairs
        plan.devices = self.devices
        plan.perSecond = self.rate
        plan.talkMilliseconds = self.talk
        plan.warmupMilliseconds = self.time.warmupMilliseconds
        plan.milliseconds = self.time.milliseconds
        try await self.load.run(plan.scenario, self.server, self.look)
    }
}
