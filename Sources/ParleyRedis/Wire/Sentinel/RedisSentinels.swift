import NIOCore
import ParleyProtocol

/// One server for everything, the one of which Sentinels say that it is the master.
final class RedisSentinels: RedisTopology {
    private let single: RedisSingle
    private let status: RedisStatus
    private var machine = RedisSentinelsStateMachine()
    private var lines: [RedisSentinelLine] = []

    /// - Parameter sentinels: how those are talked to; `setup` is for the master.
    init(
        _ addresses: [RedisAddress],
        master: String,
        setup: RedisLink.Setup,
        sentinels: RedisLink.Setup,
        status: RedisStatus
    ) {
        self.single = RedisSingle(nil, setup: setup, status: status)
        self.status = status
        self.lines = addresses.map { RedisSentinelLine($0, master: master, setup: sentinels, delegate: self) }
    }

    func start() {
        self.single.start()
        for line in self.lines { line.start() }
    }

    func stop() {
        for line in self.lines { line.stop() }
        self.single.stop()
    }

    func send(_ request: RedisRequest) { self.single.send(request) }

    func subscribe(_ channel: RedisKey, _ listener: RedisListener, _ promise: EventLoopPromise<Void>) {
        self.single.subscribe(channel, listener, promise)
    }

    func unsubscribe(_ channel: RedisKey, _ promise: EventLoopPromise<Void>) {
        self.single.unsubscribe(channel, promise)
    }
}

extension RedisSentinels: RedisSentinelLineDelegate {
    func sentinel(_ address: RedisAddress, said word: RedisSentinelsStateMachine.Word) {
        if let master = self.machine.said(word, by: address) { self.single.move(to: master) }
    }

    func sentinelLost(_ address: RedisAddress, _ complaint: RedisComplaint) {
        self.machine.lost(address)
        // As long as a master is known, a Sentinel that is away is no trouble.
        if self.machine.master == nil {
            self.status.failed(complaint)
        } else {
            self.status.note(complaint)
        }
    }
}
