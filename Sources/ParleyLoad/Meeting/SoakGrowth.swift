/// By how much a server may grow while the same goes on and on.
public struct SoakGrowth: Hashable, Sendable {
    /// Of what it had behind the warm-up.
    public var percent = 10.0
    /// And so much in any case.
    public var megabytes = 16.0

    public init() {}

    /// Samples from the beginning and from the end, of which the medians are compared.
    private static let samplesAtEitherEnd = 5

    package func judge(
        _ history: ServerHistory,
        warmupSeconds: Double,
        _ verdict: inout Verdict
    ) -> [LoadFigure] {
        var figures = [
            LoadFigure("serverSamples", "looks at the server", Double(history.samples.count))
        ]
        let memory = history.samples.filter { $0.seconds >= warmupSeconds }.compactMap(
            \.reading.megabytes
        )
        if memory.count >= 2 {
            let count = max(1, min(Self.samplesAtEitherEnd, memory.count / 2))
            let (first, last) = (Self.median(memory.prefix(count)), Self.median(memory.suffix(count)))
            figures.append(
                LoadFigure("serverMegabytesFirst", "server, after warm-up", first, unit: "MiB")
            )
            figures.append(LoadFigure("serverMegabytesLast", "server, at the end", last, unit: "MiB"))
            let bound = first * (1 + self.percent / 100) + self.megabytes
            if last > bound {
                verdict.note(
                    "The server has grown from \(LoadReport.text(first)) to \(LoadReport.text(last)) MiB behind the "
                        + "warm-up; \(LoadReport.text(bound)) would have been allowed."
                )
            }
        } else if history.samples.contains(where: { $0.reading.residentBytes != nil }) {
            verdict.note(
                "The server's memory was looked at less than twice behind the warm-up: it was too short."
            )
        }
        if history.before.gauges != nil, let after = history.after, after.gauges == nil {
            verdict.note("The server's metrics could be read before anybody came, and not when everybody had gone.")
        }
        for left in history.leftOver {
            verdict.note(
                "\(left.name) was \(Int(left.before)) before anybody came and is \(Int(left.after)) now that everybody "
                    + "has gone (if somebody else uses this server, it may be theirs)."
            )
        }
        return figures
    }

    private static func median(_ values: some Collection<Double>) -> Double {
        let sorted = values.sorted()
        return sorted.isEmpty ? 0 : sorted[sorted.count / 2]
    }
}
