import NIOCore
import ParleyProtocol
import ParleyRedis
import Testing

@Suite("Channels of a Redis")
struct RedisSubscriptionsTests {
    private typealias Machine = RedisSubscriptionsStateMachine<String>

    private let limits = Limits()

    private func at(_ milliseconds: Int) -> NIODeadline {
        .uptimeNanoseconds(1_000_000_000) + .milliseconds(Int64(milliseconds))
    }

    private func machine() -> Machine {
        var machine = Machine(limits: self.limits, now: self.at(0))
        _ = machine.connected(now: self.at(0))
        return machine
    }

    private func words(_ effects: [Machine.Effect]) -> [String] {
        effects.map { effect in
            switch effect {
            case .subscribe(let channel): "subscribe \(String(buffer: channel.bytes))"
            case .unsubscribe(let channel): "unsubscribe \(String(buffer: channel.bytes))"
            case .succeed(let waiter): "succeed \(waiter)"
            case .fail(let waiter): "fail \(waiter)"
            case .again(let channel): "again \(String(buffer: channel.bytes))"
            case .message(let channel, let bytes): "\(String(buffer: channel.bytes)): \(String(buffer: bytes))"
            case .refused(let channel, let words):
                "refused \(String(buffer: channel.bytes)) \(words.map { String(buffer: $0) } ?? "by itself")"
            case .ping: "ping"
            case .end(let words): "end: \(words)"
            }
        }
    }

    private func push(_ texts: String...) -> RESPValue { .push(texts.map { .string(ByteBuffer(string: $0)) }) }

    private func confirm(_ kind: String, _ channel: String) -> RESPValue {
        .push([.string(ByteBuffer(string: kind)), .string(ByteBuffer(string: channel)), .integer(1)])
    }

    private func say(_ machine: inout Machine, _ value: RESPValue) -> [String] {
        self.words(machine.received(value, now: self.at(0)))
    }

    @Test func `whoever subscribes hears when it counts, then messages, then none`() {
        var machine = self.machine()
        #expect(self.words(machine.subscribe(RedisKey("a"), "w1")) == ["subscribe a"])
        #expect(self.say(&machine, self.confirm("ssubscribe", "a")) == ["succeed w1"])
        #expect(self.say(&machine, self.push("smessage", "a", "hi")) == ["a: hi"])
        #expect(self.say(&machine, self.push("smessage", "b", "hi")).isEmpty)
        #expect(self.words(machine.unsubscribe(RedisKey("a"), "w2")) == ["unsubscribe a"])
        #expect(self.say(&machine, self.push("smessage", "a", "late")).isEmpty)
        #expect(self.say(&machine, self.confirm("sunsubscribe", "a")) == ["succeed w2"])
        #expect(machine.count == 0)
    }

    @Test func `in the older tongue it is the same`() {
        var machine = self.machine()
        _ = machine.subscribe(RedisKey("a"), "w1")
        let texts = ["ssubscribe", "a"].map { RESPValue.string(ByteBuffer(string: $0)) }
        #expect(self.say(&machine, .array(texts + [.integer(1)])) == ["succeed w1"])
        #expect(self.words(machine.tick(now: self.at(self.limits.redisPingMilliseconds))) == ["ping"])
        #expect(self.say(&machine, .array(["pong", ""].map { .string(ByteBuffer(string: $0)) })).isEmpty)
    }

    @Test func `after a loss it is asked again for what was heard, in the old order, and says that it is heard again`()
    {
        var machine = self.machine()
        for channel in ["c", "a", "b"] {
            _ = machine.subscribe(RedisKey(channel), channel)
            _ = self.say(&machine, self.confirm("ssubscribe", channel))
        }
        _ = machine.subscribe(RedisKey("new"), "new")
        _ = machine.unsubscribe(RedisKey("a"), "gone")
        #expect(self.words(machine.lost()) == ["fail new", "succeed gone"])
        #expect(self.words(machine.subscribe(RedisKey("x"), "x")) == ["fail x"])
        #expect(self.words(machine.unsubscribe(RedisKey("b"), "b")) == ["succeed b"])
        #expect(self.words(machine.connected(now: self.at(0))) == ["subscribe c"])
        #expect(self.say(&machine, self.confirm("ssubscribe", "c")) == ["again c"])
        #expect(self.words(machine.lost()).isEmpty)
        #expect(self.words(machine.connected(now: self.at(0))) == ["subscribe c"])
    }

    @Test func `a refusal belongs to the oldest question`() {
        var machine = self.machine()
        _ = machine.subscribe(RedisKey("a"), "w1")
        _ = machine.subscribe(RedisKey("b"), "w2")
        let refusal = RESPValue.error(ByteBuffer(string: "NOPERM no"))
        #expect(self.say(&machine, refusal) == ["refused a NOPERM no", "fail w1"])
        #expect(self.say(&machine, self.confirm("ssubscribe", "b")) == ["succeed w2"])
        #expect(self.words(machine.subscribe(RedisKey("a"), "w3")) == ["subscribe a"])
    }

    @Test func `a channel that the server gives away is lost until it is asked for again`() {
        var machine = self.machine()
        _ = machine.subscribe(RedisKey("a"), "w1")
        _ = self.say(&machine, self.confirm("ssubscribe", "a"))
        #expect(self.say(&machine, self.confirm("sunsubscribe", "a")) == ["refused a by itself"])
        #expect(self.words(machine.retry(RedisKey("a"))) == ["subscribe a"])
        #expect(self.say(&machine, .error(ByteBuffer(string: "MOVED 1 b:2"))) == ["refused a MOVED 1 b:2"])
        machine.release(RedisKey("a"))
        #expect(self.words(machine.retry(RedisKey("a"))).isEmpty)
        var other = self.machine()
        #expect(self.words(other.adopt(RedisKey("a"))) == ["subscribe a"])
        #expect(self.say(&other, self.confirm("ssubscribe", "a")) == ["again a"])
    }

    @Test func `the confirmation of a wish that was given up is not taken for that of the next one`() {
        var machine = self.machine()
        _ = machine.subscribe(RedisKey("a"), "w1")
        #expect(self.words(machine.unsubscribe(RedisKey("a"), "w2")) == ["fail w1", "unsubscribe a"])
        #expect(self.words(machine.subscribe(RedisKey("a"), "w3")) == ["subscribe a"])
        #expect(self.say(&machine, self.confirm("ssubscribe", "a")).isEmpty)
        #expect(self.say(&machine, self.confirm("sunsubscribe", "a")) == ["succeed w2"])
        #expect(self.say(&machine, self.confirm("ssubscribe", "a")) == ["succeed w3"])
    }

    @Test func `a server that says what cannot be is left`() {
        var machine = self.machine()
        #expect(
            self.say(&machine, self.confirm("ssubscribe", "a")) == ["end: confirms a channel that nobody has asked for"]
        )
        machine = self.machine()
        #expect(self.say(&machine, .integer(1)) == ["end: says what belongs to no channel"])
        machine = self.machine()
        #expect(self.say(&machine, .string(ByteBuffer(string: "PONG"))) == ["end: answers what nobody has asked"])
        machine = self.machine()
        #expect(self.say(&machine, self.push("invalidate", "a")).isEmpty)
    }

    @Test func `silence is asked about, and then ends the connection`() {
        var machine = self.machine()
        #expect(machine.tick(now: self.at(self.limits.redisPingMilliseconds - 1)).isEmpty)
        #expect(self.words(machine.tick(now: self.at(self.limits.redisPingMilliseconds))) == ["ping"])
        #expect(machine.tick(now: self.at(self.limits.redisSilenceMilliseconds - 1)).isEmpty)
        #expect(
            self.words(machine.tick(now: self.at(self.limits.redisSilenceMilliseconds)))
                == ["end: has not answered for \(self.limits.redisSilenceMilliseconds / 1_000) seconds"]
        )
    }

    @Test func `as many channels as the limit says`() {
        var limits = Limits()
        limits.redisChannelsMax = 1
        var machine = Machine(limits: limits, now: self.at(0))
        _ = machine.connected(now: self.at(0))
        #expect(self.words(machine.subscribe(RedisKey("a"), "w1")) == ["subscribe a"])
        #expect(self.words(machine.subscribe(RedisKey("a"), "twice")) == ["fail twice"])
        #expect(self.words(machine.subscribe(RedisKey("b"), "w2")) == ["fail w2"])
    }
}
