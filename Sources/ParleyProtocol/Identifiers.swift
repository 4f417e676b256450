/// Tells one kind of identifier from another, in the type system and on the wire.
public protocol IdentifierKind: Sendable {
    /// The letter in front of the underscore: `r` in `r_…`.
    static var prefix: UInt8 { get }
}

/// 128 random bits with a kind. On the wire: the kind's letter, `_`, and 22 characters of
/// unpadded base64url (RFC 4648, section 5).
///
/// Two integers instead of a string: the relay path looks identifiers up for every message, and a
/// string of 24 characters would be an allocation each time.
public struct Identifier<Kind: IdentifierKind>: Hashable, Sendable, BitwiseCopyable {
    /// The first eight bytes, big-endian.
    public let high: UInt64
    /// The last eight bytes, big-endian.
    public let low: UInt64

    /// The length of every identifier as text, in bytes.
    public static var textBytes: Int { 24 }

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// A new identifier; whoever calls decides where the random bits come from.
    public init(using generator: inout some RandomNumberGenerator) {
        self.init(high: generator.next(), low: generator.next())
    }
}

extension Identifier {
    public func hash(into hasher: inout Hasher) {
        hasher.combine(self.low)
    }

    /// What a dictionary asks a key for. An identifier is random and made by the server, so half of it is as good a
    /// hash as any, and nobody can choose keys that collide: a client's guess is looked up, never stored.
    /// Hashing these bits once more was a tenth of what a relayed signal costs.
    public func _rawHashValue(seed: Int) -> Int {
        Int(truncatingIfNeeded: self.low) ^ seed
    }
}

extension Identifier: Comparable {
    /// An order that is the same in every process; it means nothing else.
    public static func < (left: Self, right: Self) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}

public enum RoomIDKind: IdentifierKind { public static let prefix = UInt8(ascii: "r") }
public enum ParticipantIDKind: IdentifierKind { public static let prefix = UInt8(ascii: "p") }
public enum SessionIDKind: IdentifierKind { public static let prefix = UInt8(ascii: "s") }
public enum IdentityIDKind: IdentifierKind { public static let prefix = UInt8(ascii: "i") }
public enum NodeIDKind: IdentifierKind { public static let prefix = UInt8(ascii: "n") }

/// One incarnation of a room: a name that is used again gets a new one.
public typealias RoomID = Identifier<RoomIDKind>
/// One membership of one session in one room, for that membership's life.
public typealias ParticipantID = Identifier<ParticipantIDKind>
/// A client's life, longer than one socket.
public typealias SessionID = Identifier<SessionIDKind>
/// Who somebody is.
public typealias IdentityID = Identifier<IdentityIDKind>
/// One life of one server process.
public typealias NodeID = Identifier<NodeIDKind>

// MARK: - Text

extension Identifier: CustomStringConvertible, LosslessStringConvertible {
    public var description: String {
        withUnsafeTemporaryAllocation(byteCount: Self.textBytes, alignment: 1) { buffer in
            self.write(to: buffer)
            return String(decoding: buffer, as: UTF8.self)
        }
    }

    public init?(_ description: String) {
        var copy = description
        guard let parsed = copy.withUTF8({ Self(text: UnsafeRawBufferPointer($0)) }) else { return nil }
        self = parsed
    }

    /// Reads the text form; `nil` for anything that ``write(to:)`` would not have written.
    public init?(text: UnsafeRawBufferPointer) {
        guard text.count == Self.textBytes, text[0] == Kind.prefix, text[1] == UInt8(ascii: "_") else {
            return nil
        }
        // 22 digits are 132 bits: ten and ten of them sixty each, and the last two bring eight and four zeros.
        var (first, second) = (UInt64(0), UInt64(0))
        var all: UInt8 = 0
        for index in 2..<12 {
            let (left, right) = (
                Base64URL.value(ofDigit: text[index]), Base64URL.value(ofDigit: text[index &+ 10])
            )
            all |= left | right
            first = first &<< 6 | UInt64(left)
            second = second &<< 6 | UInt64(right)
        }
        let (left, last) = (Base64URL.value(ofDigit: text[22]), Base64URL.value(ofDigit: text[23]))
        guard (all | left | last) & 0x40 == 0, last & 0xF == 0 else { return nil }
        self.init(
            high: first &<< 4 | second &>> 56,
            low: second &<< 8 | UInt64(left) &<< 2 | UInt64(last &>> 4)
        )
    }

    /// Writes exactly ``textBytes`` bytes.
    public func write(to buffer: UnsafeMutableRawBufferPointer) {
        assert(buffer.count >= Self.textBytes)
        buffer[0] = Kind.prefix
        buffer[1] = UInt8(ascii: "_")
        var (first, second) = (self.high &>> 4, self.high &<< 56 | self.low &>> 8)
        second &= 1 &<< 60 &- 1
        for index in 0..<10 {
            buffer[11 &- index] = Base64URL.digit(first)
            buffer[21 &- index] = Base64URL.digit(second)
            (first, second) = (first &>> 6, second &>> 6)
        }
        buffer[22] = Base64URL.digit(self.low &>> 2)
        buffer[23] = Base64URL.digit(self.low &<< 4)
    }
}

/// The digits of base64url and what they are worth, as tables without lazy globals: digits of identifiers are random,
/// so that each comparison with a range would be guessed wrong.
private enum Base64URL {
    /// For six bits; higher ones do not count.
    @inline(__always)
    static func digit(_ six: UInt64) -> UInt8 {
        let digits: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        // There are 64, and the index is below that.
        return digits.utf8Start[Int(six & 0x3F)]
    }

    /// 64 or more: it is no digit.
    @inline(__always)
    static func value(ofDigit digit: UInt8) -> UInt8 {
        // 128 characters of one byte each, and the index is below that.
        let value = self.values.utf8Start[Int(digit & 0x7F)]
        return value | (digit & 0x80) &>> 1
    }

    @inline(__always)
    private static var values: StaticString {
        """
        \u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\
        \u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\
        \u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{3E}\u{7F}\u{7F}\
        \u{34}\u{35}\u{36}\u{37}\u{38}\u{39}\u{3A}\u{3B}\u{3C}\u{3D}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}\
        \u{7F}\u{0}\u{1}\u{2}\u{3}\u{4}\u{5}\u{6}\u{7}\u{8}\u{9}\u{A}\u{B}\u{C}\u{D}\u{E}\
        \u{F}\u{10}\u{11}\u{12}\u{13}\u{14}\u{15}\u{16}\u{17}\u{18}\u{19}\u{7F}\u{7F}\u{7F}\u{7F}\u{3F}\
        \u{7F}\u{1A}\u{1B}\u{1C}\u{1D}\u{1E}\u{1F}\u{20}\u{21}\u{22}\u{23}\u{24}\u{25}\u{26}\u{27}\u{28}\
        \u{29}\u{2A}\u{2B}\u{2C}\u{2D}\u{2E}\u{2F}\u{30}\u{31}\u{32}\u{33}\u{7F}\u{7F}\u{7F}\u{7F}\u{7F}
        """
    }
}
