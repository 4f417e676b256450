import HashTreeCollections

/// A dictionary whose copies share what they have in common.
///
/// A room is copied whenever commands are judged, and kept beside the copy until the log has answered. With plain
/// dictionaries the first change after that would copy everybody, and a room of 10,000 would cost the square of it.
/// Looking up is O(log n), the first change after a copy as well. Its order means nothing.
public struct PersistentMap<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private var tree = TreeDictionary<Key, Value>()

    public var count: Int { self.tree.count }
    public var isEmpty: Bool { self.tree.isEmpty }
    public var keys: some Sequence<Key> { self.tree.keys }
    public var values: some Sequence<Value> { self.tree.values }

    public internal(set) subscript(key: Key) -> Value? {
        get { self.tree[key] }
        _modify { yield &self.tree[key] }
    }

    subscript(key: Key, default value: @autoclosure () -> Value) -> Value {
        get { self.tree[key, default: value()] }
        _modify { yield &self.tree[key, default: value()] }
    }

    @discardableResult
    mutating func removeValue(forKey key: Key) -> Value? { self.tree.removeValue(forKey: key) }
}

extension PersistentMap: Sequence {
    public func makeIterator() -> some IteratorProtocol<(key: Key, value: Value)> { self.tree.makeIterator() }
}

extension PersistentMap: Equatable where Value: Equatable {}
extension PersistentMap: Hashable where Value: Hashable {}

extension PersistentMap: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (Key, Value)...) {
        for (key, value) in elements { self.tree[key] = value }
    }
}
