package import NIOCore

extension WebSocketClientConnection {
    /// Shakes hands on a channel that is about to become active, whatever it is made of. Call it on the loop.
    package static func shakeHands(
        on channel: any Channel,
        with target: Target,
        loop: TransportLoop,
        delegate: @escaping (WebSocketConnection) -> any WebSocketDelegate
    ) throws -> EventLoopFuture<Void> {
        let done = loop.eventLoop.makePromise(of: Void.self)
        let handler = ConnectHandler(target, loop: loop, done: done, delegate: delegate)
        try channel.pipeline.syncOperations.addHandler(handler)
        return done.futureResult
    }
}
