package import CoreMetrics
import Synchronization

/// The back end of swift-metrics that `/metrics` shows: counters and gauges, in Prometheus' text format 0.0.4.
///
/// Timers and recorders are accepted and not shown: what the server measures is in ``MetricDeclaration/table``,
/// and that has none.
package final class PrometheusRegistry: MetricsFactory, Sendable {
    private let values = Mutex<[String: StoredMetric]>([:])

    package init() {}

    /// The whole exposition. Metrics of the table come in the table's order with their help; others follow by name.
    package func exposition() -> String {
        let stored = self.values.withLock { $0 }
        var text = ""
        for metric in MetricDeclaration.table {
            text += "# HELP \(metric.name) \(metric.help)\n# TYPE \(metric.name) \(metric.kind.rawValue)\n"
            guard metric.label != nil else {
                text += "\(metric.name) \(stored[metric.name]?.text ?? "0")\n"
                continue
            }
            for (name, value) in stored.sorted(by: { $0.key < $1.key }) where name.hasPrefix(metric.name + "{") {
                text += "\(name) \(value.text)\n"
            }
        }
        let declared = Set(MetricDeclaration.table.map(\.name))
        for (name, value) in stored.sorted(by: { $0.key < $1.key })
        where !declared.contains(String(name.prefix { $0 != "{" })) {
            text += "# TYPE \(name) untyped\n\(name) \(value.text)\n"
        }
        return text
    }

    private func stored(_ label: String, scale: Int64 = 1) -> StoredMetric {
        self.values.withLock { values in
            if let value = values[label] { return value }
            let value = StoredMetric(scale: scale)
            values[label] = value
            return value
        }
    }

    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        guard let (name, value) = dimensions.first else { return self.stored(label) }
        // Names and values are ours: nothing in them wants to be escaped.
        return self.stored("\(label){\(name)=\"\(value)\"}")
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        self.stored(label, scale: 1_000_000)
    }

    package func makeRecorder(
        label: String,
        dimensions: [(String, String)],
        aggregate: Bool
    ) -> any RecorderHandler {
        self.stored(label)
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        self.stored(label)
    }

    package func destroyCounter(_ handler: any CounterHandler) {}
    package func destroyMeter(_ handler: any MeterHandler) {}
    package func destroyRecorder(_ handler: any RecorderHandler) {}
    package func destroyTimer(_ handler: any TimerHandler) {}
}

/// One number, written from the socket loop and read by whoever asks for the exposition.
private final class StoredMetric: CounterHandler, MeterHandler, RecorderHandler, TimerHandler {
    private let value = Atomic<Int64>(0)
    /// How many of what is stored make one: a counter counts ones, what is measured is kept in millionths.
    private let scale: Int64

    init(scale: Int64) {
        self.scale = scale
    }

    var text: String {
        let (whole, rest) = self.value.load(ordering: .relaxed).quotientAndRemainder(dividingBy: self.scale)
        return rest == 0 ? String(whole) : String(Double(whole) + Double(rest) / Double(self.scale))
    }

    func increment(by amount: Int64) { self.value.wrappingAdd(amount &* self.scale, ordering: .relaxed) }
    func reset() { self.value.store(0, ordering: .relaxed) }
    func set(_ value: Int64) { self.value.store(value &* self.scale, ordering: .relaxed) }
    func set(_ value: Double) { self.value.store(self.scaled(value), ordering: .relaxed) }
    func increment(by amount: Double) { self.value.wrappingAdd(self.scaled(amount), ordering: .relaxed) }
    func decrement(by amount: Double) { self.value.wrappingSubtract(self.scaled(amount), ordering: .relaxed) }
    func record(_ value: Int64) { self.set(value) }
    func record(_ value: Double) { self.set(value) }
    func recordNanoseconds(_ duration: Int64) { self.set(duration) }

    /// What is no number, or too large, is 0.
    private func scaled(_ value: Double) -> Int64 {
        Int64(exactly: (value * Double(self.scale)).rounded()) ?? 0
    }
}
