import ArgumentParser
import Foundation
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

    @Option(help: ArgumentHelp("Signals of one sender that are under way at once.", valueName: "count"))
    var window = 32

    @Option(help: ArgumentHelp("Signals of one sender in a second; 0: as fast as it goes.", valueName: "count"))
    var rate = 50.0

    @Option(help: ArgumentHelp("How long it is measured.", valueName: "seconds"))
    var seconds = 10.0

    @Option(help: ArgumentHelp("How long before that.", valueName: "seconds"))
    var warmup = 1.0

    @Option(help: ArgumentHelp("Threads of the load.", valueName: "count"))
    var loops = 1

    @Option(help: ArgumentHelp("Write the result as JSON into this file; - is the standard output.", valueName: "file"))
    var json: String?

    func validate() throws {
        func demand(_ holds: Bool, _ words: String) throws { if !holds { throw ValidationError(words) } }
        try demand((1...50_000).contains(self.pairs), "--pairs is a number from 1 to 50000.")
        try demand((1...65_000).contains(self.bytes), "--bytes is a number from 1 to 65000.")
        let windows = 1...RelayPlan.windowMax
        try demand(windows.contains(self.window), "--window is a number from 1 to \(RelayPlan.windowMax).")
        try demand((0...1_000_000).contains(self.rate), "--rate is a number from 0 to 1000000.")
        try demand(self.seconds > 0 && self.seconds <= 86_400, "--seconds is a number above 0, a day at most.")
        try demand(self.warmup >= 0 && self.warmup <= 3_600, "--warmup is a number from 0 to 3600.")
        try demand((1...64).contains(self.loops), "--loops is a number from 1 to 64.")
    }

    func run() async throws {
        var plan = RelayPlan()
        plan.pairs = self.pairs
        plan.bytes = self.bytes
        plan.window = self.window
        plan.perSecond = self.rate > 0 ? self.rate : nil
        plan.milliseconds = Int(self.seconds * 1_000)
        plan.warmupMilliseconds = Int(self.warmup * 1_000)
        let name = "load-" + String(UInt64.random(in: .min ... .max), radix: 36)
        let load = RelayLoad(plan, against: try self.server.server(), loops: self.loops, run: name)
        let line = ProgressLine()
        let report = try await load { line.show($0) }
        line.clear()
        try LoadOutput.write(report, json: self.json)
        if !report.verdict.isGood { throw ExitCode(1) }
    }
}
