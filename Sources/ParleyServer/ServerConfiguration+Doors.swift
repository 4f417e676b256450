import NIOCore
import ParleyProtocol
import ParleyTransport

/// One address has opened as many sockets as one may.
struct TooManySockets: Error {}

extension ServerConfiguration {
    /// Which pages may connect.
    package var access: ConnectionAccess { ConnectionAccess(allowed: self.allowedOrigins) }

    /// Whether it is known that this client came by TLS.
    package func isEncrypted(_ origin: ClientOrigin) -> Bool { self.certificates != nil || origin.isEncrypted }

    /// By which rule somebody is judged who comes from there.
    package func reach(of origin: ClientOrigin) -> ConnectionAccess.Reach {
        self.certificates != nil || self.isGuarded || origin.isProxied ? .network : .thisMachine
    }

    /// Adds to an accepted channel what stands in front of everything else: what a proxy says, then TLS.
    ///
    /// - Parameter admits: whether there is a place for one more socket from there. It is asked before TLS begins.
    /// - Throws: ``TooManySockets``, upon which the channel ends.
    func addDoorHandlers(_ channel: any Channel, admits: @escaping (ClientOrigin) -> Bool) throws {
        let pipeline = channel.pipeline.syncOperations
        let peer = channel.remoteAddress.flatMap { ClientAddress($0) }
        if let peer, self.proxies.contains(peer) {
            try pipeline.addHandler(
                ProxyHeaderHandler(bytesMax: self.limits.proxyHeaderBytesMax) { source in
                    source.map { admits(ClientOrigin(address: $0, isProxied: true)) } ?? true
                }
            )
        } else if !admits(ClientOrigin(address: peer)) {
            throw TooManySockets()
        }
        if let certificates = self.certificates { try pipeline.addHandler(certificates.makeHandler()) }
    }
}
