import NIOCore
import ParleyEngine
import ParleyProtocol

/// Each channel is listened to at the server that has its slot.
extension RedisCluster: RedisSubscriptionLineDelegate {
    func subscribe(_ channel: RedisKey, _ listener: RedisListener, _ promise: EventLoopPromise<Void>) {
        guard self.homes[channel] == nil, let owner = self.slots[channel.slot] else {
            return self.later { promise.fail(EngineError.unavailable) }
        }
        self.listeners[channel] = listener
        self.homes[channel] = owner
        let bound = NIOLoopBound(self, eventLoop: self.setup.eventLoop)
        let confirmed = self.setup.eventLoop.makePromise(of: Void.self)
        confirmed.futureResult.whenFailure { _ in bound.value.forget(channel) }
        confirmed.futureResult.cascade(to: promise)
        self.subscriptionLine(owner).subscribe(channel, confirmed)
    }

    func unsubscribe(_ channel: RedisKey, _ promise: EventLoopPromise<Void>) {
        guard let home = self.homes[channel] else { return self.later { promise.succeed() } }
        self.forget(channel)
        self.subscriptionLine(home).unsubscribe(channel, promise)
    }

    private func forget(_ channel: RedisKey) {
        self.listeners[channel] = nil
        self.homes[channel] = nil
    }

    /// Slots have other owners.
    func rehome() {
        let moved = self.homes.filter { self.slots[$0.key.slot] != $0.value }
        for (channel, home) in moved.sorted(by: { Self.isBefore($0.key, $1.key) }) {
            guard let owner = self.slots[channel.slot] else { continue }
            self.subscriptionLine(home).release(channel)
            self.homes[channel] = owner
            self.subscriptionLine(owner).adopt(channel)
        }
    }

    private static func isBefore(_ left: RedisKey, _ right: RedisKey) -> Bool {
        left.bytes.readableBytesView.lexicographicallyPrecedes(right.bytes.readableBytesView)
    }

    // MARK: - What is heard

    func subscriptionsReady(_ line: RedisSubscriptionLine) { self.judge() }

    func subscriptionsLost(_ line: RedisSubscriptionLine, _ complaint: RedisComplaint) {
        guard self.isStarted else { return }
        self.status.deaf(complaint)
        self.refresh()
    }

    func heard(_ bytes: ByteBuffer, on channel: RedisKey) { self.listeners[channel]?.hear(bytes) }

    func heardAgain(_ channel: RedisKey) { self.listeners[channel]?.hearAgain() }

    func refused(_ channel: RedisKey, by line: RedisSubscriptionLine, words: String?) {
        if let words, let asked = self.homes[channel],
            case .moved(let slot, let address) =
                RedisRedirection(.error(ByteBuffer(string: words)), asked: asked)
        {
            self.slots[slot] = address
            self.rehome()
        } else {
            self.status.refused(channel, words: words)
        }
        self.refresh()
        // Where it is by then, if it is wanted by then.
        let bound = NIOLoopBound(self, eventLoop: self.setup.eventLoop)
        let pause = TimeAmount.milliseconds(Int64(self.setup.limits.redisTopologyMilliseconds))
        self.setup.eventLoop.scheduleTask(in: pause) {
            guard let home = bound.value.homes[channel] else { return }
            bound.value.subscriptionLine(home).retry(channel)
        }
    }
}
