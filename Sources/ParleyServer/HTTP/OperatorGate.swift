import HTTPTypes
import Hummingbird
import ParleyProtocol

/// Somebody who may use the operator's routes.
struct Operator: Hashable, Sendable {
    /// What their token calls them (`sub`); `nil`: they came without one.
    var name: String?
}

/// Lets operators through to their routes: by place or certificate (``OperatorAccess``), or by a token that says
/// `operator`.
///
/// A token that does not is answered as nobody is: who tries learns nothing about it.
struct OperatorGate: Sendable {
    /// Whose token it is, if it is an operator's; and from where it comes, so that nobody tries many.
    let find: @Sendable (_ token: String, ClientOrigin) async throws -> Operator?

    func admit(
        _ request: Request,
        _ context: PeerRequestContext,
        _ body: (Operator) async throws -> Response
    ) async throws -> Response {
        // A token goes nowhere by itself, so one from a page was put there by whoever has it: a cookie would not be.
        let shown = try await self.shown(request, context)
        guard let found = shown ?? (context.mayOperate(request) ? Operator() : nil) else {
            return Self.problem(
                "local-only",
                "Only a program on the server's machine may do this, one with an operator's certificate, or one with "
                    + "an operator's token.",
                .forbidden
            )
        }
        return try await body(found)
    }

    private func shown(_ request: Request, _ context: PeerRequestContext) async throws -> Operator? {
        let tokens = request.headers[values: .authorization].compactMap { Credential.bearer($0) }
        guard let token = tokens.first, tokens.count == 1 else { return nil }
        return try await self.find(token, context.origin)
    }

    static func problem(
        _ code: String,
        _ message: String,
        member: String? = nil,
        _ status: HTTPResponse.Status
    ) -> Response {
        var object: JSONObject = ["ok": .bool(false), "code": .string(code), "message": .string(message)]
        if let member { object.append("member", .string(member)) }
        return self.json(.object(object), status)
    }

    static func json(_ value: JSONValue, _ status: HTTPResponse.Status) -> Response {
        Routes.json(String(decoding: value.encoded, as: UTF8.self), status: status)
    }
}
