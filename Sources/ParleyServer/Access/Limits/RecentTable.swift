/// A map that forgets: at least the newest half of its capacity is remembered, and never more than all of it.
///
/// Two maps take turns: what is written goes into the young one, and when that is full it becomes the old one. So
/// nothing is ever searched for the oldest, whoever fills the table with keys of their own.
package struct RecentTable<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private let halfMax: Int
    private var young: [Key: Value] = [:]
    private var old: [Key: Value] = [:]

    package init(countMax: Int) {
        self.halfMax = max(1, countMax / 2)
    }

    package var count: Int { self.young.count + self.old.count }

    package subscript(key: Key) -> Value? { self.young[key] ?? self.old[key] }

    package mutating func set(_ key: Key, _ value: Value) {
        if self.young[key] == nil {
            if self.young.count >= self.halfMax {
                self.old = self.young
                self.young = [:]
            }
            self.old[key] = nil
        }
        self.young[key] = value
    }
}
