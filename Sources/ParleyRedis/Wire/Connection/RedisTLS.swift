import NIOCore
import NIOSSL

/// How we make sure that a server is the one that we mean: TLS 1.2 or newer, a certificate for the host's name by
/// somebody who is trusted.
struct RedisTLS: Sendable {
    private let context: NIOSSLContext

    init(trustedRootsFile: String?) throws(RedisComplaint) {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        do {
            if let file = trustedRootsFile {
                let certificates = try NIOSSLCertificate.fromPEMFile(file)
                guard !certificates.isEmpty else {
                    throw RedisComplaint(.trustedRoots, "\(file) holds no certificate.")
                }
                configuration.trustRoots = .certificates(certificates)
            }
            self.context = try NIOSSLContext(configuration: configuration)
        } catch let complaint as RedisComplaint {
            throw complaint
        } catch {
            throw RedisComplaint(
                .trustedRoots,
                "The certificates of those who are trusted (\(trustedRootsFile ?? "the system's")) cannot be read: "
                    + "\(error)."
            )
        }
    }

    /// Call it on the channel's loop.
    func add(to channel: any Channel, host: String) throws {
        // An IP address is no name (RFC 6066, section 3): it is held against the certificate all the same.
        let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
        let handler = try NIOSSLClientHandler(context: self.context, serverHostname: isAddress ? nil : host)
        try channel.pipeline.syncOperations.addHandler(handler, position: .first)
    }
}
