public import NIOCore

/// What happens to accepted channels of one event loop: which requests become WebSockets, and who gets the
/// rest. Confined to its event loop; `NIOLoopBound` carries it elsewhere.
public final class WebSocketAcceptor {
    public let loop: TransportLoop
    let path: String
    let decide: (UpgradeRequest) -> UpgradeDecision
    let handOver: (any Channel) -> EventLoopFuture<Void>

    /// - Parameters:
    ///   - path: a request for it, with or without a query, that wants a WebSocket is ours.
    ///   - decide: called once per valid upgrade request, on the loop.
    ///   - handOver: called for every other channel, on the loop, as soon as its first bytes tell. It adds
    ///     its handlers at the end of the pipeline (and sets `allowRemoteHalfClosure` if they want it); when
    ///     its future succeeds, all bytes so far are fired into them and no handler of ours is left.
    public init(
        loop: TransportLoop,
        path: String = "/v1/connect",
        decide: @escaping (UpgradeRequest) -> UpgradeDecision,
        handOver: @escaping (any Channel) -> EventLoopFuture<Void>
    ) {
        self.loop = loop
        self.path = path
        self.decide = decide
        self.handOver = handOver
    }

    /// Adds the handler of one accepted channel, behind TLS if there is any. Call it on the loop.
    public func accept(_ channel: any Channel) throws {
        try channel.pipeline.syncOperations.addHandler(AcceptHandler(self))
    }
}
