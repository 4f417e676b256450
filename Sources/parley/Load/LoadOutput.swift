import Foundation
import ParleyLoad
import ParleyProtocol

/// What is going on, in one line of a terminal that is written again and again.
struct ProgressLine {
    private let isTerminal = isatty(FileHandle.standardError.fileDescriptor) == 1

    func show(_ progress: LoadProgress) {
        let words =
            switch progress.phase {
            case .connecting: "connecting"
            case .warmingUp: "warming up"
            case .measuring: "\(Int(progress.messagesPerSecond)) messages a second"
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
    static func write(_ report: LoadReport, json path: String?) throws {
        var bytes: [UInt8] = []
        report.json.encode(into: &bytes)
        if path == "-" {
            FileHandle.standardOutput.write(Data(bytes + [UInt8(ascii: "\n")]))
            return
        }
        if let path { try Data(bytes).write(to: URL(fileURLWithPath: path)) }
        FileHandle.standardOutput.write(Data(self.text(report).utf8))
    }

    private static func text(_ report: LoadReport) -> String {
        guard report.messages > 0 else { return self.remarks(report).joined(separator: "\n") + "\n" }
        let latency = report.latency
        let rows = [
            ("messages", "\(report.messages)"), ("a second", "\(Int(report.messagesPerSecond))"),
            ("latency, median", self.milliseconds(latency.median)), ("90 %", self.milliseconds(latency.p90)),
            ("99 %", self.milliseconds(latency.p99)), ("99.9 %", self.milliseconds(latency.p999)),
            ("longest", self.milliseconds(latency.longest)),
            ("everybody there", "after \(self.fixed(report.openingSeconds, 2)) s"),
            ("the load itself", "\(Int(report.busyShare * 100)) % of \(report.loops) thread(s)"),
        ]
        let table = rows.map { "\($0.0.padding(toLength: 18, withPad: " ", startingAt: 0))\($0.1)" }
        return (table + self.remarks(report)).joined(separator: "\n") + "\n"
    }

    private static func remarks(_ report: LoadReport) -> [String] {
        let verdict = report.verdict
        var remarks: [String] = []
        if report.isBottleneck {
            remarks.append("The load was busy all the time: it, and not the server, may have set the pace (--loops).")
        }
        if verdict.isGood {
            remarks.append("Everything arrived, once, in its order, as it was sent.")
        } else {
            let counts = """
                lost \(verdict.lost), twice \(verdict.twice), out of order \(verdict.disordered), \
                altered \(verdict.altered)
                """
            remarks.append("NOT served rightly: \(counts), faults \(verdict.faultCount)")
            remarks.append(contentsOf: verdict.faults.map { "  \($0)" })
        }
        return remarks
    }

    private static func milliseconds(_ microseconds: Double) -> String { "\(self.fixed(microseconds / 1_000, 3)) ms" }

    private static func fixed(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", value) }
}
