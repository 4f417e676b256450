import HTTPTypes
import Hummingbird
import NIOCore
import ParleyProtocol

/// `/v1/rooms`: an operator makes a room before anybody comes, looks at one, or ends it (docs/PROTOCOL.md, section 11).
struct RoomRoutes: Sendable {
    let limits: Limits
    let operators: OperatorGate
    let answer: @Sendable (RoomRequest, Operator) async throws -> RoomAnswer

    func add(to router: Router<PeerRequestContext>) {
        router.post("/v1/rooms") { request, context in
            try await self.operators.admit(request, context) { try await self.create(request, $0) }
        }
        router.get("/v1/rooms/:room") { request, context in
            try await self.operators.admit(request, context) { asker in
                try await self.ask(context, asker) { .report($0) }
            }
        }
        router.delete("/v1/rooms/:room") { request, context in
            try await self.operators.admit(request, context) { asker in
                try await self.ask(context, asker) { .end($0) }
            }
        }
    }

    private func create(_ request: Request, _ asker: Operator) async throws -> Response {
        guard let bytes = try? await request.body.collect(upTo: self.limits.roomBodyBytesMax) else {
            return Self.problem("too-large", "The body is too long.", status: .contentTooLarge)
        }
        let order: RoomOrder
        do throws(Rejection) {
            order = try RoomOrder(body: try Self.json(bytes), limits: self.limits)
        } catch {
            return Self.problem(error.code.rawValue, error.code.message, member: error.member, status: .badRequest)
        }
        return Self.response(try await self.answer(.create(order), asker))
    }

    private static func json(_ bytes: ByteBuffer) throws(Rejection) -> JSONValue {
        do throws(JSONError) {
            return try JSONParser.parse(Array(bytes.readableBytesView))
        } catch {
            throw Rejection(.malformed)
        }
    }

    private func ask(
        _ context: PeerRequestContext,
        _ asker: Operator,
        _ request: (RoomReference) -> RoomRequest
    ) async throws -> Response {
        let text = context.parameters.get("room") ?? ""
        let reference: RoomReference
        do throws(RejectionCode) {
            reference = try RoomReference(text, limits: self.limits)
        } catch {
            return Self.response(.refused(error))
        }
        return Self.response(try await self.answer(request(reference), asker))
    }

    // MARK: Answers

    private static func response(_ answer: RoomAnswer) -> Response {
        switch answer {
        case .created(let id, let alias, let invitation):
            var object: JSONObject = ["id": .string(id.description)]
            if let alias { object.append("alias", .string(alias.text)) }
            if let invitation { object.append("invitation", .string(invitation)) }
            var response = Routes.json(Self.text(.object(object)), status: .created)
            response.headers[.location] = "/v1/rooms/\(id)"
            return response
        case .report(let report): return Routes.json(Self.text(report))
        case .ended: return Routes.json(#"{"ok":true}"#)
        case .taken: return Self.problem("alias-taken", "That alias means another room.", status: .conflict)
        case .refused(let code): return Self.problem(code.rawValue, code.message, status: Self.status(code))
        }
    }

    private static func status(_ code: RejectionCode) -> HTTPResponse.Status {
        if [.unknownRoom, .roomEnded].contains(code) { return .notFound }
        return [.serverFull, .engineUnavailable, .busy].contains(code) ? .serviceUnavailable : .badRequest
    }

    private static func problem(
        _ code: String,
        _ message: String,
        member: String? = nil,
        status: HTTPResponse.Status
    ) -> Response {
        OperatorGate.problem(code, message, member: member, status)
    }

    private static func text(_ value: JSONValue) -> String { String(decoding: value.encoded, as: UTF8.self) }
}
