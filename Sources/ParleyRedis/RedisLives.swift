import NIOCore
import Synchronization

/// Whether the data in the servers is what it was: where somebody has deleted everything, its life has another name.
///
/// One server has one name; in a Cluster each slot has its own, since one of its servers may have been emptied and the
/// others not.
final class RedisLives: Sendable {
    private struct Guarded: Sendable {
        /// By key, as last seen.
        var names: [ByteBuffer: UInt64] = [:]
        /// Another number after each change.
        var changes: UInt64 = 0
    }

    private let guarded = Mutex(Guarded())
    private let prefix: String
    private let one: ByteBuffer
    /// By slot.
    private let tags: [String]
    private let random: @Sendable () -> UInt64

    init(prefix: String, one: ByteBuffer, isCluster: Bool, random: @escaping @Sendable () -> UInt64) {
        self.prefix = prefix
        self.one = one
        self.tags = isCluster ? Self.tagOfEachSlot : []
        self.random = random
    }

    /// A number that changes when any life that was seen has changed.
    var changes: UInt64 { self.guarded.withLock(\.changes) }

    /// The key that names the life of whatever lies in the slot of this one.
    func key(besides key: ByteBuffer) -> ByteBuffer {
        guard !self.tags.isEmpty else { return self.one }
        return ByteBuffer(string: "\(self.prefix):{\(self.tags[RedisKey(key).slot])}:life")
    }

    /// For a life that has no name yet.
    func newName() -> ByteBuffer { ByteBuffer(integer: self.random()) }

    /// Before anybody hears what else the same answer said.
    func saw(_ name: ByteBuffer, at key: ByteBuffer) {
        let number = name.getInteger(at: name.readerIndex, as: UInt64.self) ?? 0
        self.guarded.withLock { guarded in
            let before = guarded.names.updateValue(number, forKey: key)
            if let before, before != number { guarded.changes = guarded.changes &* 31 &+ (before ^ number | 1) }
        }
    }

    /// For each slot the first number that, as a tag, is in it. Made once in a process: some 170,000 have to be tried.
    private static let tagOfEachSlot = RedisLives.makeTags()

    private static func makeTags() -> [String] {
        var tags = [String](repeating: "", count: RedisKey.slots)
        var missing = tags.count
        var number = 0
        while missing > 0 {
            let tag = String(number, radix: 36)
            let slot = RedisKey(tag).slot
            if tags[slot].isEmpty {
                tags[slot] = tag
                missing -= 1
            }
            number += 1
        }
        return tags
    }
}

extension RedisConfiguration {
    var isCluster: Bool {
        if case .cluster = self.shape { true } else { false }
    }
}
