import NIOCore
import ParleyProtocol

/// Who uses a ``RedisSentinelLine``.
protocol RedisSentinelLineDelegate: AnyObject {
    func sentinel(_ address: RedisAddress, said word: RedisSentinelsStateMachine.Word)
    func sentinelLost(_ address: RedisAddress, _ complaint: RedisComplaint)
}

/// One Sentinel: is asked again and again who the master is, and at once when it says that another one is.
///
/// Confined to its loop.
final class RedisSentinelLine: RedisLinkDelegate {
    private let address: RedisAddress
    private let master: String
    private let limits: Limits
    private weak var delegate: (any RedisSentinelLineDelegate)?
    private var link: RedisLink?
    /// Questions without an answer so far.
    private var asked = 0
    private var lastAsked: NIODeadline = .distantPast
    private var lastHeard: NIODeadline = .distantPast

    init(
        _ address: RedisAddress,
        master: String,
        setup: RedisLink.Setup,
        delegate: any RedisSentinelLineDelegate
    ) {
        self.address = address
        self.master = master
        self.limits = setup.limits
        self.delegate = delegate
        self.link = RedisLink(address, setup: setup, isExamined: false, delegate: self)
    }

    func start() { self.link?.start() }

    func stop() {
        self.link?.stop()
        self.link = nil
    }

    private func ask(_ link: RedisLink, now: NIODeadline) {
        self.asked += 1
        self.lastAsked = now
        link.send(RedisCommand("SENTINEL", "MASTER", self.master))
    }

    // MARK: - Link

    func linkReady(_ link: RedisLink, _ facts: RedisFacts) {
        self.asked = 0
        self.lastHeard = .now()
        // The older tongue takes no questions beside channels: asking often has to do.
        if facts.isResp3 { link.send(RedisCommand("SUBSCRIBE", "+switch-master")) }
        self.ask(link, now: .now())
    }

    func link(_ link: RedisLink, received value: RESPValue) {
        self.lastHeard = .now()
        if case .push(let values) = value {
            if values.first?.text == "message" { self.ask(link, now: .now()) }
            return
        }
        self.asked = max(0, self.asked - 1)
        if let word = RedisSentinelsStateMachine.Word(value) {
            self.delegate?.sentinel(self.address, said: word)
        } else {
            let words = value.text.map { ": \($0)" } ?? "."
            link.end(
                RedisComplaint(.noMaster, "The Sentinel \(self.address) knows no master \(self.master)\(words)")
            )
        }
    }

    func linkReadComplete(_ link: RedisLink) {}

    func linkFlushed(_ link: RedisLink) {}

    func linkLost(_ link: RedisLink, _ complaint: RedisComplaint, wasReady: Bool) {
        self.delegate?.sentinelLost(self.address, complaint)
    }

    func linkTick(_ link: RedisLink, now: NIODeadline) {
        if self.asked > 0, now - self.lastHeard >= .milliseconds(Int64(self.limits.redisSilenceMilliseconds)) {
            return link.end(RedisComplaint(.silent, "The Sentinel \(self.address) does not answer."))
        }
        if self.asked == 0, now - self.lastAsked >= .milliseconds(Int64(self.limits.redisTopologyMilliseconds)) {
            self.ask(link, now: now)
        }
    }
}
