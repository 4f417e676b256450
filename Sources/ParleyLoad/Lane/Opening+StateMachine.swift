/// In which order and how fast clients come: so many at once, or so many a second whatever becomes of them.
package struct Opening: Hashable, Sendable {
    package let count: Int
    package let atOnce: Int
    package let pauseNanoseconds: Double?
    package private(set) var begun = 0
    package private(set) var done = 0
    private let start: UInt64

    package init(count: Int, atOnce: Int, perSecond: Double? = nil, at now: UInt64) {
        self.count = count
        self.atOnce = max(1, atOnce)
        self.pauseNanoseconds = perSecond.map { 1e9 / $0 }
        self.start = now
    }

    package var isComplete: Bool { self.done >= self.count }

    /// When that one is to come; without a rate whenever it may.
    package func due(_ index: Int) -> UInt64? {
        self.pauseNanoseconds.map { self.start + UInt64($0 * Double(index)) }
    }

    /// Those that begin now.
    package mutating func begin(at now: UInt64) -> Range<Int> {
        let first = self.begun
        if let pause = self.pauseNanoseconds {
            let due = now < self.start ? 0 : Int(Double(now - self.start) / pause) + 1
            self.begun = max(first, min(self.count, due))
        } else {
            self.begun = max(first, min(self.count, self.done + self.atOnce))
        }
        return first..<self.begun
    }

    package mutating func finish() { self.done += 1 }
}

/// When the next one is due of what is done at a rate.
package struct Pace: Hashable, Sendable {
    private let pause: Double
    private var next: Double

    /// - Parameter share: 0 to 1: how far into its first pause it begins, so that not all do at once.
    package init(perSecond: Double, from now: UInt64, share: Double) {
        self.pause = 1e9 / perSecond
        self.next = Double(now) + share * self.pause
    }

    /// - Returns: when it should have been, if it is time.
    package mutating func due(at now: UInt64) -> UInt64? {
        guard self.next <= Double(now) else { return nil }
        let due = UInt64(self.next)
        self.next += self.pause
        return due
    }
}
