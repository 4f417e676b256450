/// Proves that two sides hold the same state (docs/PROTOCOL.md, section 5).
///
/// A sum over the leaves, so a change costs what changed: subtract the old leaves, add the new ones.
/// No protection against somebody who wants two states with one hash: it finds faults, not forgers.
public struct StateHash: Hashable, Sendable {
    /// The sum of the leaves' hashes with seed 0, modulo 2³².
    public private(set) var first: UInt32
    /// The sum with seed 0x9747B28C.
    public private(set) var second: UInt32

    /// Of a state without leaves.
    public init() {
        self.first = 0
        self.second = 0
    }

    /// - Parameter state: strings, integers and booleans in objects. Anything else is no leaf and does
    ///   not count; a room's state holds nothing else.
    public init(of state: JSONValue) {
        self.init()
        self.add(state)
    }

    /// Adds what lies at and below `path`.
    public mutating func add(_ value: JSONValue, at path: [String] = []) {
        var leaves = LeafBytes(path)
        leaves.forEach(in: value) { self.add(leaf: $0) }
    }

    /// Takes out what lies at and below `path`.
    public mutating func remove(_ value: JSONValue, at path: [String] = []) {
        var leaves = LeafBytes(path)
        leaves.forEach(in: value) { self.remove(leaf: $0) }
    }

    /// - Parameter leaf: path, 0x1E, tag and value as section 5 says.
    mutating func add(leaf: UnsafeRawBufferPointer) {
        self.first &+= murmurHash3(leaf, seed: 0)
        self.second &+= murmurHash3(leaf, seed: 0x9747_B28C)
    }

    mutating func remove(leaf: UnsafeRawBufferPointer) {
        self.first &-= murmurHash3(leaf, seed: 0)
        self.second &-= murmurHash3(leaf, seed: 0x9747_B28C)
    }
}

extension StateHash: CustomStringConvertible, LosslessStringConvertible {
    /// Sixteen lower-case hexadecimal digits.
    public var description: String {
        let word = UInt64(self.first) << 32 | UInt64(self.second)
        return String(unsafeUninitializedCapacity: 16) { digits in
            for index in 0..<16 {
                digits[index] = ASCII.hexadecimalDigit(UInt8(truncatingIfNeeded: word >> (60 - 4 * index)))
            }
            return 16
        }
    }

    public init?(_ description: String) {
        guard let word = UInt64(hexadecimal: description) else { return nil }
        self.first = UInt32(truncatingIfNeeded: word >> 32)
        self.second = UInt32(truncatingIfNeeded: word)
    }
}

extension UInt64 {
    /// Exactly sixteen lower-case hexadecimal digits.
    init?(hexadecimal text: String) {
        guard text.utf8.count == 16 else { return nil }
        var word: UInt64 = 0
        for byte in text.utf8 {
            guard let digit = ASCII.hexadecimalValue(byte), byte != byte & 0xDF || ASCII.isDigit(byte) else {
                return nil
            }
            word = word << 4 | UInt64(digit)
        }
        self = word
    }
}

/// The bytes of one leaf after the other, in one buffer.
struct LeafBytes {
    private var bytes: [UInt8] = []
    private var depth = 0

    init(_ path: [String] = []) {
        self.bytes.reserveCapacity(128)
        for name in path { _ = self.push(name) }
    }

    /// Goes down one member; returns what ``pop(_:)`` needs in order to go back up.
    mutating func push(_ name: String) -> Int {
        let length = self.bytes.count
        if self.depth > 0 { self.bytes.append(0x1F) }
        self.depth += 1
        self.bytes.append(text: name)
        return length
    }

    mutating func pop(_ length: Int) {
        self.depth -= 1
        self.bytes.removeLast(self.bytes.count - length)
    }

    mutating func forEach(in value: JSONValue, _ body: (UnsafeRawBufferPointer) -> Void) {
        let length = self.bytes.count
        switch value {
        case .object(let object):
            for (name, member) in object.members {
                let above = self.push(name)
                self.forEach(in: member, body)
                self.pop(above)
            }
            return
        case .string(let text):
            self.bytes.write("\u{1E}s")
            self.bytes.append(text: text)
        case .integer(let integer):
            self.bytes.write("\u{1E}i")
            self.bytes.write(integer: integer)
        case .bool(let flag):
            self.bytes.write(flag ? "\u{1E}btrue" : "\u{1E}bfalse")
        case .null, .number, .array:
            return
        }
        self.bytes.withUnsafeBytes(body)
        self.bytes.removeLast(self.bytes.count - length)
    }
}

/// MurmurHash3, the variant of 32 bits for x86 (Austin Appleby, public domain). Every client can
/// compute it with 32-bit multiplication, `Math.imul` in JavaScript.
func murmurHash3(_ bytes: UnsafeRawBufferPointer, seed: UInt32) -> UInt32 {
    func mixed(_ block: UInt32) -> UInt32 {
        let product = block &* 0xCC9E_2D51
        return (product &<< 15 | product &>> 17) &* 0x1B87_3593
    }
    var hash = seed
    let tail = bytes.count & ~3
    for offset in stride(from: 0, to: tail, by: 4) {
        hash ^= mixed(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
        hash = (hash &<< 13 | hash &>> 19) &* 5 &+ 0xE654_6B64
    }
    var rest: UInt32 = 0
    for offset in (tail..<bytes.count).reversed() { rest = rest &<< 8 | UInt32(bytes[offset]) }
    if tail < bytes.count { hash ^= mixed(rest) }
    hash ^= UInt32(truncatingIfNeeded: bytes.count)
    hash = (hash ^ hash &>> 16) &* 0x85EB_CA6B
    hash = (hash ^ hash &>> 13) &* 0xC2B2_AE35
    return hash ^ hash &>> 16
}
