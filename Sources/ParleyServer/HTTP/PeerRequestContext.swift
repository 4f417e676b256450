import HTTPTypes
import Hummingbird
import NIOCore
import ParleyTransport

/// What a route knows of its request: who has asked, besides what Hummingbird needs.
struct PeerRequestContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// Who has asked, behind however many proxies.
    var origin = ClientOrigin(address: nil)
    /// The connection has shown a certificate that makes somebody an operator.
    var isOperator = false
    /// It has addressed this machine by its own names, or by one that a certificate has proven.
    var isOwnName = false

    init(source: ApplicationRequestContextSource) {
        self.coreContext = CoreRequestContextStorage(source: source)
    }

    /// Whether this request may tell the server what to do.
    func mayOperate(_ request: Request) -> Bool {
        self.isOwnName
            && OperatorAccess().isAllowed(
                origin: self.origin,
                isOperator: self.isOperator,
                names: request.headers.map(\.name.canonicalName)
            )
    }
}
