public import NIOCore
public import ParleyEngine
public import ParleyProtocol

extension RedisEngine {
    public func heartbeat(_ lease: NodeLease, on eventLoop: any EventLoop) -> EventLoopFuture<NodeView> {
        let keys = self.keys.leases
        let arguments = [
            Self.name(lease.node), lease.encode(), StoredForms.text(self.limits.forgottenNodeMilliseconds),
            self.lives.newName(),
        ]
        let asked = self.servers.run(NodeScripts.heartbeat, keys: keys, arguments: arguments, on: eventLoop)
        return self.answer(asked, about: keys[0]) { value in
            guard case .array(let parts) = value, parts.count >= 2, let now = parts[0].integer,
                let life = parts[1].bytes
            else { return nil }
            self.lives.saw(life, at: keys[2])
            self.refusals.isOver()
            self.noteAgain(on: eventLoop)
            return NodeView(
                now: Instant(milliseconds: now),
                nodes: Self.nodes(parts.dropFirst(2)),
                incarnation: self.incarnation
            )
        }
    }

    /// Leases are hints: one that cannot be read is nobody's.
    private static func nodes(_ parts: ArraySlice<RESPValue>) -> [NodeView.Node] {
        var nodes: [NodeView.Node] = []
        for index in stride(from: parts.startIndex, to: parts.endIndex - 2, by: 3) {
            guard let age = parts[index + 1].integer,
                let lease = parts[index + 2].bytes.flatMap({ NodeLease(encoded: $0) }),
                parts[index].bytes == Self.name(lease.node)
            else { continue }
            nodes.append(NodeView.Node(lease: lease, ageMilliseconds: age))
        }
        return nodes.sorted { $0.lease.node < $1.lease.node }
    }

    public func release(_ node: NodeID, on eventLoop: any EventLoop) -> EventLoopFuture<Void> {
        let keys = self.keys.leases
        let arguments = [Self.name(node)]
        let asked = self.servers.run(NodeScripts.release, keys: keys, arguments: arguments, on: eventLoop)
        return self.answer(asked, about: keys[0]) { _ in () }
    }

    private static func name(_ node: NodeID) -> ByteBuffer {
        var bytes = ByteBuffer()
        bytes.writeIdentifier(node)
        return bytes
    }
}
