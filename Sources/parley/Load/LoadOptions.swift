import ArgumentParser
import Foundation
import ParleyLoad

/// What every scenario can be told.
struct LoadOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Threads of the load.", valueName: "count"))
    var loops = 1

    @Option(
        help: ArgumentHelp(
            "Makes the same load again, where there is something to choose.",
            valueName: "number"
        )
    )
    var seed: UInt64 = 1

    @Option(
        help: ArgumentHelp(
            "Write the result as JSON into this file; - is the standard output.",
            valueName: "file"
        )
    )
    var json: String?

    @Option(
        help: ArgumentHelp(
            "Write a report with plots into this file: one HTML page that needs nothing from elsewhere.",
            valueName: "file"
        )
    )
    var html: String?

    func validate() throws {
        try demand((1...64).contains(self.loops), "--loops is a number from 1 to 64.")
    }

    func run(_ scenario: LoadScenario, _ options: LoadServerOptions, _ look: LoadProbeOptions? = nil)
        async throws
    {
        try await self.run(scenario, try options.server(), look?.probe(options))
    }

    func run(_ scenario: LoadScenario, _ options: LoadServerOptions, _ others: LoadEndpoints) async throws {
        var server = try options.server()
        server.others = try others.endpoint.map { try options.target($0) }
        try await self.run(scenario, server, nil)
    }

    private func run(_ scenario: LoadScenario, _ server: LoadServer, _ probe: ServerProbe?) async throws {
        OpenFiles.raise()
        if let html = self.html { try Self.demandFolder(of: html, "--html") }
        if let json = self.json, json != "-" { try Self.demandFolder(of: json, "--json") }
        let name = "load-" + String(UInt64.random(in: .min ... .max), radix: 36)
        let load = LoadRun(
            scenario,
            against: server,
            loops: self.loops,
            run: name,
            seed: self.seed,
            probe: probe?.probe
        )
        let line = ProgressLine(unit: scenario.unit)
        let report = try await load { line.show($0) }
        line.clear()
        await probe?.end()
        try LoadOutput.write(report, json: self.json, html: self.html)
        if !report.verdict.isGood || report.isBottleneck { throw ExitCode(1) }
    }
}

extension LoadOptions {
    /// Before the load, not behind it.
    private static func demandFolder(of path: String, _ option: String) throws {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
        var isFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: folder.path, isDirectory: &isFolder)
        try demand(
            exists && isFolder.boolValue,
            "The file \(path) (\(option)) cannot be written: there is no such folder."
        )
    }
}

/// Where else clients may go.
struct LoadEndpoints: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Another server of the same cluster, which the clients know (up to 15 times).",
            valueName: "url"
        )
    )
    var endpoint: [String] = []

    func validate() throws { try demand(self.endpoint.count <= 15, "--endpoint is said 15 times at most.") }
}

/// How long a scenario goes on that has no end of its own.
struct LoadTime: ParsableArguments {
    @Option(help: ArgumentHelp("How long it is measured.", valueName: "seconds"))
    var seconds = 10.0

    @Option(help: ArgumentHelp("How long before that.", valueName: "seconds"))
    var warmup = 1.0

    func validate() throws {
        try demand(
            self.seconds > 0 && self.seconds <= 604_800,
            "--seconds is a number above 0, a week at most."
        )
        try demand(self.warmup >= 0 && self.warmup <= 3_600, "--warmup is a number from 0 to 3600.")
    }

    var milliseconds: Int { Int(self.seconds * 1_000) }
    var warmupMilliseconds: Int { Int(self.warmup * 1_000) }
}

func demand(_ holds: Bool, _ words: String) throws {
    if !holds { throw ValidationError(words) }
}

/// - Parameter option: with its hyphens.
func demand(_ value: Int, in range: ClosedRange<Int>, _ option: String) throws {
    try demand(
        range.contains(value),
        "\(option) is a number from \(range.lowerBound) to \(range.upperBound)."
    )
}
