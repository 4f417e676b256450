import HTTPTypes
import Hummingbird
import NIOCore

/// `/turn`: credentials for a media server that asks for its own, by the API of draft-uberti-behave-turn-rest-00
/// (Janus: `turn_rest_api`). Not there unless the operator has named a key.
struct TurnRoutes: Sendable {
    private let keys: [TurnSecret]
    /// - Returns: `nil` if there is no server to lend.
    private let lend: @Sendable (_ id: String?) async throws -> TurnGrant?

    init(_ gateway: NIOLoopBound<Gateway>, on eventLoop: any EventLoop, keys: [TurnSecret]) {
        self.keys = keys
        self.lend = { id in try await eventLoop.submit { gateway.value.lend(toServer: id) }.get() }
    }

    /// A longer name is refused: it becomes part of another one.
    private static let nameBytesMax = 128

    func add(to router: Router<PeerRequestContext>) {
        guard !self.keys.isEmpty else { return }
        router.get("/turn") { request, _ in try await self.respond(to: request) }
        // Some consumers ask by POST, with the same query.
        router.post("/turn") { request, _ in try await self.respond(to: request) }
    }

    private func respond(to request: Request) async throws -> Response {
        let query = request.uri.queryParameters
        guard let key = query["key"] ?? query["api"], self.isKnown(String(key)) else {
            return Self.refusal("forbidden", "The query has no key that is known here.", .forbidden)
        }
        guard query["service"] == "turn" else {
            return Self.refusal("unknown-service", "The only service is turn.", .badRequest)
        }
        let name = query["username"].map { String($0) }
        if let name, !Self.isSound(name) {
            return Self.refusal("invalid-name", "A user name has 1 to 128 characters of printable ASCII.", .badRequest)
        }
        guard let grant = try await self.lend(name) else {
            return Self.refusal("no-servers", "There is no TURN server with a shared secret.", .serviceUnavailable)
        }
        return Routes.json(grant.json)
    }

    /// All of them are compared, so that the time says nothing.
    private func isKnown(_ guess: String) -> Bool {
        self.keys.reduce(false) { $1.matches(guess) || $0 }
    }

    private static func isSound(_ name: String) -> Bool {
        (1...self.nameBytesMax).contains(name.utf8.count) && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    }

    private static func refusal(_ code: String, _ message: String, _ status: HTTPResponse.Status) -> Response {
        Routes.json(#"{"ok":false,"code":"\#(code)","message":"\#(message)"}"#, status: status)
    }
}
