import DequeModule
package import NIOCore
package import ParleyProtocol

/// Which channels are listened to, and what the server has confirmed of that.
///
/// ```
/// subscribe ──> asked ── confirmed ──> heard ── the connection is lost ──> asked again ── confirmed ──> `again`
///                 └── refused, or lost: nobody listens                          └── refused: asked again later
/// ```
///
/// The server confirms in the order in which it was asked, so a refusal, which names no channel, belongs to the oldest.
package struct RedisSubscriptionsStateMachine<Waiter> {
    package enum Effect {
        case subscribe(RedisKey)
        case unsubscribe(RedisKey)
        /// Whoever asked may know: what is published from now on is heard.
        case succeed(Waiter)
        case fail(Waiter)
        /// It is heard again; what was published in between is not.
        case again(RedisKey)
        case message(RedisKey, ByteBuffer)
        /// The server refuses a channel that is wanted; or, without words, has ended the subscription by itself.
        case refused(RedisKey, ByteBuffer?)
        case ping
        case end(words: String)
    }

    private enum Standing {
        /// Nobody has heard anything of it yet.
        case first(Waiter)
        case again
        case heard
    }

    private enum Asked {
        /// With the number of the wish: the channel may have been given up since, and be wanted again.
        case subscribe(RedisKey, UInt64?)
        case unsubscribe(RedisKey, Waiter)
        case ping
    }

    private let limits: Limits
    private var channels: [RedisKey: Standing] = [:]
    /// In the order in which they were asked for, so that they are asked for again in it.
    private var number: [RedisKey: UInt64] = [:]
    private var next: UInt64 = 0
    private var asked: Deque<Asked> = []
    private var isConnected = false
    private var lastHeard: NIODeadline

    package init(limits: Limits, now: NIODeadline) {
        self.limits = limits
        self.lastHeard = now
    }

    package var count: Int { self.channels.count }

    // MARK: - Wishes

    package mutating func subscribe(_ channel: RedisKey, _ waiter: Waiter) -> [Effect] {
        guard self.isConnected, self.channels.count < self.limits.redisChannelsMax, self.channels[channel] == nil
        else { return [.fail(waiter)] }
        self.channels[channel] = .first(waiter)
        self.number[channel] = self.next
        self.next += 1
        return [self.ask(channel)]
    }

    package mutating func unsubscribe(_ channel: RedisKey, _ waiter: Waiter) -> [Effect] {
        guard let standing = self.forget(channel), self.isConnected else { return [.succeed(waiter)] }
        self.asked.append(.unsubscribe(channel, waiter))
        switch standing {
        case .first(let first): return [.fail(first), .unsubscribe(channel)]
        case .again, .heard: return [.unsubscribe(channel)]
        }
    }

    /// It was refused, or lost elsewhere, and is still wanted.
    package mutating func retry(_ channel: RedisKey) -> [Effect] {
        guard self.isConnected, case .again = self.channels[channel] else { return [] }
        return [self.ask(channel)]
    }

    /// Takes over a channel that another server has had.
    package mutating func adopt(_ channel: RedisKey) -> [Effect] {
        guard self.channels[channel] == nil else { return [] }
        self.channels[channel] = .again
        self.number[channel] = self.next
        self.next += 1
        return self.retry(channel)
    }

    /// It is another server's from now on.
    package mutating func release(_ channel: RedisKey) { _ = self.forget(channel) }

    private mutating func ask(_ channel: RedisKey) -> Effect {
        self.asked.append(.subscribe(channel, self.number[channel]))
        return .subscribe(channel)
    }

    private mutating func forget(_ channel: RedisKey) -> Standing? {
        self.number[channel] = nil
        return self.channels.removeValue(forKey: channel)
    }

    // MARK: - The connection

    package mutating func connected(now: NIODeadline) -> [Effect] {
        self.isConnected = true
        self.lastHeard = now
        let channels = self.number.sorted { $0.value < $1.value }.map(\.key)
        return channels.map { self.ask($0) }
    }

    package mutating func lost() -> [Effect] {
        self.isConnected = false
        var effects: [Effect] = []
        for (channel, _) in self.number.sorted(by: { $0.value < $1.value }) {
            switch self.channels[channel] {
            case .first(let waiter):
                _ = self.forget(channel)
                effects.append(.fail(waiter))
            case .heard: self.channels[channel] = .again
            case .again, nil: break
            }
        }
        for asked in self.asked {
            switch asked {
            case .unsubscribe(_, let waiter): effects.append(.succeed(waiter))
            case .subscribe, .ping: break
            }
        }
        self.asked = []
        return effects
    }

    package mutating func received(_ value: RESPValue, now: NIODeadline) -> [Effect] {
        self.lastHeard = now
        switch value {
        case .push(let values), .array(let values): return self.received(values)
        case .error(let words): return self.refused(words)
        // `PONG`.
        case .string: return self.answeredPing()
        case .integer, .double, .boolean, .map, .null: return [.end(words: "says what belongs to no channel")]
        }
    }

    private mutating func received(_ values: [RESPValue]) -> [Effect] {
        guard let kind = values.first?.text else { return [.end(words: "says what belongs to no channel")] }
        switch (kind, values.count, values.dropFirst().first?.bytes.map { RedisKey($0) }) {
        case ("smessage", 3, .some(let channel)), ("message", 3, .some(let channel)):
            guard self.channels[channel] != nil, let bytes = values[2].bytes else { return [] }
            return [.message(channel, bytes)]
        case ("ssubscribe", 3, .some(let channel)): return self.confirmed(channel)
        case ("sunsubscribe", 3, .some(let channel)): return self.ended(channel)
        case ("pong", _, _): return self.answeredPing()
        // Others may tell what nobody here has asked for, such as `invalidate`.
        default: return []
        }
    }

    private mutating func confirmed(_ channel: RedisKey) -> [Effect] {
        guard case .subscribe(channel, let number) = self.asked.popFirst() else {
            return [.end(words: "confirms a channel that nobody has asked for")]
        }
        guard number == self.number[channel] else { return [] }
        switch self.channels[channel] {
        case nil: return []
        case .first(let waiter):
            self.channels[channel] = .heard
            return [.succeed(waiter)]
        case .again:
            self.channels[channel] = .heard
            return [.again(channel)]
        case .heard: return []
        }
    }

    private mutating func ended(_ channel: RedisKey) -> [Effect] {
        if case .unsubscribe(channel, let waiter) = self.asked.first {
            self.asked.removeFirst()
            return [.succeed(waiter)]
        }
        // The slot of the channel moves to another server.
        guard case .heard = self.channels[channel] else { return [] }
        self.channels[channel] = .again
        return [.refused(channel, nil)]
    }

    private mutating func refused(_ words: ByteBuffer) -> [Effect] {
        switch self.asked.popFirst() {
        case nil: return [.end(words: "refuses what nobody has asked for")]
        case .ping: return []
        case .unsubscribe(_, let waiter): return [.succeed(waiter)]
        case .subscribe(let channel, let number):
            guard number == self.number[channel] else { return [] }
            switch self.channels[channel] {
            case .first(let waiter):
                _ = self.forget(channel)
                return [.refused(channel, words), .fail(waiter)]
            case .again: return [.refused(channel, words)]
            case .heard, nil: return []
            }
        }
    }

    private mutating func answeredPing() -> [Effect] {
        guard case .ping = self.asked.popFirst() else { return [.end(words: "answers what nobody has asked")] }
        return []
    }

    // MARK: - Time

    package mutating func tick(now: NIODeadline) -> [Effect] {
        guard self.isConnected else { return [] }
        let silence = now - self.lastHeard
        if self.asked.isEmpty {
            guard silence >= .milliseconds(Int64(self.limits.redisPingMilliseconds)) else { return [] }
            self.asked.append(.ping)
            return [.ping]
        }
        guard silence >= .milliseconds(Int64(self.limits.redisSilenceMilliseconds)) else { return [] }
        return [.end(words: "has not answered for \(self.limits.redisSilenceMilliseconds / 1_000) seconds")]
    }
}
