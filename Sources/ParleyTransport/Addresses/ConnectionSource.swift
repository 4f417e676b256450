public import NIOCore

/// Where an accepted connection comes from, as far as the connection itself tells.
public struct ConnectionSource: Hashable, Sendable {
    /// At the other end of the socket; nil if that has no IP address.
    public var peer: ClientAddress?
    /// Whom the peer, a proxy, speaks for by the PROXY protocol.
    public var proxied: ClientAddress?

    public init(peer: ClientAddress?, proxied: ClientAddress? = nil) {
        self.peer = peer
        self.proxied = proxied
    }
}

extension WebSocketAcceptor {
    /// To be asked on the loop, by whoever a channel is handed over to, before its future succeeds.
    public static func source(of channel: any Channel) -> ConnectionSource {
        guard let handler = try? channel.pipeline.syncOperations.handler(type: AcceptHandler.self) else {
            return ConnectionSource(peer: channel.remoteAddress.flatMap { ClientAddress($0) })
        }
        return handler.source(of: channel)
    }
}
