import Foundation
import NIOCore
import ParleyProtocol
import ParleyServer
import ParleyTransport

/// `parley serve --try`: from a telephone in the same network, with nothing prepared.
///
/// Others reach the port, so they need something to show, and browsers give cameras only to pages that came by TLS:
/// this makes a ticket and a certificate, both good for this start alone.
struct TryOut {
    private let secret: String
    private let addresses: [LocalAddress]
    private let nowMilliseconds: Int64
    /// The room that the link leads to. Whoever has the link may make others.
    private static let room = "try"

    init(nowMilliseconds: Int64) throws {
        var random = SystemRandomNumberGenerator()
        self.secret = StandingTicket.makeSecret(using: &random)
        self.nowMilliseconds = nowMilliseconds
        do {
            self.addresses = try LocalAddress.all()
        } catch {
            throw SettingError("The addresses of this machine cannot be read: \(error)")
        }
    }

    /// What was decided otherwise stays: an address to listen on, a certificate, whose tokens are believed.
    func prepare(_ server: inout ServerConfiguration, isHostGiven: Bool) throws {
        if !isHostGiven { server.host = "0.0.0.0" }
        var grant = Grant()
        grant.rooms = ["*"]
        grant.mayCreate = true
        server.standingTickets.append(StandingTicket(secret: self.secret, grant: grant))
        guard server.certificates == nil else { return }
        let own = ["127.0.0.1", "::1"].compactMap { ClientAddress($0) }
        do throws(CertificateProblem) {
            server.certificates = try ServerCertificates(
                SelfSigned(
                    names: ["localhost"],
                    addresses: own + self.addresses.map(\.address),
                    nowMilliseconds: self.nowMilliseconds
                ),
                limits: server.limits
            )
        } catch {
            throw SettingError(error.description)
        }
    }

    /// To each address at which others may find this machine, the likeliest one first, or to the one that it listens
    /// on.
    func links(_ server: ServerConfiguration, port: Int) -> [String] {
        let isEverywhere = ["0.0.0.0", "::", "[::]"].contains(server.host)
        let found = self.addresses.filter { server.host != "0.0.0.0" || !$0.host.hasPrefix("[") }.map(\.host)
        let bare = server.host.contains(":") && !server.host.hasPrefix("[") ? "[\(server.host)]" : server.host
        let hosts = isEverywhere ? found + ["localhost"] : [bare]
        return hosts.map { "https://\($0):\(port)/#\(Self.room)?ticket=\(self.secret)" }
    }
}
