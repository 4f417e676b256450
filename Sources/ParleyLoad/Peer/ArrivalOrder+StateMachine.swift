/// Numbers 1, 2, 3 … of one sender at one recipient: which have come, and how.
package struct ArrivalOrder: Hashable, Sendable {
    package enum Arrival: Hashable, Sendable {
        /// Not before. It may have been overtaken by later ones that are missing before it no more.
        case new
        case twice
        /// A later one came first.
        case late
        /// Not before, and so far ahead that one in between was given up.
        case far
    }

    /// The greatest that has come.
    package private(set) var highest: UInt64 = 0
    /// Below it, and not there.
    package private(set) var missing: Set<UInt64> = []
    /// Beyond ``missingMax``: lost at once.
    private(set) package var givenUp: UInt64 = 0

    package static let missingMax = 4_096

    package init() {}

    /// Everything up to that one is there.
    package init(upTo highest: UInt64) { self.highest = highest }

    package mutating func arrive(_ n: UInt64) -> Arrival {
        guard n > self.highest else { return self.missing.remove(n) == nil ? .twice : .late }
        let places = UInt64(Self.missingMax - self.missing.count)
        let gap = n - self.highest - 1
        if gap > 0 {
            self.missing.formUnion((self.highest + 1)..<(self.highest + 1 + min(gap, places)))
        }
        self.highest = n
        guard gap > places else { return .new }
        self.givenUp += gap - places
        return .far
    }

    /// Of so many that were sent, those that have not come.
    package func lost(of sent: UInt64) -> UInt64 {
        (sent > self.highest ? sent - self.highest : 0) + UInt64(self.missing.count) + self.givenUp
    }
}

extension Verdict {
    /// - Returns: whether it is there for the first time and in its order.
    package mutating func note(_ arrival: ArrivalOrder.Arrival) -> Bool {
        switch arrival {
        case .new, .far: return true
        case .twice: self.twice += 1
        case .late: self.disordered += 1
        }
        return false
    }
}
