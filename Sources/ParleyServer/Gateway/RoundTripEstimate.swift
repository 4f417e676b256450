/// How long a message to a device and its answer take, smoothed lightly: half of it is the newest measurement.
package struct RoundTripEstimate: Hashable {
    /// `nil` before the first measurement.
    package private(set) var microseconds: Int?

    package init() {}

    /// - Parameter microseconds: one measured round trip; more than ten minutes count as ten minutes.
    package mutating func add(microseconds: Int) {
        let measured = min(max(0, microseconds), 600_000_000)
        self.microseconds = self.microseconds.map { ($0 + measured) / 2 } ?? measured
    }

    /// As people are told it: rounded, at least 1.
    package var milliseconds: Int? { self.microseconds.map { max(1, ($0 + 500) / 1_000) } }

    /// Whether people who know `told` want to hear of `now`: a change of more than 10 ms and more than a fifth.
    package static func isNews(_ now: Int, told: Int?) -> Bool {
        guard let told else { return true }
        return abs(now - told) > max(10, told / 5)
    }
}
