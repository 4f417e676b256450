import HeapModule

/// Those who cost the most, of however many, in bounded memory: "space saving" (Metwally, Agrawal and El Abbadi, 2005).
///
/// Whoever comes when it is full takes the place of the one who has cost the least, and that weight with it. So whoever
/// has more than the `countMax`th part of all weight is always there, and how much of a weight may be others' is known.
package struct TopCosts<Key: Hashable & Comparable & Sendable>: Sendable {
    package struct Entry: Hashable, Sendable {
        package let key: Key
        /// Since it is here.
        package var cost: Cost
        /// Of those whose place it has taken: at most so much more has it cost before.
        package var inherited: Int

        fileprivate var rank: Int { self.cost.weight + self.inherited }
    }

    /// An entry as it was when it was last looked at: it has cost as much or more since.
    private struct Candidate: Comparable, Sendable {
        let rank: Int
        let key: Key

        static func < (left: Self, right: Self) -> Bool { (left.rank, left.key) < (right.rank, right.key) }
    }

    private let countMax: Int
    private var entries: [Key: Entry] = [:]
    /// One of each entry.
    private var candidates: Heap<Candidate> = []

    package init(countMax: Int) {
        self.countMax = max(1, countMax)
    }

    package var count: Int { self.entries.count }

    package mutating func add(_ key: Key, _ cost: Cost) {
        if self.entries[key] != nil {
            self.entries[key]?.cost += cost
            return
        }
        var inherited = 0
        if self.entries.count >= self.countMax, let least = self.removeLeast() { inherited = least.rank }
        let entry = Entry(key: key, cost: cost, inherited: inherited)
        self.entries[key] = entry
        self.candidates.insert(Candidate(rank: entry.rank, key: key))
    }

    /// Of two that have cost as much, always the same. A candidate that has cost more since it was looked at goes back:
    /// once for each time that it was added to, at most, so that nothing here grows with their number.
    private mutating func removeLeast() -> Entry? {
        while let candidate = self.candidates.popMin() {
            guard let entry = self.entries[candidate.key] else { continue }
            guard entry.rank > candidate.rank else { return self.entries.removeValue(forKey: candidate.key) }
            self.candidates.insert(Candidate(rank: entry.rank, key: candidate.key))
        }
        return nil
    }

    /// The dearest first.
    package func top(_ count: Int) -> [Entry] {
        Array(self.entries.values.sorted { ($1.rank, $0.key) < ($0.rank, $1.key) }.prefix(max(0, count)))
    }

    /// Those of somebody else who has counted others, or the same ones elsewhere.
    package mutating func merge(_ other: Self) {
        for entry in other.top(other.count) {
            self.add(entry.key, entry.cost)
            self.entries[entry.key]?.inherited += entry.inherited
        }
    }

    /// What was is worth half; who is worth nothing goes.
    package mutating func halve() {
        self.entries = self.entries.compactMapValues { entry in
            var entry = entry
            entry.cost.halve()
            entry.inherited /= 2
            return entry.rank > 0 ? entry : nil
        }
        self.candidates = Heap(self.entries.values.map { Candidate(rank: $0.rank, key: $0.key) })
    }
}
