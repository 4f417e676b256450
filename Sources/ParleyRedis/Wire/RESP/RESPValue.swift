package import NIOCore

/// What a Redis server says: one value of RESP 2 or RESP 3. Texts are slices of what was read, not copies.
package enum RESPValue: Hashable, Sendable {
    /// Simple, bulk and verbatim texts, and numbers too large for 64 bits.
    case string(ByteBuffer)
    case integer(Int64)
    case double(Double)
    case boolean(Bool)
    /// Sets as well.
    case array([RESPValue])
    /// Keys and values in turn, as they came.
    case map([RESPValue])
    /// What nobody has asked for: messages of channels.
    case push([RESPValue])
    /// A refusal, with its code in front: `OOM command not allowed …`.
    case error(ByteBuffer)
    case null

    package var text: String? {
        switch self {
        case .string(let buffer), .error(let buffer): String(buffer: buffer)
        case .integer(let number): String(number)
        case .double, .boolean, .array, .map, .push, .null: nil
        }
    }

    /// The bytes of a text.
    package var bytes: ByteBuffer? {
        switch self {
        case .string(let buffer): buffer
        case .integer, .double, .boolean, .array, .map, .push, .error, .null: nil
        }
    }

    /// Also of a number that is written as a text.
    package var integer: Int64? {
        switch self {
        case .integer(let number): number
        case .string(let buffer): Int64(String(buffer: buffer))
        case .double, .boolean, .array, .map, .push, .error, .null: nil
        }
    }

    /// The elements of an array, a map or a push.
    package var elements: [RESPValue]? {
        switch self {
        case .array(let values), .map(let values), .push(let values): values
        case .string, .integer, .double, .boolean, .error, .null: nil
        }
    }

    /// The first word of a refusal, such as `NOSCRIPT`.
    package var errorCode: Substring? {
        switch self {
        case .error(let buffer): String(buffer: buffer).prefix { $0 != " " }
        case .string, .integer, .double, .boolean, .array, .map, .push, .null: nil
        }
    }

    package func isError(_ code: String) -> Bool { self.errorCode?.elementsEqual(code) ?? false }
}
