import NIOCore
import ParleyProtocol
import ParleyRedis
import Testing

@Suite("Who is the master, and who has what")
struct RedisTopologyTests {
    private typealias Word = RedisSentinelsStateMachine.Word

    private let a = RedisAddress(host: "a", port: 1)
    private let b = RedisAddress(host: "b", port: 1)
    private let sentinels = (1...3).map { RedisAddress(host: "s\($0)", port: 26_379) }

    private func text(_ text: String) -> RESPValue { .string(ByteBuffer(string: text)) }

    @Test func `the word of the highest epoch counts, also against the others'`() {
        var machine = RedisSentinelsStateMachine()
        #expect(machine.said(Word(epoch: 1, master: self.a), by: self.sentinels[0]) == self.a)
        #expect(machine.said(Word(epoch: 1, master: self.a), by: self.sentinels[1]) == nil)
        #expect(machine.said(Word(epoch: 2, master: self.b), by: self.sentinels[2]) == self.b)
        // The others do not know yet.
        #expect(machine.said(Word(epoch: 1, master: self.a), by: self.sentinels[0]) == nil)
        #expect(machine.master == self.b)
        machine.lost(self.sentinels[2])
        #expect(machine.said(Word(epoch: 2, master: self.b), by: self.sentinels[0]) == nil)
        #expect(machine.master == self.b)
    }

    @Test func `of one epoch it is what most say, and then what was said last`() {
        var machine = RedisSentinelsStateMachine()
        #expect(machine.said(Word(epoch: 1, master: self.a), by: self.sentinels[0]) == self.a)
        #expect(machine.said(Word(epoch: 1, master: self.b), by: self.sentinels[1]) == self.b)
        #expect(machine.said(Word(epoch: 1, master: self.a), by: self.sentinels[2]) == self.a)
        #expect(machine.said(Word(epoch: 1, master: self.b), by: self.sentinels[1]) == nil)
        #expect(machine.master == self.a)
    }

    @Test func `what a Sentinel answers`() {
        func word(_ texts: String...) -> Word? { Word(.map(texts.map(self.text))) }
        let expected = Word(epoch: 7, master: RedisAddress(host: "10.0.0.1", port: 6_379))
        #expect(word("name", "m", "ip", "10.0.0.1", "port", "6379", "config-epoch", "7") == expected)
        #expect(word("ip", "10.0.0.1", "port", "0") == nil)
        #expect(word("ip", "", "port", "1") == nil)
        #expect(word("port", "1", "ip") == nil)
        #expect(Word(.error(ByteBuffer(string: "ERR No such master with that name"))) == nil)
        #expect(Word(.null) == nil)
    }

    private func range(_ first: Int64, _ last: Int64, _ host: RESPValue, _ port: Int64) -> RESPValue {
        .array([.integer(first), .integer(last), .array([host, .integer(port), self.text("id")])])
    }

    @Test func `slots and their masters`() throws {
        let answer = RESPValue.array([
            self.range(0, 8_191, self.text("b"), 1), self.range(8_192, 16_383, self.text("a"), 1),
        ])
        var slots = try #require(RedisSlots(answer, asked: self.a))
        #expect(slots.isWhole && slots.masters == [self.a, self.b])
        #expect(slots[0] == self.b && slots[8_191] == self.b && slots[8_192] == self.a && slots[16_383] == self.a)
        slots[0] = self.a
        #expect(slots[0] == self.a && slots[1] == self.b)
        for slot in 1...8_191 { slots[slot] = self.a }
        #expect(slots.masters == [self.a] && slots.missing == 0)
        slots[7] = nil
        #expect(!slots.isWhole && slots.missing == 1)
        // A server that does not know its own name.
        for host in [RESPValue.null, self.text(""), self.text("?")] {
            let slots = try #require(RedisSlots(.array([self.range(5, 5, host, 9)]), asked: self.a))
            #expect(slots[5] == RedisAddress(host: "a", port: 9) && !slots.isWhole)
        }
    }

    @Test func `what are no slots`() {
        for (first, last, port) in [(-1, 5, 1), (5, 4, 1), (0, 16_384, 1), (0, 1, 0), (0, 1, 65_536)]
            as [(Int64, Int64, Int64)]
        {
            #expect(RedisSlots(.array([self.range(first, last, self.text("a"), port)]), asked: self.a) == nil)
        }
        #expect(RedisSlots(.array([.array([.integer(0)])]), asked: self.a) == nil)
        #expect(RedisSlots(.null, asked: self.a) == nil)
    }

    @Test(
        arguments: [
            (
                "MOVED 3999 127.0.0.1:6381",
                RedisRedirection.moved(slot: 3_999, to: RedisAddress(host: "127.0.0.1", port: 6_381))
            ),
            ("MOVED 1 ::1:6381", .moved(slot: 1, to: RedisAddress(host: "::1", port: 6_381))),
            ("MOVED 1 :6381", .moved(slot: 1, to: RedisAddress(host: "a", port: 6_381))),
            ("ASK 1 b:1", .ask(RedisAddress(host: "b", port: 1))), ("TRYAGAIN Multiple keys", .tryAgain),
            ("CLUSTERDOWN The cluster is down", .down), ("READONLY You can't write", .down),
            ("MOVED 16384 b:1", nil), ("MOVED x b:1", nil), ("MOVED 1 b", nil), ("MOVED 1 b:0", nil), ("ERR no", nil),
            ("", nil),
        ] as [(String, RedisRedirection?)]
    )
    func `what is said instead of an answer`(words: String, redirection: RedisRedirection?) {
        #expect(RedisRedirection(.error(ByteBuffer(string: words)), asked: self.a) == redirection)
    }
}
