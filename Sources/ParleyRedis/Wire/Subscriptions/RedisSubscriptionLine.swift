import NIOCore
import ParleyEngine
import ParleyProtocol

/// Who uses a ``RedisSubscriptionLine``.
protocol RedisSubscriptionLineDelegate: AnyObject {
    func subscriptionsReady(_ line: RedisSubscriptionLine)
    func subscriptionsLost(_ line: RedisSubscriptionLine, _ complaint: RedisComplaint)
    func heard(_ bytes: ByteBuffer, on channel: RedisKey)
    func heardAgain(_ channel: RedisKey)
    /// The server does not let us listen to a channel that is wanted, or, without words, has ended it by itself.
    func refused(_ channel: RedisKey, by line: RedisSubscriptionLine, words: String?)
}

/// The channels of one server, on a connection of their own: one that listens too slowly is ended by the server, and
/// that must not concern the commands.
///
/// Confined to its loop.
final class RedisSubscriptionLine: RedisLinkDelegate {
    private typealias Machine = RedisSubscriptionsStateMachine<EventLoopPromise<Void>>

    private let setup: RedisLink.Setup
    private weak var delegate: (any RedisSubscriptionLineDelegate)?
    private var machine: Machine
    private(set) var link: RedisLink?

    init(_ address: RedisAddress, setup: RedisLink.Setup, delegate: any RedisSubscriptionLineDelegate) {
        self.setup = setup
        self.delegate = delegate
        self.machine = Machine(limits: setup.limits, now: .now())
        self.link = RedisLink(address, setup: setup, isExamined: false, delegate: self)
    }

    var isReady: Bool { self.link?.isReady ?? false }

    func start() { self.link?.start() }

    func stop() {
        self.link?.stop()
        self.link = nil
    }

    /// From now on another server is meant.
    func move(to address: RedisAddress) { self.link?.move(to: address) }

    func subscribe(_ channel: RedisKey, _ promise: EventLoopPromise<Void>) {
        self.perform(self.machine.subscribe(channel, promise))
    }

    func unsubscribe(_ channel: RedisKey, _ promise: EventLoopPromise<Void>) {
        self.perform(self.machine.unsubscribe(channel, promise))
    }

    func adopt(_ channel: RedisKey) { self.perform(self.machine.adopt(channel)) }

    func release(_ channel: RedisKey) { self.machine.release(channel) }

    /// A channel that was refused and is still wanted.
    func retry(_ channel: RedisKey) { self.perform(self.machine.retry(channel)) }

    private func perform(_ effects: [Machine.Effect]) {
        for effect in effects {
            switch effect {
            case .subscribe(let channel): self.link?.send(RedisCommand("SSUBSCRIBE", [channel.bytes]))
            case .unsubscribe(let channel): self.link?.send(RedisCommand("SUNSUBSCRIBE", [channel.bytes]))
            case .ping: self.link?.send(RedisCommand("PING"))
            // Later, since nobody is told anything before the call in which it was asked has returned.
            case .succeed(let promise): self.setup.eventLoop.execute { promise.succeed() }
            case .fail(let promise): self.setup.eventLoop.execute { promise.fail(EngineError.unavailable) }
            case .again(let channel): self.delegate?.heardAgain(channel)
            case .message(let channel, let bytes): self.delegate?.heard(bytes, on: channel)
            case .refused(let channel, let words):
                self.delegate?.refused(channel, by: self, words: words.map { String(buffer: $0) })
            case .end(let words):
                guard let link = self.link else { continue }
                link.end(RedisComplaint(.silent, "\(link.address) \(words)."))
            }
        }
    }

    // MARK: - Link

    func linkReady(_ link: RedisLink, _ facts: RedisFacts) {
        self.perform(self.machine.connected(now: .now()))
        self.delegate?.subscriptionsReady(self)
    }

    func link(_ link: RedisLink, received value: RESPValue) {
        self.perform(self.machine.received(value, now: .now()))
    }

    func linkReadComplete(_ link: RedisLink) {}

    func linkFlushed(_ link: RedisLink) {}

    func linkLost(_ link: RedisLink, _ complaint: RedisComplaint, wasReady: Bool) {
        self.perform(self.machine.lost())
        self.delegate?.subscriptionsLost(self, complaint)
    }

    func linkTick(_ link: RedisLink, now: NIODeadline) { self.perform(self.machine.tick(now: now)) }
}
