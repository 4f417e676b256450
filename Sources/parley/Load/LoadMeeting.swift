import ArgumentParser
import ParleyLoad

/// What a meeting is like.
struct MeetingOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Rooms; each is on one thread of the load.", valueName: "count"))
    var rooms = 20

    @Option(
        help: ArgumentHelp(
            "How large they are: sizes with their weights.",
            discussion: "2:50,10:1 makes fifty rooms for two for each room for ten.",
            valueName: "size:weight,…"
        )
    )
    var sizes = RoomSizes.usual.text

    @Option(
        help: ArgumentHelp("How many come in a second, into all rooms together.", valueName: "count")
    )
    var arrivals = 10.0

    @Option(
        help: ArgumentHelp("How long they stay on average; 0: until the end.", valueName: "seconds")
    )
    var stay = 30.0

    @Option(
        help: ArgumentHelp("How often each switches the microphone in a minute.", valueName: "count")
    )
    var microphones = 6.0

    @Option(
        help: ArgumentHelp("How often each raises or lowers the hand in a minute.", valueName: "count")
    )
    var hands = 2.0

    @Option(
        help: ArgumentHelp("Signals of a pair, from both: at least, and at most.", valueName: "from-to")
    )
    var messages = "10-50"

    func validate() throws {
        try demand(self.rooms, in: 1...50_000, "--rooms")
        try demand(
            RoomSizes(self.sizes) != nil,
            "--sizes is a list of sizes with their weights, such as \(RoomSizes.usual.text); sizes are 1000 at most."
        )
        try demand(
            self.arrivals > 0 && self.arrivals <= 100_000,
            "--arrivals is a number above 0, 100000 at most."
        )
        try demand((0...604_800).contains(self.stay), "--stay is a number from 0 to 604800.")
        try demand((0...6_000).contains(self.microphones), "--microphones is a number from 0 to 6000.")
        try demand((0...6_000).contains(self.hands), "--hands is a number from 0 to 6000.")
        try demand(self.range != nil, "--messages are two numbers from 2 to 200, such as 10-50.")
    }

    private var range: ClosedRange<Int>? {
        let numbers = self.messages.split(separator: "-", omittingEmptySubsequences: false).map {
            Int($0)
        }
        guard numbers.count == 2, let least = numbers[0], let most = numbers[1], least >= 2,
            most <= 200, least <= most
        else { return nil }
        return least...most
    }

    func plan(seconds: Double) -> MeetingPlan {
        var plan = MeetingPlan()
        plan.rooms = self.rooms
        plan.sizes = RoomSizes(self.sizes) ?? .usual
        plan.arrivalsPerSecond = self.arrivals
        plan.staySeconds = self.stay
        plan.microphonesPerMinute = self.microphones
        plan.handsPerMinute = self.hands
        plan.messagesPerPair = self.range ?? 10...50
        plan.milliseconds = Int(seconds * 1_000)
        return plan
    }
}

struct LoadMeeting: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "meeting",
        abstract: "A usual day: people come to meetings, speak with each other, and go.",
        discussion: """
            They come at random moments (a Poisson process, from --seed) into rooms of several sizes; each speaks with \
            everybody who is there (offer, answer, candidates), switches the microphone, raises a hand, and leaves. \
            Each kind has its own latencies.
            """
    )

    @OptionGroup(title: "The server") var server: LoadServerOptions
    @OptionGroup(title: "What is looked at besides") var look: LoadProbeOptions
    @OptionGroup(title: "The meetings") var meeting: MeetingOptions

    @Option(help: ArgumentHelp("How long it goes on.", valueName: "seconds"))
    var seconds = 30.0

    @OptionGroup(title: "The load") var load: LoadOptions

    func validate() throws {
        try demand(
            self.seconds > 0 && self.seconds <= 604_800,
            "--seconds is a number above 0, a week at most."
        )
    }

    func run() async throws {
        let plan = self.meeting.plan(seconds: self.seconds)
        try await self.load.run(plan.scenario, self.server, self.look)
    }
}

struct LoadSoak: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "soak",
        abstract:
            "Meetings that go on and on; the server must not grow, and nothing may be left of them.",
        discussion: """
            As meeting does, for long. The server's memory (--pid) and what it counts (/metrics) are looked at again \
            and again: behind the warm-up it must not have grown beyond a bound, and when everybody has gone, \
            connections, sessions, rooms and people must be as many as before.
            """
    )

    @OptionGroup(title: "The server") var server: LoadServerOptions
    @OptionGroup(title: "What is looked at besides") var look: LoadProbeOptions
    @OptionGroup(title: "The meetings") var meeting: MeetingOptions

    @Option(help: ArgumentHelp("How long it goes on.", valueName: "seconds"))
    var seconds = 3_600.0

    @Option(help: ArgumentHelp("From when on the server must not grow.", valueName: "seconds"))
    var warmup = 600.0

    @Option(help: ArgumentHelp("How often the server is looked at.", valueName: "seconds"))
    var interval = 10.0

    @Option(
        help: ArgumentHelp(
            "By so much of what it has behind the warm-up it may grow …",
            valueName: "percent"
        )
    )
    var growth = 10.0

    @Option(help: ArgumentHelp("… and by so much in any case.", valueName: "MiB"))
    var growthMegabytes = 16.0

    @OptionGroup(title: "The load") var load: LoadOptions

    func validate() throws {
        try demand(
            self.seconds > 0 && self.seconds <= 2_592_000,
            "--seconds is a number above 0, 30 days at most."
        )
        try demand(
            self.warmup >= 0 && self.warmup < self.seconds,
            "--warmup is a number from 0 to below --seconds."
        )
        try demand(
            self.interval >= 1 && self.interval <= 3_600,
            "--interval is a number from 1 to 3600."
        )
        try demand((0...1_000).contains(self.growth), "--growth is a number from 0 to 1000.")
        try demand(
            (0...1_000_000).contains(self.growthMegabytes),
            "--growth-megabytes is a number from 0 to 1000000."
        )
    }

    func run() async throws {
        var plan = SoakPlan()
        plan.meeting = self.meeting.plan(seconds: self.seconds)
        plan.intervalMilliseconds = Int(self.interval * 1_000)
        plan.warmupMilliseconds = Int(self.warmup * 1_000)
        plan.growth.percent = self.growth
        plan.growth.megabytes = self.growthMegabytes
        try await self.load.run(plan.scenario, self.server, self.look)
    }
}
