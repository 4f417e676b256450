public import NIOCore

/// Stands in for swift-nio-ssl while fuzzing: a connection only asks whether such a handler is there, and nobody
/// encrypts.
public class NIOSSLHandler: ChannelInboundHandler {
    public typealias InboundIn = ByteBuffer
}

public final class NIOSSLClientHandler: NIOSSLHandler {
    public init(context: NIOSSLContext, serverHostname: String?) throws {}
}

public struct NIOSSLContext: Sendable {
    public init(configuration: TLSConfiguration) throws {}
}

public struct NIOSSLCertificate: Sendable {
    public static func fromPEMBytes(_ bytes: [UInt8]) throws -> [NIOSSLCertificate] { [] }
}

public struct TLSConfiguration: Sendable {
    public enum Version: Sendable { case tlsv12 }
    public enum Roots: Sendable { case certificates([NIOSSLCertificate]) }

    public var minimumTLSVersion = Version.tlsv12
    public var applicationProtocols: [String] = []
    public var trustRoots: Roots?

    public static func makeClientConfiguration() -> TLSConfiguration { TLSConfiguration() }
}

public enum NIOSSLError: Error {
    case uncleanShutdown
}

public struct NIOSSLExtraError: Error {}

public struct BoringSSLError: Error {}
