import NIOCore

/// The servers of one shape, as one. Confined to its loop.
protocol RedisTopology: AnyObject {
    func start()
    func stop()
    func send(_ request: RedisRequest)
    func subscribe(_ channel: RedisKey, _ listener: RedisListener, _ promise: EventLoopPromise<Void>)
    func unsubscribe(_ channel: RedisKey, _ promise: EventLoopPromise<Void>)
}
