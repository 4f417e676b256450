/// How much of one peer is handled before the others have their turn, and how soon it has its next one.
///
///     reading --its share is used up--> resting --the debt is repaid--> reading
///
/// A bucket that may be overdrawn: what was read is handled, and paid for before the next read. Whoever stays within
/// its share is never asked for the time.
package struct ReadPace: Hashable, Sendable {
    private static let unit: Int64 = 1_000_000_000

    private let perSecond: Int64
    private let perByte: Int64
    private let levelMax: Int64
    private let eventsMin: Int
    private let eventsMax: Int
    /// Billionths of a unit; below zero: a debt.
    private var level: Int64
    private var updated: UInt64

    /// The bucket begins full.
    ///
    /// - Parameter now: monotonic nanoseconds.
    package init(_ limits: TransportLimits, now: UInt64) {
        // Within what 64 bits hold, debts included.
        self.perSecond = Int64(min(max(1, limits.readUnitsPerSecond), 1_000_000_000))
        self.levelMax = Int64(min(max(1, limits.readUnitsBurst), 1_000_000_000)) * Self.unit
        self.perByte = Self.unit / Int64(max(1, limits.bytesPerReadUnit))
        self.eventsMin = max(1, limits.eventsPerTurnMin)
        self.eventsMax = max(self.eventsMin, limits.eventsPerTurnMax)
        self.level = self.levelMax
        self.updated = now
    }

    /// So many messages and control frames are handled before the others have their turn: the less is left, the fewer.
    package var eventsPerTurn: Int {
        min(self.eventsMax, max(self.eventsMin, Int(self.level / (16 * Self.unit))))
    }

    /// More than half of what was saved is spent: it has to be looked what has come in since.
    package var isLow: Bool { self.level < self.levelMax / 2 }

    /// It has to rest.
    package var isSpent: Bool { self.level < 0 }

    /// What was handled, whatever it was.
    package mutating func spend(events: Int, bytes: Int) {
        self.level -= Int64(events) * Self.unit + Int64(bytes) * self.perByte
    }

    /// How many nanoseconds until the next turn; `nil`: now.
    package mutating func wait(now: UInt64) -> Int64? {
        self.refill(now: now)
        return self.level < 0 ? -self.level / self.perSecond + 1 : nil
    }

    package mutating func refill(now: UInt64) {
        guard now > self.updated else { return }
        let elapsed = Int64(clamping: now - self.updated)
        self.updated = now
        // Divided instead of multiplied: after a long silence the product would not fit.
        let missing = self.levelMax - self.level
        self.level = elapsed > missing / self.perSecond ? self.levelMax : self.level + elapsed * self.perSecond
    }
}
