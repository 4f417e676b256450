import HTTPTypes
import Hummingbird
import ParleyProtocol

/// `/v1/meter`: an operator looks who costs the most.
struct MeterRoutes: Sendable {
    private let operators: OperatorGate
    private let report: @Sendable (_ top: Int) async throws -> JSONValue

    private static let topUsual = 10

    init(_ gateways: GatewayLoops, _ configuration: ServerConfiguration, operators: OperatorGate) {
        self.operators = operators
        self.report = { top in try await gateways.meterReport(top: top, configuration) }
    }

    func add(to router: Router<PeerRequestContext>) {
        router.get("/v1/meter") { request, context in
            try await self.operators.admit(request, context) { _ in
                let top = request.uri.queryParameters["top"].flatMap { Int($0) } ?? Self.topUsual
                return Routes.json(String(decoding: try await self.report(top).encoded, as: UTF8.self))
            }
        }
    }
}
