/// The bytes that the codec compares with, by name. Computed, so that no lazy global is behind them.
enum ASCII {
    @inline(__always) static var quote: UInt8 { 0x22 }
    @inline(__always) static var backslash: UInt8 { 0x5C }
    @inline(__always) static var space: UInt8 { 0x20 }
    @inline(__always) static var comma: UInt8 { 0x2C }
    @inline(__always) static var colon: UInt8 { 0x3A }
    @inline(__always) static var minus: UInt8 { 0x2D }
    @inline(__always) static var zero: UInt8 { 0x30 }
    @inline(__always) static var nine: UInt8 { 0x39 }
    @inline(__always) static var openBrace: UInt8 { 0x7B }
    @inline(__always) static var closeBrace: UInt8 { 0x7D }
    @inline(__always) static var openBracket: UInt8 { 0x5B }
    @inline(__always) static var closeBracket: UInt8 { 0x5D }

    @inline(__always)
    static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

    /// The value of a hexadecimal digit of either case.
    @inline(__always)
    static func hexadecimalValue(_ byte: UInt8) -> UInt32? {
        if byte &- 0x30 < 10 { return UInt32(byte &- 0x30) }
        let letter = byte | 0x20
        return letter &- 0x61 < 6 ? UInt32(letter &- 0x61 &+ 10) : nil
    }

    /// A lower-case hexadecimal digit for the four low bits.
    @inline(__always)
    static func hexadecimalDigit(_ four: UInt8) -> UInt8 {
        let value = four & 0xF
        return value < 10 ? 0x30 &+ value : 0x61 &+ value &- 10
    }
}
