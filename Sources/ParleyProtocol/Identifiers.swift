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

public enum RoomKind: IdentifierKind { public static let prefix = UInt8(ascii: "r") }
public enum ParticipantKind: IdentifierKind { public static let prefix = UInt8(ascii: "p") }
public enum SessionKind: IdentifierKind { public static let prefix = UInt8(ascii: "s") }
public enum IdentityKind: IdentifierKind { public static let prefix = UInt8(ascii: "i") }
public enum NodeKind: IdentifierKind { public static let prefix = UInt8(ascii: "n") }

/// One incarnation of a room: a name that is used again gets a new one.
public typealias RoomID = Identifier<RoomKind>
/// One membership of one session in one room, for that membership's life.
public typealias ParticipantID = Identifier<ParticipantKind>
/// A client's life, longer than one socket.
public typealias SessionID = Identifier<SessionKind>
/// Who somebody is.
public typealias IdentityID = Identifier<IdentityKind>
/// One life of one server process.
public typealias NodeID = Identifier<NodeKind>

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
        var high: UInt64 = 0
        var low: UInt64 = 0
        for index in 2..<24 {
            guard let six = Self.value(ofDigit: text[index]) else { return nil }
            // 22 digits are 132 bits: the last digit brings 2 bits and 4 zeros.
            if index == 23 {
                guard six & 0xF == 0 else { return nil }
                high = high << 2 | low >> 62
                low = low << 2 | UInt64(six >> 4)
            } else {
                high = high << 6 | low >> 58
                low = low << 6 | UInt64(six)
            }
        }
        self.init(high: high, low: low)
    }

    /// Writes exactly ``textBytes`` bytes.
    public func write(to buffer: UnsafeMutableRawBufferPointer) {
        assert(buffer.count >= Self.textBytes)
        buffer[0] = Kind.prefix
        buffer[1] = UInt8(ascii: "_")
        var high = self.high
        var low = self.low
        for index in 2..<23 {
            buffer[index] = Self.digit(UInt8(high >> 58))
            high = high << 6 | low >> 58
            low <<= 6
        }
        buffer[23] = Self.digit(UInt8(high >> 58))
    }

    private static func digit(_ six: UInt8) -> UInt8 {
        switch six {
        case 0..<26: UInt8(ascii: "A") + six
        case 26..<52: UInt8(ascii: "a") + six - 26
        case 52..<62: UInt8(ascii: "0") + six - 52
        case 62: UInt8(ascii: "-")
        default: UInt8(ascii: "_")
        }
    }

    private static func value(ofDigit digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): digit - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): digit - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0") + 52
        case UInt8(ascii: "-"): 62
        case UInt8(ascii: "_"): 63
        default: nil
        }
    }
}
