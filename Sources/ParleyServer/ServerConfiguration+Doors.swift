import NIOCore
import ParleyProtocol
import ParleyTransport

extension ServerConfiguration {
    /// By which rule somebody is judged who comes from there.
    package func reach(of origin: ClientOrigin) -> ConnectionAccess.Reach {
        self.certificates != nil || self.requiresTokens || origin.isProxied ? .network : .thisMachine
    }

    /// Adds to an accepted channel what stands in front of everything else: what a proxy says, then TLS.
    @Sendable func addDoorHandlers(_ channel: any Channel) throws {
        let pipeline = channel.pipeline.syncOperations
        if let peer = channel.remoteAddress.flatMap({ ClientAddress($0) }), self.proxies.contains(peer) {
            try pipeline.addHandler(ProxyHeaderHandler(bytesMax: self.limits.proxyHeaderBytesMax))
        }
        if let certificates = self.certificates { try pipeline.addHandler(certificates.makeHandler()) }
    }
}
