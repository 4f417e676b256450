import NIOCore
import ParleyProtocol
import ParleyRedis
import Testing

@Suite("RESP")
struct RESPDecoderTests {
    private static func decode(
        _ text: String,
        limits: Limits = Limits(),
        cut: Int = .max
    ) throws -> [RESPValue] {
        var decoder = RESPDecoderStateMachine(limits: limits)
        var values: [RESPValue] = []
        var rest = ByteBuffer(string: text)
        while let piece = rest.readSlice(length: min(cut, rest.readableBytes)), piece.readableBytes > 0 {
            decoder.feed(piece)
            while let value = try decoder.next() { values.append(value) }
        }
        return values
    }

    private static func string(_ text: String) -> RESPValue { .string(ByteBuffer(string: text)) }

    /// What a server says, and what it means.
    private static let samples: [(text: String, values: [RESPValue])] = [
        ("+OK\r\n", [string("OK")]),
        ("-ERR no\r\n", [.error(ByteBuffer(string: "ERR no"))]),
        (":-42\r\n:0\r\n", [.integer(-42), .integer(0)]),
        ("$5\r\nhe\r\no\r\n$0\r\n\r\n$-1\r\n", [string("he\r\no"), string(""), .null]),
        ("*-1\r\n*0\r\n_\r\n", [.null, .array([]), .null]),
        (
            "*3\r\n:1\r\n*2\r\n$1\r\na\r\n*0\r\n+b\r\n",
            [.array([.integer(1), .array([string("a"), .array([])]), string("b")])]
        ),
        ("%1\r\n+k\r\n:1\r\n", [.map([string("k"), .integer(1)])]),
        ("~2\r\n#t\r\n#f\r\n", [.array([.boolean(true), .boolean(false)])]),
        (">2\r\n+pong\r\n,1.5\r\n", [.push([string("pong"), .double(1.5)])]),
        ("=7\r\ntxt:abc\r\n!5\r\nERR a\r\n", [string("abc"), .error(ByteBuffer(string: "ERR a"))]),
        ("(12\r\n(99999999999999999999\r\n", [.integer(12), string("99999999999999999999")]),
        ("|1\r\n+ttl\r\n:3\r\n*1\r\n:7\r\n:8\r\n", [.array([.integer(7)]), .integer(8)]),
    ]

    @Test(arguments: Self.samples.map(\.text))
    func `a value is the same however it is cut`(text: String) throws {
        let expected = try #require(Self.samples.first { $0.text == text }).values
        for cut in [Int.max, 1, 2, 3, 7] { #expect(try Self.decode(text, cut: cut) == expected) }
        // Half a value is none.
        #expect(try Self.decode(String(text.dropLast())).count == expected.count - 1)
    }

    @Test(arguments: [
        "?\r\n", "hello\r\n", "$-2\r\n", "*-2\r\n", "~-1\r\n", "%-1\r\n", "$+1\r\na\r\n", "$\r\n", "$1a\r\n", "$?\r\n",
        "$1\r\nab\r\n", ":1.5\r\n", ":\r\n", "#x\r\n", "_x\r\n", ",x\r\n", "(x\r\n", "=3\r\nabc\r\n", "+a\n",
        ":9223372036854775808\r\n",
    ])
    func `what is no RESP is refused`(text: String) {
        #expect(throws: RESPViolation.malformed) { try Self.decode(text) }
        #expect(throws: RESPViolation.malformed) { try Self.decode(text, cut: 1) }
    }

    @Test(arguments: [
        "$99999999999999999999\r\n", "*99999999999999999999\r\n", "$9223372036854775807\r\n",
        "%9223372036854775807\r\n",
    ])
    func `lengths that no number holds are refused`(text: String) {
        #expect(throws: RESPViolation.tooLong) { try Self.decode(text) }
    }

    @Test func `nothing follows a violation`() throws {
        var decoder = RESPDecoderStateMachine(limits: Limits())
        decoder.feed(ByteBuffer(string: "?\r\n:1\r\n"))
        #expect(throws: RESPViolation.malformed) { try decoder.next() }
        decoder.feed(ByteBuffer(string: ":1\r\n"))
        #expect(try decoder.next() == nil)
    }

    @Test func `as much as the limits say, and no more`() throws {
        var limits = Limits()
        limits.redisAnswerBytesMax = 11
        #expect(try Self.decode("$5\r\nabcde\r\n", limits: limits).count == 1)
        #expect(throws: RESPViolation.tooLong) { try Self.decode("$6\r\n", limits: limits) }
        #expect(throws: RESPViolation.tooLong) { try Self.decode("*2\r\n$2\r\n", limits: limits) }
        limits = Limits()
        limits.redisLineBytesMax = 4
        #expect(try Self.decode("+abc\r\n", limits: limits).count == 1)
        #expect(throws: RESPViolation.tooLong) { try Self.decode("+abcd\r\n", limits: limits) }
        #expect(throws: RESPViolation.tooLong) { try Self.decode("+abcde", limits: limits) }
        limits = Limits()
        limits.redisElementsMax = 4
        #expect(try Self.decode("*2\r\n*1\r\n:1\r\n*1\r\n:1\r\n", limits: limits).count == 1)
        #expect(throws: RESPViolation.tooLong) { try Self.decode("*2\r\n*1\r\n:1\r\n*2\r\n", limits: limits) }
        #expect(throws: RESPViolation.tooLong) { try Self.decode("%3\r\n", limits: limits) }
        limits = Limits()
        limits.redisDepthMax = 2
        #expect(try Self.decode("*1\r\n*1\r\n:1\r\n", limits: limits).count == 1)
        #expect(throws: RESPViolation.tooDeep) { try Self.decode("*1\r\n*1\r\n*1\r\n", limits: limits) }
    }

    @Test func `a key's place in a cluster is that of its tag`() {
        // From Redis' documentation: CLUSTER KEYSLOT.
        #expect(RedisKey("somekey").slot == 11_058)
        #expect(RedisKey("foo{hash_tag}").slot == 2_515)
        #expect(RedisKey("bar{hash_tag}").slot == 2_515)
        #expect(RedisKey("{}a").slot != RedisKey("{}b").slot)
        #expect(RedisKey("123456789").slot == 0x31C3)
        #expect(RedisKey("").slot == 0)
    }
}
