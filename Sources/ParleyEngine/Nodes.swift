public import NIOCore
public import ParleyProtocol

/// Who is there. Leases are hints for liveness; no safety depends on them.
public protocol Nodes: Sendable {
    /// Renews this node's lease and returns what the engine knows of everybody, by the *engine's* clock, so
    /// that no node's clock matters.
    func heartbeat(_ lease: NodeLease, on eventLoop: any EventLoop) -> EventLoopFuture<NodeView>

    /// Ends a lease at once: the node has stopped in good order.
    func release(_ node: NodeID, on eventLoop: any EventLoop) -> EventLoopFuture<Void>

    /// Says something to a node, which may be lost, doubled or late.
    func send(_ bytes: ByteBuffer, to node: NodeID)

    /// Calls the handler on the loop for what is sent to a node.
    func receive(
        as node: NodeID,
        on eventLoop: any EventLoop,
        handler: @escaping @Sendable (ByteBuffer) -> Void
    ) -> EventLoopFuture<Subscription>

    /// No handler call follows once the future has completed.
    func stopReceiving(_ subscription: Subscription, on eventLoop: any EventLoop) -> EventLoopFuture<Void>
}

/// Everybody whom the engine has heard of lately.
public struct NodeView: Hashable, Sendable {
    public struct Node: Hashable, Sendable {
        public let lease: NodeLease
        /// Since its last heartbeat; 0 for the one who asks.
        public let ageMilliseconds: Int64

        public init(lease: NodeLease, ageMilliseconds: Int64) {
            self.lease = lease
            self.ageMilliseconds = ageMilliseconds
        }
    }

    /// The engine's clock.
    public let now: Instant
    /// By ascending node id.
    public let nodes: [Node]
    public let incarnation: EngineIncarnation

    public init(now: Instant, nodes: [Node], incarnation: EngineIncarnation) {
        self.now = now
        self.nodes = nodes
        self.incarnation = incarnation
    }
}
