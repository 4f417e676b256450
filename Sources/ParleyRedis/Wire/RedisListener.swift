import NIOCore

/// Who listens to a channel, and where.
struct RedisListener: Sendable {
    let eventLoop: any EventLoop
    let handler: @Sendable (ByteBuffer) -> Void
    let resubscribed: @Sendable () -> Void

    func hear(_ bytes: ByteBuffer) {
        if self.eventLoop.inEventLoop {
            self.handler(bytes)
        } else {
            self.eventLoop.execute { self.handler(bytes) }
        }
    }

    func hearAgain() { self.eventLoop.execute { self.resubscribed() } }
}
