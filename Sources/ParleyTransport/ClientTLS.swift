public import NIOCore
import NIOSSL

/// How a client convinces itself that it talks to the server that it means: TLS 1.2 or newer, with a certificate for
/// the host's name (or IP address) by somebody who is trusted.
///
/// Costs some milliseconds to make (the system's roots are read): one for all connections of a client.
public struct ClientTLS: Sendable {
    public enum Trust: Hashable, Sendable {
        /// Whom the system trusts.
        case system
        /// Nobody but these certificates, in PEM: for a server whose certificate no public authority has signed.
        case certificates(pem: String)
    }

    /// `trust` holds no certificate that can be read.
    public struct UnreadableTrust: Error, Hashable, Sendable {
        public let reason: String
    }

    private let context: NIOSSLContext

    public init(_ trust: Trust = .system) throws(UnreadableTrust) {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        do {
            switch trust {
            case .system: break
            case .certificates(let pem):
                configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(pem.utf8)))
            }
            self.context = try NIOSSLContext(configuration: configuration)
        } catch {
            throw UnreadableTrust(reason: "\(error)")
        }
    }

    /// Adds TLS to a channel that connects to `host`, in front of everything else. Call it on the channel's loop.
    public func add(to channel: any Channel, host: String) throws {
        // An IP address is no name (RFC 6066, section 3): it is held against the certificate all the same.
        let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
        let handler = try NIOSSLClientHandler(context: self.context, serverHostname: isAddress ? nil : host)
        try channel.pipeline.syncOperations.addHandler(handler, position: .first)
    }

    /// Nil if `error` has nothing to do with TLS, or says no more than that the connection has ended.
    static func failure(of error: any Error) -> WebSocketConnectFailure? {
        switch error {
        case NIOSSLError.uncleanShutdown: nil
        case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError: .insecure("\(error)")
        default: nil
        }
    }
}
