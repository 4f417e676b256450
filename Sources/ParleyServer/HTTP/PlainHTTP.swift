import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1

/// Hummingbird's HTTP/1.1 for the connections that our own listener does not keep for itself.
///
/// The listener is ours because a WebSocket must not pass through HTTP's pipeline first (1.7 times the cost of
/// an upgrade); everything that is HTTP is Hummingbird's.
struct PlainHTTP: Sendable {
    typealias Connection = HTTP1Channel.Value

    private let channel: HTTP1Channel
    private let logger: Logger

    init(responder: some HTTPResponder<PeerRequestContext>, logger: Logger) {
        self.logger = logger
        self.channel = HTTP1Channel(
            responder: { request, writer, channel in
                try await Self.respond(
                    to: request,
                    writer: writer,
                    channel: channel,
                    responder: responder,
                    logger: logger
                )
            },
            configuration: .init(idleTimeout: .seconds(60))
        )
    }

    /// Adds HTTP to the pipeline, on the channel's loop, before the method returns.
    func adopt(_ channel: any Channel) -> EventLoopFuture<Connection> {
        // A half-closed HTTP client may still wait for its answer.
        _ = channel.setOption(.allowRemoteHalfClosure, value: true)
        return self.channel.setup(channel: channel, logger: self.logger)
    }

    /// Serves a connection until it ends.
    func serve(_ connection: Connection) async {
        await self.channel.handle(value: connection, logger: self.logger)
    }

    private static func respond(
        to request: Request,
        writer: consuming ResponseWriter,
        channel: any Channel,
        responder: some HTTPResponder<PeerRequestContext>,
        logger: Logger
    ) async throws {
        let context = PeerRequestContext(source: .init(channel: channel, logger: logger))
        var response: Response
        do {
            response = try await responder.respond(to: request, context: context)
        } catch let error as HTTPParserError {
            throw error
        } catch let error as any HTTPResponseError {
            response = Response(status: error.status, headers: SiteHeaders.all)
        } catch {
            logger.error("A request failed.", metadata: ["error": "\(error)"])
            response = Response(status: .internalServerError, headers: SiteHeaders.all)
        }
        try await writer.write(response: response.head, body: response.body)
    }
}
