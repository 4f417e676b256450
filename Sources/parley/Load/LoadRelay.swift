import ArgumentParser
import ParleyLoad

struct LoadRelay: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "relay",
        abstract: "Pairs that send signals to each other, each in a room of its own.",
        discussion: """
            Latencies count from when a signal was due, also if it had to wait for its turn (no coordinated omission). \
            With --rate 0 each side sends as fast as the window allows, which a server refuses as too much, unless its \
            --messages-per-second is more than that.
            """
    )

    @OptionGroup(title: "The server") var server: LoadServerOptions

    @Option(help: ArgumentHelp("Pairs.", valueName: "count"))
    var pairs = 64

    @Option(help: ArgumentHelp("Bytes of a signal.", valueName: "bytes"))
    var bytes = 300

    @Option(
        help: ArgumentHelp("Signals of one sender that are under way at once.", valueName: "count")
    )
    var window = 32

    @Option(
        help: ArgumentHelp(
            "Signals of one sender in a second; 0: as fast as it goes.",
            valueName: "count"
        )
    )
    var rate = 50.0

    @OptionGroup var time: LoadTime
    @OptionGroup(title: "The load") var load: LoadOptions

    func validate() throws {
        try demand(self.pairs, in: 1...50_000, "--pairs")
        try demand(self.bytes, in: 1...65_000, "--bytes")
        try demand(self.window, in: 1...RelayPlan.windowMax, "--window")
        try demand((0...1_000_000).contains(self.rate), "--rate is a number from 0 to 1000000.")
    }

    func run() async throws {
        var plan = RelayPlan()
        plan.pairs = self.pairs
        plan.bytes = self.bytes
        plan.window = self.window
        plan.perSecond = self.rate > 0 ? self.rate : nil
        plan.milliseconds = self.time.milliseconds
        plan.warmupMilliseconds = self.time.warmupMilliseconds
        try await self.load.run(plan.scenario, self.server)
    }
}
