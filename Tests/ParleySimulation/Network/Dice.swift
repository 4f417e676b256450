import NIOCore
import ParleyTestSupport

/// The random numbers of one purpose. Each purpose has its own, so that a change in one leaves the others alone.
struct Dice: RandomNumberGenerator {
    private var generator: SeededGenerator

    init(seed: UInt64, _ purpose: StaticString) {
        var salt = TraceDigest()
        salt.add(UnsafeBufferPointer(start: purpose.utf8Start, count: purpose.utf8CodeUnitCount))
        salt.add(seed)
        self.generator = SeededGenerator(seed: salt.value)
    }

    mutating func next() -> UInt64 { self.generator.next() }

    mutating func chance(_ probability: Double) -> Bool {
        Double.random(in: 0..<1, using: &self) < probability
    }

    mutating func int(_ range: ClosedRange<Int>) -> Int {
        Int.random(in: range, using: &self)
    }

    mutating func time(_ milliseconds: ClosedRange<Double>) -> TimeAmount {
        .nanoseconds(Int64(Double.random(in: milliseconds, using: &self) * 1_000_000))
    }

    /// `nil` of nothing.
    mutating func pick<Element>(_ elements: [Element]) -> Element? {
        elements.randomElement(using: &self)
    }

    /// From one machine to another: mostly a millisecond, one in five slow, up to a tenth of a second.
    mutating func latency() -> TimeAmount {
        self.chance(0.2) ? self.time(2...100) : self.time(0.2...1.5)
    }
}
