import HTTPTypes
import Hummingbird
import NIOCore
import ParleyProtocol

/// `POST /v1/tickets`: a ticket in exchange for a token (docs/PROTOCOL.md, section 20).
///
/// A page of another origin may ask, if it may connect: the same judgement lets it do both.
struct TicketRoutes: Sendable {
    private let answer: @Sendable (TicketRequest) async throws -> TicketAnswer
    private let reach: @Sendable (ClientOrigin) -> ConnectionAccess.Reach
    private let standing: @Sendable (ClientOrigin) -> AddressStanding
    private let readiness: Readiness
    private let access: ConnectionAccess
    private let isEncrypted: @Sendable (ClientOrigin) -> Bool
    private let bodyBytesMax: Int

    init(
        _ configuration: ServerConfiguration,
        _ readiness: Readiness,
        _ answer: @escaping @Sendable (TicketRequest) async throws -> TicketAnswer
    ) {
        self.answer = answer
        self.bodyBytesMax = configuration.limits.ticketBodyBytesMax
        self.access = configuration.access
        self.isEncrypted = { configuration.isEncrypted($0) }
        self.readiness = readiness
        self.reach = { configuration.reach(of: $0) }
        self.standing = { configuration.standing(of: $0) }
    }

    func add(to router: Router<PeerRequestContext>) {
        router.post("/v1/tickets") { request, context in
            if let refusal = self.refusal(of: request, context) { return Self.problem(refusal) }
            return self.shared(try await self.respond(to: request, context), with: request)
        }
        // Before it sends `Authorization` to another origin, a browser asks whether it may (Fetch, section 3.3.5).
        router.on("/v1/tickets", method: .options) { request, context in
            if let refusal = self.refusal(of: request, context) { return Self.problem(refusal) }
            var response = Response(status: .noContent, headers: SiteHeaders.all)
            response.headers[.accessControlAllowMethods] = "POST"
            response.headers[.accessControlAllowHeaders] = "authorization, content-type"
            response.headers[.accessControlMaxAge] = "600"
            return self.shared(response, with: request)
        }
    }

    private func refusal(of request: Request, _ context: PeerRequestContext) -> ConnectionRefusal? {
        guard self.readiness.isReady else { return self.readiness.isWithoutEngine ? .engineUnavailable : .stopping }
        return self.access.judge(
            origin: request.headers[.origin],
            host: context.origin.host ?? request.head.authority,
            reach: self.reach(context.origin),
            isEncrypted: self.isEncrypted(context.origin),
            connections: 0,
            connectionsMax: 1
        )
    }

    /// The page that has asked may read the answer; nobody keeps it for another.
    private func shared(_ response: Response, with request: Request) -> Response {
        var response = response
        response.headers[.vary] = "Origin"
        if let origin = request.headers[.origin] { response.headers[.accessControlAllowOrigin] = origin }
        return response
    }

    private func respond(to request: Request, _ context: PeerRequestContext) async throws -> Response {
        let tokens = request.headers[values: .authorization].compactMap { Credential.bearer($0) }
        guard let token = tokens.first, tokens.count == 1 else {
            return Self.refusal(tokens.isEmpty ? .tokenRequired : .invalidToken)
        }
        guard let bytes = try? await request.body.collect(upTo: self.bodyBytesMax) else {
            return Self.problem("too-large", "The body is too long.", .contentTooLarge)
        }
        guard let room = Self.room(bytes) else {
            return Self.problem("malformed", #"The body is empty, or {"room":"…"}."#, .badRequest)
        }
        let address = self.standing(context.origin).address
        return Self.response(try await self.answer(TicketRequest(token: token, room: room, address: address)))
    }

    /// - Returns: `nil` for a body that is not allowed; `nil` in it: none is named.
    private static func room(_ body: ByteBuffer) -> String?? {
        guard body.readableBytes > 0 else { return .some(nil) }
        guard let object = (try? JSONParser.parse(Array(body.readableBytesView)))?.object else { return nil }
        guard object.members.allSatisfy({ $0.0 == "room" && $0.1.string != nil }) else { return nil }
        return .some(object["room"]?.string)
    }

    private static func response(_ answer: TicketAnswer) -> Response {
        switch answer {
        case .made(let issued):
            return Routes.json(
                #"{"ticket":"\#(issued.text)","expiresAt":\#(issued.expiresAt.milliseconds)}"#,
                status: .created
            )
        case .refused(.authorizationUnavailable, let wait):
            let code = RejectionCode.authorizationUnavailable
            return self.later(code.rawValue, code.message, Int(wait ?? 1_000), .serviceUnavailable)
        case .refused(let code, _): return self.refusal(code)
        case .roomNotNamed:
            return self.problem("not-permitted", "The token does not name that room.", .forbidden)
        case .tooMany(let refusal): return self.response(refusal)
        case .wait(let milliseconds):
            return self.later("rate-limited", "Too many bad tokens.", Int(milliseconds), .tooManyRequests)
        case .needless: return self.problem("not-found", "Nobody needs a token here.", .notFound)
        case .unavailable:
            let code = RejectionCode.engineUnavailable
            return self.later(code.rawValue, code.message, 1_000, .serviceUnavailable)
        }
    }

    private static func refusal(_ code: RejectionCode) -> Response {
        var response = self.problem(code.rawValue, code.message, .unauthorized)
        response.headers[.wwwAuthenticate] = code == .tokenRequired ? "Bearer" : #"Bearer error="invalid_token""#
        return response
    }

    private static func response(_ refusal: TicketBook.Refusal) -> Response {
        let wait = refusal.retryAfterMilliseconds
        return switch refusal.reason {
        case .tooManyOfOne: self.later("rate-limited", "Too many tickets for one token.", wait, .tooManyRequests)
        case .tooManyInAll: self.later("busy", "Too many tickets wait to be used.", wait, .serviceUnavailable)
        }
    }

    private static func later(
        _ code: String,
        _ message: String,
        _ milliseconds: Int,
        _ status: HTTPResponse.Status
    ) -> Response {
        var response = OperatorGate.json(
            [
                "ok": .bool(false), "code": .string(code), "message": .string(message),
                "retryAfterMilliseconds": .integer(Int64(milliseconds)),
            ],
            status
        )
        response.headers[.retryAfter] = "\((milliseconds + 999) / 1_000)"
        return response
    }

    private static func problem(_ refusal: ConnectionRefusal) -> Response {
        Routes.json(refusal.body, status: .init(code: refusal.status))
    }

    private static func problem(_ code: String, _ message: String, _ status: HTTPResponse.Status) -> Response {
        OperatorGate.problem(code, message, status)
    }
}
