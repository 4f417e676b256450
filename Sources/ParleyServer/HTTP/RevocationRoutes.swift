import HTTPTypes
import Hummingbird
import NIOCore
import ParleyProtocol

/// `/v1/revocations`: an operator sends somebody away, looks who was, or takes it back (docs/PROTOCOL.md, section 20).
struct RevocationRoutes: Sendable {
    let limits: Limits
    let operators: OperatorGate
    let answer: @Sendable (RevocationRequest, Operator) async throws -> RevocationAnswer

    func add(to router: Router<PeerRequestContext>) {
        router.post("/v1/revocations") { request, context in
            try await self.operators.admit(request, context) { try await self.revoke(request, $0) }
        }
        router.get("/v1/revocations") { request, context in
            try await self.operators.admit(request, context) { asker in
                let query = request.uri.queryParameters
                let pageMax = self.limits.revocationsPageMax
                let limit = query["limit"].flatMap { Int($0) } ?? pageMax
                let after = query["after"].map { String($0) }
                return self.response(
                    try await self.answer(.list(after: after, limit: min(max(1, limit), pageMax)), asker)
                )
            }
        }
        router.delete("/v1/revocations/:id") { request, context in
            try await self.operators.admit(request, context) { asker in
                self.response(try await self.answer(.lift(context.parameters.get("id") ?? ""), asker))
            }
        }
    }

    private func revoke(_ request: Request, _ asker: Operator) async throws -> Response {
        guard let bytes = try? await request.body.collect(upTo: self.limits.revocationBodyBytesMax) else {
            return OperatorGate.problem("too-large", "The body is too long.", .contentTooLarge)
        }
        guard let order = RevocationOrder(Array(bytes.readableBytesView), self.limits) else {
            return OperatorGate.problem(
                "malformed",
                #"The body is {"token":"…"}, {"subject":"…"} (both perhaps with "issuer"), {"identity":"i_…"} or "#
                    + #"{"session":"s_…"}, perhaps with "expiresAt" (milliseconds since 1970) and "reason"."#,
                .badRequest
            )
        }
        let request = RevocationRequest.revoke(order.subject, until: order.until, reason: order.reason)
        return self.response(try await self.answer(request, asker))
    }

    private func response(_ answer: RevocationAnswer) -> Response {
        switch answer {
        case .revoked(let revocation, let sessions):
            var object = revocation.json.object ?? JSONObject()
            object.append("sessions", .integer(Int64(sessions)))
            var response = OperatorGate.json(.object(object), .created)
            response.headers[.location] = "/v1/revocations/\(revocation.mark)"
            return response
        case .lifted: return Routes.json(#"{"ok":true}"#)
        case .list(let revocations, let count):
            return OperatorGate.json(
                ["revocations": .array(revocations.map(\.json)), "count": .integer(Int64(count))],
                .ok
            )
        case .invalidEnd:
            return OperatorGate.problem("invalid-member", "expiresAt is over, or too far ahead.", .badRequest)
        case .unknown: return OperatorGate.problem("not-found", "There is no such revocation.", .notFound)
        case .tooMany:
            return OperatorGate.problem(
                "too-many",
                "There are \(self.limits.revocationsMax) revocations: lift some, or change the key of the issuer.",
                .conflict
            )
        case .unavailable:
            return OperatorGate.problem(
                RejectionCode.engineUnavailable.rawValue,
                "It is not known to have happened: say it again.",
                .serviceUnavailable
            )
        case .needless: return OperatorGate.problem("not-found", "Nobody needs a token here.", .notFound)
        }
    }
}
