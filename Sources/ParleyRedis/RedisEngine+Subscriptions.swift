public import NIOCore
public import ParleyEngine
public import ParleyProtocol

extension RedisEngine {
    public func subscribe(
        to log: LogID,
        as node: NodeID,
        on eventLoop: any EventLoop,
        handler: @escaping LogHandler
    ) -> EventLoopFuture<Subscription> {
        self.hub.start(.log(handler), of: node, on: self.keys.channel(of: log), eventLoop)
    }

    public func unsubscribe(_ subscription: Subscription, on eventLoop: any EventLoop) -> EventLoopFuture<Void> {
        self.hub.end(subscription, on: eventLoop)
    }

    public func publishEphemeral(_ bytes: ByteBuffer, to log: LogID) {
        self.publish(StoredHint.ephemeral(bytes), on: self.keys.channel(of: log))
    }

    public func receive(
        as node: NodeID,
        on eventLoop: any EventLoop,
        handler: @escaping @Sendable (ByteBuffer) -> Void
    ) -> EventLoopFuture<Subscription> {
        self.hub.start(.node(handler), of: node, on: self.keys.channel(of: node), eventLoop)
    }

    public func stopReceiving(_ subscription: Subscription, on eventLoop: any EventLoop) -> EventLoopFuture<Void> {
        self.hub.end(subscription, on: eventLoop)
    }

    public func send(_ bytes: ByteBuffer, to node: NodeID) {
        self.publish(bytes, on: self.keys.channel(of: node))
    }

    /// It may be lost.
    private func publish(_ bytes: ByteBuffer, on channel: ByteBuffer) {
        let command = RedisCommand("SPUBLISH", [channel, bytes])
        _ = self.servers.send(command, key: RedisKey(channel), on: self.anyLoop)
    }
}
