import HTTPTypes
import Hummingbird

/// `/v1/drain`: an operator begins a drain, takes it back, or looks how it stands.
struct DrainRoutes: Sendable {
    let operators: OperatorGate
    /// `nil`: it is too late for that.
    let answer: @Sendable (DrainRequest, Operator) async throws -> DrainReport?

    func add(to router: Router<PeerRequestContext>) {
        router.get("/v1/drain") { try await self.respond(to: $0, $1, .report) }
        router.post("/v1/drain") { try await self.respond(to: $0, $1, .begin) }
        router.delete("/v1/drain") { try await self.respond(to: $0, $1, .takeBack) }
    }

    private func respond(
        to request: Request,
        _ context: PeerRequestContext,
        _ drainRequest: DrainRequest
    ) async throws -> Response {
        try await self.operators.admit(request, context) { asker in
            guard let report = try await self.answer(drainRequest, asker) else {
                return Routes.json(
                    #"{"ok":false,"code":"stopping","message":"The process was told to end; it cannot be kept."}"#,
                    status: .conflict
                )
            }
            return Routes.json(report.json)
        }
    }
}

extension DrainReport {
    fileprivate var json: String {
        guard let left = self.millisecondsLeft else {
            return #"{"draining":false,"connections":\#(self.connections)}"#
        }
        return #"{"draining":true,"connections":\#(self.connections),"deadlineMilliseconds":\#(left)}"#
    }
}
