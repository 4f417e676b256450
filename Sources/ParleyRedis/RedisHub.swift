import NIOCore
import ParleyEngine
import ParleyProtocol
import Synchronization

/// Who listens on which channel. Each channel is subscribed to once, whoever wants it.
final class RedisHub: Sendable {
    enum Handler: Sendable {
        case log(LogHandler)
        case node(@Sendable (ByteBuffer) -> Void)
    }

    private struct Subscriber: Sendable {
        let id: Subscription
        let node: NodeID
        let eventLoop: any EventLoop
        let handler: Handler
    }

    /// One subscription of the server's.
    private struct Channel: Sendable {
        /// Of two that follow each other, which.
        let number: UInt64
        let confirmed: EventLoopPromise<Void>
        var subscribers: [Subscriber]
    }

    private struct Guarded: Sendable {
        var channels: [ByteBuffer: Channel] = [:]
        var channelOf: [Subscription: ByteBuffer] = [:]
        var last: UInt64 = 0
        var outboxes: [ObjectIdentifier: LoopOutbox] = [:]

        mutating func next() -> UInt64 {
            self.last += 1
            return self.last
        }

        /// - Returns: whether the loop has to be woken.
        mutating func add(on eventLoop: any EventLoop, _ work: @escaping LoopOutbox.Work) -> Bool {
            self.outboxes[ObjectIdentifier(eventLoop), default: LoopOutbox(eventLoop)].add(work)
        }
    }

    private let servers: RedisServers
    /// Where the server is asked to begin and to end: in the order in which it was decided here.
    private let askingLoop: any EventLoop
    private let guarded = Mutex(Guarded())

    init(_ servers: RedisServers, askingLoop: any EventLoop) {
        self.servers = servers
        self.askingLoop = askingLoop
    }

    // MARK: Begin and end

    func start(
        _ handler: Handler,
        of node: NodeID,
        on name: ByteBuffer,
        _ eventLoop: any EventLoop
    ) -> EventLoopFuture<Subscription> {
        let promise = eventLoop.makePromise(of: Subscription.self)
        let (id, confirmed, mustWake) = self.guarded.withLock { guarded in
            let id = Subscription(rawValue: guarded.next())
            guarded.channelOf[id] = name
            let subscriber = Subscriber(id: id, node: node, eventLoop: eventLoop, handler: handler)
            if let confirmed = guarded.channels[name]?.confirmed {
                guarded.channels[name]?.subscribers.append(subscriber)
                return (id, confirmed, false)
            }
            let confirmed = self.askingLoop.makePromise(of: Void.self)
            let number = guarded.next()
            guarded.channels[name] = Channel(number: number, confirmed: confirmed, subscribers: [subscriber])
            let mustWake = guarded.add(on: self.askingLoop) { self.open(name, number, eventLoop, confirmed) }
            return (id, confirmed, mustWake)
        }
        if mustWake { self.drain(self.askingLoop) }
        confirmed.futureResult.hop(to: eventLoop).whenComplete { result in
            switch result {
            case .success: promise.succeed(id)
            case .failure(let error):
                self.remove(id)
                promise.fail((error as? EngineError) ?? .unavailable)
            }
        }
        return promise.futureResult
    }

    /// - Parameter eventLoop: where messages arrive: the loop of whoever came first.
    private func open(
        _ name: ByteBuffer,
        _ number: UInt64,
        _ eventLoop: any EventLoop,
        _ confirmed: EventLoopPromise<Void>
    ) {
        // What was said while nobody listened is found out by those who look at heads and mailboxes now and then.
        self.servers.subscribe(RedisKey(name), on: eventLoop) { [weak self] message in
            self?.hear(message, on: name, number)
        } resubscribed: {
        }.cascade(to: confirmed)
    }

    /// Completes by way of the subscription's own loop, behind all handler calls that are due there.
    func end(_ subscription: Subscription, on eventLoop: any EventLoop) -> EventLoopFuture<Void> {
        let loop = self.remove(subscription) ?? eventLoop
        let promise = eventLoop.makePromise(of: Void.self)
        self.later(on: loop) { promise.succeed() }
        return promise.futureResult
    }

    @discardableResult
    private func remove(_ subscription: Subscription) -> (any EventLoop)? {
        let (loop, mustWake) = self.guarded.withLock { guarded -> ((any EventLoop)?, Bool) in
            guard let name = guarded.channelOf.removeValue(forKey: subscription),
                let index = guarded.channels[name]?.subscribers.firstIndex(where: { $0.id == subscription }),
                let loop = guarded.channels[name]?.subscribers.remove(at: index).eventLoop
            else { return (nil, false) }
            guard guarded.channels[name]?.subscribers.isEmpty == true else { return (loop, false) }
            guarded.channels[name] = nil
            let mustWake = guarded.add(on: self.askingLoop) {
                _ = self.servers.unsubscribe(RedisKey(name), on: self.askingLoop)
            }
            return (loop, mustWake)
        }
        if mustWake { self.drain(self.askingLoop) }
        return loop
    }

    // MARK: Messages

    /// On the channel's loop. Who is at home there hears it at once, the others soon.
    private func hear(_ message: ByteBuffer, on name: ByteBuffer, _ number: UInt64) {
        let subscribers = self.guarded.withLock { guarded in
            // A late message of an earlier subscription: a hint may be lost.
            guarded.channels[name].flatMap { $0.number == number ? $0.subscribers : nil } ?? []
        }
        guard let first = subscribers.first else { return }
        switch first.handler {
        case .node:
            for subscriber in subscribers {
                guard case .node(let handler) = subscriber.handler else { continue }
                self.call(subscriber) { handler(message) }
            }
        case .log:
            guard let (hint, author) = StoredHint.decode(message) else { return }
            for subscriber in subscribers where subscriber.node != author {
                guard case .log(let handler) = subscriber.handler else { continue }
                self.call(subscriber) { handler(hint) }
            }
        }
    }

    private func call(_ subscriber: Subscriber, _ work: @escaping LoopOutbox.Work) {
        if subscriber.eventLoop.inEventLoop { work() } else { self.later(on: subscriber.eventLoop, work) }
    }

    private func later(on eventLoop: any EventLoop, _ work: @escaping LoopOutbox.Work) {
        if self.guarded.withLock({ $0.add(on: eventLoop, work) }) { self.drain(eventLoop) }
    }

    /// Soon, on that loop: everything that gathers until then.
    private func drain(_ eventLoop: any EventLoop) {
        eventLoop.execute {
            let key = ObjectIdentifier(eventLoop)
            let work = self.guarded.withLock { $0.outboxes[key, default: LoopOutbox(eventLoop)].takeAll() }
            for work in work { work() }
        }
    }
}
