import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOSSL
import ParleyProtocol
import ParleyTransport

/// Hummingbird's HTTP/1.1 for the connections that our own listener does not keep for itself.
///
/// The listener is ours because a WebSocket must not pass through HTTP's pipeline first (1.7 times the cost of
/// an upgrade); everything that is HTTP is Hummingbird's.
struct PlainHTTP: Sendable {
    /// Each connection has a channel of its own, which knows where it comes from.
    struct Connection: Sendable {
        fileprivate let channel: HTTP1Channel
        fileprivate let value: HTTP1Channel.Value
    }

    /// What a connection itself tells of the client.
    private struct Peer: Sendable {
        let source: ConnectionSource
        let isOperator: Bool
    }

    private let answer: @Sendable (Request, PeerRequestContext) async throws -> Response
    private let configuration: ServerConfiguration
    private let logger: Logger

    init(
        responder: some HTTPResponder<PeerRequestContext>,
        configuration: ServerConfiguration,
        logger: Logger
    ) {
        self.answer = { try await responder.respond(to: $0, context: $1) }
        self.configuration = configuration
        self.logger = logger
    }

    /// Adds HTTP to the pipeline, on the channel's loop, before the method returns.
    func adopt(_ channel: any Channel, turns: RequestTurns) -> EventLoopFuture<Connection> {
        // A half-closed HTTP client may still wait for its answer.
        _ = channel.setOption(.allowRemoteHalfClosure, value: true)
        let limits = self.configuration.limits
        // A little at a time: one read can hold hundreds of requests.
        let receive = FixedSizeRecvByteBufferAllocator(capacity: limits.plainReadBytesMax)
        _ = channel.setOption(.recvAllocator, value: receive)
        let turns = NIOLoopBound(turns, eventLoop: channel.eventLoop)
        let peer = Peer(source: WebSocketAcceptor.source(of: channel), isOperator: self.isOperator(channel))
        let http = HTTP1Channel(
            responder: { request, writer, channel in
                try await self.respond(to: request, writer: writer, channel: channel, peer: peer)
            },
            configuration: .init(
                additionalChannelHandlers: [
                    RequestPatienceHandler(limits: limits), RequestTurnHandler(turns: turns.value, limits: limits),
                ]
            )
        )
        return http.setup(channel: channel, logger: self.logger).map { Connection(channel: http, value: $0) }
    }

    /// Serves a connection until it ends.
    func serve(_ connection: Connection) async {
        await connection.channel.handle(value: connection.value, logger: self.logger)
    }

    /// TLS lets nobody through who shows a certificate that nobody vouches for.
    private func isOperator(_ channel: any Channel) -> Bool {
        guard self.configuration.certificates?.admitsOperators == true else { return false }
        return (try? channel.pipeline.syncOperations.nioSSL_peerCertificate()) != nil
    }

    private func respond(
        to request: Request,
        writer: consuming ResponseWriter,
        channel: any Channel,
        peer: Peer
    ) async throws {
        var context = PeerRequestContext(source: .init(channel: channel, logger: self.logger))
        context.isOperator = peer.isOperator
        var response: Response
        do {
            // The first `Host` is no field any more; whoever sends a second one is understood in two ways (RFC 9112,
            // section 3.2).
            if request.headers.contains(where: { $0.name.canonicalName == "host" }) { throw HTTPError(.badRequest) }
            context.origin = try self.origin(of: request, from: peer.source)
            context.isOwnName = self.isOwnName(request)
            if let preflight = self.crossOrigin.preflight(request, from: context.origin) {
                response = preflight
            } else {
                response = try await self.answer(request, context)
            }
        } catch let refusal as ConnectionRefusal {
            response = Routes.json(refusal.body, status: .init(code: refusal.status))
        } catch let error as HTTPParserError {
            throw error
        } catch let error as any HTTPResponseError {
            response = Response(status: error.status, headers: SiteHeaders.all)
        } catch {
            self.logger.error("A request failed.", metadata: ["error": "\(error)"])
            response = Response(status: .internalServerError, headers: SiteHeaders.all)
        }
        self.crossOrigin.mark(&response.headers, for: request, from: context.origin)
        // A certificate that vouches for itself is gone with its process: whoever believed it once may go on without.
        if self.configuration.certificates.map({ !$0.isSelfSigned }) ?? false || context.origin.isEncrypted {
            SiteHeaders.insistOnTLS(in: &response.headers, host: request.head.authority)
        }
        self.logger.debug(
            "A request was answered.",
            metadata: [
                "client": "\(self.configuration.addressNames.name(of: context.origin.address ?? peer.source.peer))",
                "request": "\(request.method) \(request.uri.path)", "status": "\(response.status.code)",
            ]
        )
        try await writer.write(response: response.head, body: response.body)
    }

    private var crossOrigin: CrossOrigin { CrossOrigin(configuration: self.configuration) }

    /// Whether the request names this machine as such, or a certificate has proven the name. A stranger's page can give
    /// its own name our address, and then reads what answers by that name.
    private func isOwnName(_ request: Request) -> Bool {
        self.configuration.certificates != nil
            || ServerConfiguration.isLoopback(
                host: ConnectionAccess.hostName(ofAuthority: request.head.authority ?? "")
            )
    }

    private func origin(of request: Request, from source: ConnectionSource) throws(ConnectionRefusal) -> ClientOrigin {
        try self.configuration.proxies.origin(
            of: source,
            headers: request.headers.lazy.map { (name: $0.name.canonicalName, value: $0.value) },
            hopsMax: self.configuration.limits.proxyHopsMax
        )
    }
}
