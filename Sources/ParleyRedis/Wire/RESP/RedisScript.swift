import Crypto
package import NIOCore

/// A script that runs in the server, in Lua.
package struct RedisScript: Hashable, Sendable {
    package let source: ByteBuffer
    /// The SHA-1 of the source in hexadecimal, by which a server knows it.
    package let digest: ByteBuffer

    package init(_ source: String) {
        self.source = ByteBuffer(string: source)
        let digits = Array("0123456789abcdef".utf8)
        let hash = Insecure.SHA1.hash(data: Array(source.utf8))
        self.digest = ByteBuffer(bytes: hash.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }

    /// - Parameter isKnown: whether the server has it already; it gets the source otherwise, and keeps it.
    func command(keys: [ByteBuffer], arguments: [ByteBuffer], isKnown: Bool) -> RedisCommand {
        var parts: [ByteBuffer] = []
        parts.reserveCapacity(3 + keys.count + arguments.count)
        parts.append(ByteBuffer(string: isKnown ? "EVALSHA" : "EVAL"))
        parts.append(isKnown ? self.digest : self.source)
        parts.append(ByteBuffer(string: "\(keys.count)"))
        parts += keys
        parts += arguments
        return RedisCommand(parts)
    }
}
