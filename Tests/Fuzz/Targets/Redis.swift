import NIOCore
import ParleyProtocol
import ParleyRedis

extension FuzzTarget {
    /// How it is cut, and what a Redis says: in one, byte by byte and in pieces it means the same, what was understood
    /// can be written so that it is understood as the same, and whoever converses with the server by it survives.
    static let resp = FuzzTarget(name: "resp") { input in
        var feed = Feed(input)
        let cuts = (0..<Int(feed.byte() & 7)).map { _ in Int(feed.byte()) + 1 }
        var limits = Limits()
        limits.redisAnswerBytesMax = 1_000
        limits.redisElementsMax = 60
        limits.redisLineBytesMax = 90
        let stream = Array(feed.rest.prefix(4_000))
        let whole = Self.decode(stream, limits, cuts: [])
        for cuts in [[1], cuts] where !cuts.isEmpty {
            let found = Self.decode(stream, limits, cuts: cuts)
            // What is too long may be noticed before its end is looked at.
            try demand(
                found.values.map(Self.encode) == whole.values.map(Self.encode),
                "cut after \(cuts): other values"
            )
            try demand(
                (found.violation == nil) == (whole.violation == nil),
                "cut after \(cuts): \(found.violation as Any)"
            )
        }
        for value in whole.values {
            let written = Self.encode(value)
            let again = Self.decode(written, Limits(), cuts: [])
            try demand(again.violation == nil && again.values.count == 1, "does not read its own value: \(value)")
            try demand(again.values.map(Self.encode) == [written], "reads its own value differently: \(value)")
            try demand(Self.depth(value) <= limits.redisDepthMax, "too deep: \(value)")
        }
        Self.converse(whole.values)
    }

    /// An address of a Redis is understood, or refused in words; no part of a password is in them.
    static let redisURLs = FuzzTarget(name: "redis-urls") { input in
        let url = text(input)
        do {
            let configuration = try RedisConfiguration(url: url)
            // It says the same whatever the passwords are: a search for them would also find them in a file's name.
            var other = configuration
            other.credentials = Self.withAnotherPassword(configuration.credentials)
            other.sentinelCredentials = Self.withAnotherPassword(configuration.sentinelCredentials)
            try demand("\(other)" == "\(configuration)", "says a password")
            try demand(String(reflecting: other) == String(reflecting: configuration), "says a password to debuggers")
        } catch let error as RedisURLError {
            try demand(error.description.hasSuffix("."), "no sentence: \(error)")
        }
        var facts = RedisFacts()
        facts.read(info: url)
        _ = RedisExamination(facts, address: RedisAddress(host: "a", port: 1), isCluster: false)
    }

    private static func withAnotherPassword(_ credentials: RedisCredentials?) -> RedisCredentials? {
        credentials.map { RedisCredentials(user: $0.user, password: $0.password + "!") }
    }

    private static func decode(
        _ bytes: [UInt8],
        _ limits: Limits,
        cuts: [Int]
    ) -> (values: [RESPValue], violation: RESPViolation?) {
        var decoder = RESPDecoderStateMachine(limits: limits)
        var (values, rest, turn): ([RESPValue], _, _) = ([], bytes[...], 0)
        do throws(RESPViolation) {
            repeat {
                let length = cuts.isEmpty ? rest.count : min(rest.count, cuts[turn % cuts.count])
                turn += 1
                decoder.feed(ByteBuffer(bytes: rest.prefix(length)))
                rest = rest.dropFirst(length)
                while let value = try decoder.next() { values.append(value) }
            } while !rest.isEmpty
        } catch {
            return (values, error)
        }
        return (values, nil)
    }

    private static func encode(_ value: RESPValue) -> [UInt8] {
        func bulk(_ kind: String, _ bytes: ByteBuffer) -> [UInt8] {
            Array("\(kind)\(bytes.readableBytes)\r\n".utf8) + bytes.readableBytesView + Array("\r\n".utf8)
        }
        func several(_ kind: String, _ count: Int, _ values: [RESPValue]) -> [UInt8] {
            Array("\(kind)\(count)\r\n".utf8) + values.flatMap { self.encode($0) }
        }
        return switch value {
        case .string(let bytes): bulk("$", bytes)
        case .error(let bytes): bulk("!", bytes)
        case .integer(let number): Array(":\(number)\r\n".utf8)
        case .double(let number): Array(",\(number)\r\n".utf8)
        case .boolean(let isTrue): Array("#\(isTrue ? "t" : "f")\r\n".utf8)
        case .null: Array("_\r\n".utf8)
        case .array(let values): several("*", values.count, values)
        case .map(let values): several("%", values.count / 2, values)
        case .push(let values): several(">", values.count, values)
        }
    }

    private static func depth(_ value: RESPValue) -> Int {
        value.elements.map { 1 + ($0.map(self.depth).max() ?? -1) }.map { max($0, 0) } ?? 0
    }

    private static func converse(_ values: [RESPValue]) {
        var greeting = RedisGreetingStateMachine(
            address: RedisAddress(host: "a", port: 1),
            credentials: RedisCredentials(user: nil, password: "p"),
            database: 1,
            clientName: "parley",
            isExamined: true
        )
        for value in values { _ = greeting.answered(value) }
        let now = NIODeadline.uptimeNanoseconds(1)
        var subscriptions = RedisSubscriptionsStateMachine<Int>(limits: Limits(), now: now)
        _ = subscriptions.connected(now: now)
        for channel in ["a", "b"] { _ = subscriptions.subscribe(RedisKey(channel), 1) }
        _ = subscriptions.unsubscribe(RedisKey("b"), 2)
        for value in values { _ = subscriptions.received(value, now: now) }
        _ = subscriptions.lost()
        for value in values { _ = value.bytes.map { RedisKey($0).slot } }
    }
}
