import ArgumentParser
import Foundation
import ParleyLoad
import ParleyProtocol

/// What is going on, in one line of a terminal that is written again and again.
struct ProgressLine {
    let unit: String
    private let isTerminal = isatty(FileHandle.standardError.fileDescriptor) == 1

    init(unit: String) { self.unit = unit }

    func show(_ progress: LoadProgress) {
        let words =
            switch progress.phase {
            case .connecting: progress.come > 0 ? "connecting: \(progress.come) are there" : "connecting"
            case .warmingUp: "warming up"
            case .measuring: "\(Int(progress.messagesPerSecond)) \(self.unit) a second"
            }
        self.write(self.isTerminal ? "\r\u{1B}[K\(words) " : "\(words)\n")
    }

    func clear() {
        if self.isTerminal { self.write("\r\u{1B}[K") }
    }

    private func write(_ text: String) {
        FileHandle.standardError.write(Data(text.utf8))
    }
}

enum LoadOutput {
    /// - Parameter json: a file, or `-` for the standard output, which then gets nothing else.
    static func write(_ report: LoadReport, json path: String?, html: String?) throws {
        if let html {
            let page = report.html(date: Date().formatted(.iso8601))
            try self.write(Data(page.utf8), to: html, "--html")
        }
        var bytes: [UInt8] = []
        report.json.encode(into: &bytes)
        if path == "-" {
            FileHandle.standardOutput.write(Data(bytes + [UInt8(ascii: "\n")]))
            return
        }
        if let path { try self.write(Data(bytes), to: path, "--json") }
        FileHandle.standardOutput.write(Data(self.text(report).utf8))
    }

    private static func write(_ data: Data, to path: String, _ option: String) throws {
        do {
            try data.write(to: URL(fileURLWithPath: path))
        } catch {
            throw ValidationError("The file \(path) (\(option)) cannot be written.")
        }
    }

    private static func text(_ report: LoadReport) -> String {
        guard report.messages > 0 else { return self.remarks(report).joined(separator: "\n") + "\n" }
        var lines: [String] = []
        func row(_ name: String, _ value: String) {
            lines.append(name.padding(toLength: 24, withPad: " ", startingAt: 0) + value)
        }
        row(report.scenario.unit, "\(report.messages)")
        row("a second", "\(Int(report.messagesPerSecond))")
        if report.openingSeconds > 0.001 {
            row("everybody there", "after \(self.fixed(report.openingSeconds, 2)) s")
        }
        for figure in report.figures {
            let digits = figure.value >= 100 || figure.value == figure.value.rounded() ? 0 : 2
            row(figure.words, "\(self.fixed(figure.value, digits)) \(figure.unit)")
        }
        row(
            "the load itself",
            "\(Int(report.busyShare * 100)) % of \(report.loops) thread(s), seed \(report.seed)"
        )
        lines.append("")
        lines.append(self.columns("latency in ms", ["median", "90 %", "99 %", "99.9 %", "longest"]))
        for latency in report.latencies where latency.count > 0 {
            let times = latency.summary
            let values = [times.median, times.p90, times.p99, times.p999, times.longest]
            lines.append(self.columns(latency.words, values.map { self.fixed($0 / 1_000, 3) }))
        }
        lines.append("")
        return (lines + self.remarks(report)).joined(separator: "\n") + "\n"
    }

    private static func columns(_ name: String, _ values: [String]) -> String {
        values.reduce(name.padding(toLength: 24, withPad: " ", startingAt: 0)) { line, value in
            line + String(repeating: " ", count: max(1, 11 - value.count)) + value
        }
    }

    private static func remarks(_ report: LoadReport) -> [String] {
        report.remarks + report.verdict.faults.map { "  \($0)" }
    }

    private static func fixed(_ value: Double, _ digits: Int) -> String {
        String(format: "%.\(digits)f", value)
    }
}
