/// Who watches whom, the number of the newest change of each, and the newest that each watcher has heard of.
package struct WatchedPeople: Hashable, Sendable {
    package let count: Int
    package let watchers: Int
    /// When each change was due, by its number; of each person the newest.
    private var newest: [(number: UInt64, due: UInt64)] = []
    /// By watcher, and by which of those whom they watch.
    private var known: [[UInt64]] = []

    package init(count: Int, watchers: Int) {
        self.count = count
        self.watchers = min(watchers, max(0, count - 1))
        self.newest = Array(repeating: (0, 0), count: count)
        self.known = Array(repeating: Array(repeating: 0, count: self.watchers), count: count)
    }

    package static func == (left: Self, right: Self) -> Bool {
        left.count == right.count && left.watchers == right.watchers && left.known == right.known
            && left.newest.map(\.number) == right.newest.map(\.number)
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(self.known) }

    /// Those whom that one watches, each in its place.
    package func watched(by watcher: Int) -> [Int] { (0..<self.watchers).map { (watcher + 1 + $0) % self.count } }

    /// - Returns: its number.
    package mutating func change(_ person: Int, due: UInt64) -> UInt64 {
        self.newest[person] = (self.newest[person].number + 1, due)
        return self.newest[person].number
    }

    /// - Returns: when that change was due, if it is news and the newest.
    package mutating func heard(
        _ watcher: Int,
        of person: Int,
        number: UInt64,
        _ verdict: inout Verdict
    ) -> UInt64? {
        let place = (person - watcher - 1 + 2 * self.count) % self.count
        guard place < self.watchers, number <= self.newest[person].number else {
            verdict.altered += 1
            return nil
        }
        let before = self.known[watcher][place]
        if number < before { verdict.disordered += 1 }
        guard number > before else { return nil }
        self.known[watcher][place] = number
        return number == self.newest[person].number ? self.newest[person].due : nil
    }

    /// How often somebody does not know the newest.
    package var missing: UInt64 {
        var missing: UInt64 = 0
        for watcher in 0..<self.count {
            for (place, person) in self.watched(by: watcher).enumerated()
            where self.known[watcher][place] != self.newest[person].number { missing += 1 }
        }
        return missing
    }
}
