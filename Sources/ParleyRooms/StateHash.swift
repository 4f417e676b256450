public import ParleyProtocol

/// The hash of a state: a sum over its leaves, so that a change costs what it touches
/// (docs/PROTOCOL.md, section 5).
public struct StateHash: Hashable, Sendable {
    public private(set) var first: UInt32
    public private(set) var second: UInt32

    public init(first: UInt32 = 0, second: UInt32 = 0) {
        self.first = first
        self.second = second
    }

    public mutating func add(_ other: StateHash) {
        self.first &+= other.first
        self.second &+= other.second
    }

    public mutating func remove(_ other: StateHash) {
        self.first &-= other.first
        self.second &-= other.second
    }

    /// Adds every leaf of `value`, which stands at `path`.
    public mutating func add(_ value: JSONValue, at path: [String] = []) {
        self.add(StateHash(value, at: path))
    }

    public mutating func remove(_ value: JSONValue, at path: [String] = []) {
        self.remove(StateHash(value, at: path))
    }

    public init(of state: JSONValue) { self.init(state, at: []) }

    init(_ value: JSONValue, at path: [String] = []) {
        self.init()
        var bytes = path.isEmpty ? [] : Array(path.joined(separator: "\u{1F}").utf8)
        self.walk(value, &bytes, isRoot: path.isEmpty)
    }

    private mutating func walk(_ value: JSONValue, _ path: inout [UInt8], isRoot: Bool) {
        let length = path.count
        defer { path.removeLast(path.count - length) }
        switch value {
        case .object(let object):
            for (name, member) in object.members {
                if !isRoot { path.append(0x1F) }
                path += name.utf8
                self.walk(member, &path, isRoot: false)
                path.removeLast(path.count - length)
            }
            return
        case .string(let string): path += [0x1E, UInt8(ascii: "s")] + Array(string.utf8)
        case .integer(let integer): path += [0x1E, UInt8(ascii: "i")] + Array(String(integer).utf8)
        case .bool(let bool): path += [0x1E, UInt8(ascii: "b")] + Array(String(bool).utf8)
        case .null, .number, .array:
            assertionFailure("a state holds strings, integers, booleans and objects")
            return
        }
        self.first &+= Self.murmur3(path, seed: 0)
        self.second &+= Self.murmur3(path, seed: 0x9747_B28C)
    }

    /// MurmurHash3_x86_32.
    private static func murmur3(_ bytes: [UInt8], seed: UInt32) -> UInt32 {
        var hash = seed
        var block: UInt32 = 0
        for (index, byte) in bytes.enumerated() {
            block |= UInt32(byte) << UInt32(index % 4 * 8)
            guard index % 4 == 3 else { continue }
            hash ^= Self.mixed(block)
            hash = Self.rotated(hash, 13) &* 5 &+ 0xE654_6B64
            block = 0
        }
        if bytes.count % 4 != 0 { hash ^= Self.mixed(block) }
        hash ^= UInt32(truncatingIfNeeded: bytes.count)
        hash = (hash ^ hash >> 16) &* 0x85EB_CA6B
        hash = (hash ^ hash >> 13) &* 0xC2B2_AE35
        return hash ^ hash >> 16
    }

    private static func mixed(_ block: UInt32) -> UInt32 {
        Self.rotated(block &* 0xCC9E_2D51, 15) &* 0x1B87_3593
    }

    private static func rotated(_ word: UInt32, _ bits: UInt32) -> UInt32 {
        word << bits | word >> (32 - bits)
    }
}

extension StateHash: CustomStringConvertible {
    /// Sixteen lower-case hexadecimal digits.
    public var description: String {
        [self.first, self.second].map { word in
            let digits = String(word, radix: 16)
            return String(repeating: "0", count: 8 - digits.count) + digits
        }.joined()
    }
}
