package import NIOCore

/// What is asked of a Redis server: a name and its arguments.
package struct RedisCommand: Hashable, Sendable {
    package let parts: [ByteBuffer]

    package init(_ parts: [ByteBuffer]) { self.parts = parts }

    package init(_ name: String, _ arguments: [ByteBuffer]) {
        self.parts = [ByteBuffer(string: name)] + arguments
    }

    package init(_ texts: String...) { self.parts = texts.map { ByteBuffer(string: $0) } }

    init(texts: [String]) { self.parts = texts.map { ByteBuffer(string: $0) } }

    /// The bytes it takes on the wire, and some more.
    var byteCount: Int { self.parts.reduce(16) { $0 + $1.readableBytes + 16 } }

    func encode(into output: inout ByteBuffer) {
        output.writeInteger(UInt8(ascii: "*"))
        Self.line(self.parts.count, into: &output)
        for part in self.parts {
            output.writeInteger(UInt8(ascii: "$"))
            Self.line(part.readableBytes, into: &output)
            output.writeImmutableBuffer(part)
            output.writeStaticString("\r\n")
        }
    }

    private static func line(_ number: Int, into output: inout ByteBuffer) {
        output.writeString("\(number)\r\n")
    }
}
