import HTTPTypes
import Hummingbird

/// What pages of other origins may read of the server's answers (fetch.spec.whatwg.org, section 3.2): those that may
/// connect may read the client and the API, others nothing.
struct CrossOrigin: Sendable {
    let configuration: ServerConfiguration

    /// The answer to a browser that asks whether a page may ask; `nil` for any other request.
    func preflight(_ request: Request, from client: ClientOrigin) -> Response? {
        guard request.method == .options, request.headers[.accessControlRequestMethod] != nil,
            self.isAllowed(request, client)
        else { return nil }
        var headers = SiteHeaders.all
        headers[.accessControlAllowMethods] = "GET, POST, DELETE"
        headers[.accessControlAllowHeaders] = "authorization, content-type"
        headers[.accessControlMaxAge] = "600"
        return Response(status: .noContent, headers: headers)
    }

    func mark(_ headers: inout HTTPFields, for request: Request, from client: ClientOrigin) {
        guard Self.isShared(request.uri.path) else { return }
        headers[.vary] = "Origin"
        guard self.isAllowed(request, client) else { return }
        headers[.accessControlAllowOrigin] = request.headers[.origin]
        headers[.accessControlExposeHeaders] = "Retry-After, Location"
        if let policy = HTTPField.Name("Cross-Origin-Resource-Policy") { headers[policy] = "cross-origin" }
    }

    private func isAllowed(_ request: Request, _ client: ClientOrigin) -> Bool {
        guard Self.isShared(request.uri.path), let page = request.headers[.origin],
            let host = client.host ?? request.head.authority
        else { return false }
        return self.configuration.access.allows(
            origin: page,
            host: host,
            reach: self.configuration.reach(of: client),
            isEncrypted: self.configuration.isEncrypted(client)
        )
    }

    private static func isShared(_ path: String) -> Bool { path.hasPrefix("/v1/") || path.hasPrefix("/client/") }
}
