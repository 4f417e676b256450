/// Codes are thrown where nothing is known yet of the frame that they are about.
extension RejectionCode: Error {}

/// What others see of somebody: not empty, not too long, nothing in it that plays tricks with the
/// text around it.
public struct DisplayName: Hashable, Sendable, CustomStringConvertible {
    public let text: String

    /// - Parameter bytesMax: how long the name may be as UTF-8, without the white space around it.
    /// - Returns: `nil` for a name that is empty without that white space.
    public init?(_ text: String, bytesMax: Int) throws(RejectionCode) {
        // Before trimming: a line break is white space to Unicode and a control character to us.
        guard text.unicodeScalars.allSatisfy(Self.isAllowed) else { throw .invalidName }
        let scalars = text.unicodeScalars
        guard let first = scalars.firstIndex(where: { !$0.properties.isWhitespace }),
            let last = scalars.lastIndex(where: { !$0.properties.isWhitespace })
        else { return nil }
        let trimmed = String(scalars[first...last])
        guard trimmed.utf8.count <= bytesMax else { throw .invalidName }
        self.text = trimmed
    }

    public var description: String { self.text }

    /// Refused: C0 and C1 controls, line and paragraph separators, what changes the direction of
    /// writing (Unicode Annex 9, section 2), and noncharacters (Unicode, section 23.7).
    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0...0x1F, 0x7F...0x9F: false
        case 0x2028, 0x2029: false
        case 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: false
        case 0xFDD0...0xFDEF: false
        default: scalar.value & 0xFFFE != 0xFFFE
        }
    }
}

/// A room's name that people can read out: 1 to `bytesMax` characters of `a` to `z`, `0` to `9`, `-`.
public struct RoomAlias: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let text: String

    public init?(_ text: String, bytesMax: Int = Limits().aliasBytesMax) {
        guard isPlainWord(text.utf8, bytesMax: bytesMax) else { return nil }
        self.text = text
    }

    /// The word of a person's line, which nobody can say.
    package init(lineOf person: IdentityID) { self.text = Self.linePrefix + person.description }

    /// Whose line it is the word of; `nil`: of nobody's.
    package var person: IdentityID? {
        self.text.hasPrefix(Self.linePrefix) ? IdentityID(String(self.text.dropFirst())) : nil
    }

    private static let linePrefix = "~"

    public var description: String { self.text }

    public static func < (left: Self, right: Self) -> Bool { left.text < right.text }
}

/// How a `join` names its room.
public enum RoomReference: Hashable, Sendable {
    case id(RoomID)
    case alias(RoomAlias)
    /// Without a name: a room that is yet to be made.
    case new

    /// Whatever begins like a room id is meant to be one: if it is none, there is no such room.
    public init(_ text: String, limits: Limits = Limits()) throws(RejectionCode) {
        if text.utf8.starts(with: [RoomIDKind.prefix, UInt8(ascii: "_")]) {
            guard let id = RoomID(text) else { throw .unknownRoom }
            self = .id(id)
        } else {
            guard let alias = RoomAlias(text, bytesMax: limits.aliasBytesMax) else { throw .invalidAlias }
            self = .alias(alias)
        }
    }
}

/// Whether these are 1 to `bytesMax` characters of `a` to `z`, `0` to `9` and `-`: an alias, a pulse's kind.
func isPlainWord(_ text: some Collection<UInt8>, bytesMax: Int) -> Bool {
    let count = text.count
    return count > 0 && count <= bytesMax
        && text.allSatisfy { byte in byte &- 0x61 < 26 || ASCII.isDigit(byte) || byte == ASCII.minus }
}
