/// Why a text is not JSON as Parley accepts it, and where.
public struct JSONError: Error, Hashable, Sendable {
    public enum Fault: Int, Hashable, Sendable {
        /// The text ends inside a value.
        case unexpectedEnd = 1
        /// A byte that the grammar does not allow here (RFC 8259, section 2).
        case unexpectedByte
        /// A number with a leading zero, without digits, and the like (section 6).
        case invalidNumber
        /// A backslash before a byte that makes no escape (section 7).
        case invalidEscape
        /// A raw byte below U+0020 inside a string (section 7).
        case controlCharacter
        /// `\uD800` to `\uDFFF` that is no half of a pair (section 8.2 leaves it open; Parley refuses it).
        case loneSurrogate
        /// The bytes are not UTF-8 (section 8.1).
        case invalidUTF8
        /// More nested arrays and objects than the limit.
        case tooDeep
        /// Two members of one object have the same name (section 4 leaves it open; Parley refuses it).
        case duplicateMember
        /// Something follows the value.
        case trailingBytes
    }

    public let fault: Fault
    /// In bytes from the start of the text; roughly where, for people. 0 for ``Fault/invalidUTF8``.
    public let offset: Int

    public init(_ fault: Fault, at offset: Int) {
        self.fault = fault
        self.offset = offset
    }
}
