public import NIOCore
import NIOPosix

extension WebSocketClientConnection {
    /// Connects and shakes hands, within `TransportLimits.upgradeTime` after the connect.
    ///
    /// - Parameter delegate: called on the loop before anything is read. What it sends leaves at once.
    /// - Returns: succeeds right after `delegate`; fails with `WebSocketConnectFailure`, or with what the
    ///   system says to connecting (`NIOCore.IOError`, `NIOPosix.NIOConnectionError`).
    public static func connect(
        to target: Target,
        on loop: NIOLoopBound<TransportLoop>,
        delegate: @escaping @Sendable (WebSocketConnection) -> any WebSocketDelegate
    ) -> EventLoopFuture<Void> {
        let done = loop.eventLoop.makePromise(of: Void.self)
        let receive = AdaptiveRecvByteBufferAllocator(minimum: 64, initial: 512, maximum: 65_536)
        ClientBootstrap(group: loop.eventLoop)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.recvAllocator, value: receive)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try target.channelInitializer?(channel)
                    let handler = ConnectHandler(target, loop: loop.value, done: done, delegate: delegate)
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
            .connect(host: target.host, port: target.port)
            .whenFailure { done.fail($0) }
        return done.futureResult
    }
}
