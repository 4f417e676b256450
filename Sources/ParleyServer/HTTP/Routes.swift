import HTTPTypes
import Hummingbird
import NIOCore
import ParleyProtocol

/// Everything that is HTTP: the page, the client, health, metrics, and the twin of the upgrade.
struct Routes {
    let assets: SiteAssets
    let registry: PrometheusRegistry
    let readiness: Readiness
    let configuration: ServerConfiguration
    /// Open connections as the last sweep saw them: good enough for a twin.
    let connections: @Sendable () -> Int
    /// What the limits by address say; takes nothing from them.
    let judgeAddress: @Sendable (ClientOrigin, _ isReturning: Bool) async throws -> ConnectionDenial?
    let drain: DrainRoutes
    let meter: MeterRoutes
    let rooms: RoomRoutes
    let turn: TurnRoutes
    let tickets: TicketRoutes
    let revocations: RevocationRoutes

    func responder() -> some HTTPResponder<PeerRequestContext> {
        let router = Router(context: PeerRequestContext.self, options: .autoGenerateHeadEndpoints)
        // Alive: this process answers. It never asks the engine, so that a database's trouble restarts nobody.
        router.get("/healthz") { _, _ in Self.text("ok\n") }
        router.get("/readyz") { _, _ in
            if let reason = self.readiness.reason {
                return Self.text("not ready: \(reason)\n", status: .serviceUnavailable)
            }
            return Self.text(self.readiness.warning.map { "ready\nwarning: \($0)\n" } ?? "ready\n")
        }
        router.get("/metrics") { _, _ in
            Self.text(self.registry.exposition(), type: "text/plain; version=0.0.4; charset=utf-8")
        }
        router.get("/v1/validate") { request, context in
            try await self.validate(request, from: context.origin)
        }
        self.drain.add(to: router)
        self.meter.add(to: router)
        self.rooms.add(to: router)
        self.turn.add(to: router)
        self.tickets.add(to: router)
        self.revocations.add(to: router)
        router.get("/v1/connect") { _, _ in
            var response = Self.text(
                "This is where WebSockets connect (subprotocol parley.v1); see docs/PROTOCOL.md.\n",
                status: .upgradeRequired
            )
            response.headers[.upgrade] = "websocket"
            return response
        }
        router.get("/") { request, _ in try self.asset(request) }
        router.get("/**") { request, _ in try self.asset(request) }
        return router.buildResponder()
    }

    private func asset(_ request: Request) throws -> Response {
        guard let response = self.assets.response(for: request) else { throw HTTPError(.notFound) }
        return response
    }

    private func validate(_ request: Request, from origin: ClientOrigin) async throws -> Response {
        if let refusal = self.judge(request, from: origin) {
            return Self.json(ConnectionDenial(refusal, chance: .random(in: 0..<1)))
        }
        let isReturning = request.uri.queryParameters["resume"] == "1"
        guard let denial = try await self.judgeAddress(origin, isReturning) else { return Self.json(#"{"ok":true}"#) }
        return Self.json(denial)
    }

    private static func json(_ denial: ConnectionDenial) -> Response {
        var response = Self.json(denial.body, status: .init(code: denial.refusal.status))
        if let seconds = denial.retryAfter { response.headers[.retryAfter] = seconds }
        return response
    }

    private func judge(_ request: Request, from origin: ClientOrigin) -> ConnectionRefusal? {
        self.readiness.isReady
            ? self.configuration.access.judge(
                origin: request.headers[.origin],
                host: origin.host ?? request.head.authority,
                reach: self.configuration.reach(of: origin),
                isEncrypted: self.configuration.isEncrypted(origin),
                connections: self.connections(),
                connectionsMax: self.configuration.limits.connectionsMax
            )
            : self.readiness.isWithoutEngine ? .engineUnavailable : .stopping
    }

    static func json(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
        Self.text(text, status: status, type: "application/json")
    }

    private static func text(
        _ text: String,
        status: HTTPResponse.Status = .ok,
        type: String = "text/plain; charset=utf-8"
    ) -> Response {
        var headers = SiteHeaders.all
        headers[.contentType] = type
        headers[.cacheControl] = "no-store"
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}
