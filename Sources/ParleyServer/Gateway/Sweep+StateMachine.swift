/// Which connections are visited when, as places in a list whose gaps are filled by its last one.
///
/// Thousands are not visited in one go: to ping as many of 10,000 as are due every quarter of a second keeps the loop
/// for 20 ms, in which no signal leaves. Ten parts keep it for 2 ms each.
package struct SweepStateMachine: Hashable, Sendable {
    package static let parts = 10
    /// Below there is nothing to divide.
    package static let partMin = 256

    package struct Part: Hashable, Sendable {
        /// To be visited from the end, so that whoever fills a gap was visited before.
        package let places: Range<Int>
        /// Nanoseconds for which the loop has looked at no socket, 0 if that was not long. Each connection hears of it
        /// once.
        package let absence: UInt64
        /// What is left waits for its turn.
        package let isLast: Bool
    }

    private let interval: UInt64
    /// Places below this one are still to be visited.
    private var left = 0
    /// When connections were last looked at.
    private var last: UInt64?
    private var absence: UInt64 = 0
    private var partsToExcuse = 0

    /// - Parameter interval: nanoseconds from one sweep to the next.
    package init(interval: UInt64) {
        self.interval = interval
    }

    /// - Returns: the first part, or `nil` if the last sweep is late: it goes on by itself, and leaves nobody out.
    package mutating func begin(count: Int, now: UInt64) -> Part? {
        guard self.left == 0 else { return nil }
        self.left = count
        return self.next(count: count, now: now)
    }

    package mutating func next(count: Int, now: UInt64) -> Part {
        let size = max(Self.partMin, (count + Self.parts - 1) / Self.parts)
        self.notice(now, parts: (count + size - 1) / size)
        let end = min(self.left, count)
        self.left = max(0, end - size)
        defer { self.partsToExcuse = max(0, self.partsToExcuse - 1) }
        return Part(
            places: self.left..<end,
            absence: self.partsToExcuse > 0 ? self.absence : 0,
            isLast: self.left == 0
        )
    }

    /// Thousands who come at once take seconds, and a process may be stopped. What came meanwhile may be read only
    /// behind this part and those that follow.
    private mutating func notice(_ now: UInt64, parts: Int) {
        defer { self.last = now }
        guard let last = self.last, now > last + 3 * self.interval else { return }
        self.absence = now - last - self.interval
        self.partsToExcuse = parts
    }
}
