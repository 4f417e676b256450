import Foundation
import ParleyServer

/// What a person reads who has just started the server.
struct Announcement {
    private let server: ServerConfiguration
    private let port: Int

    init(_ server: ServerConfiguration, port: Int) {
        self.server = server
        self.port = port
    }

    private var address: String {
        let host = self.server.host
        let name = host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host
        return "\(self.server.certificates == nil ? "http" : "https")://\(name):\(self.port)/"
    }

    var text: String {
        """

        Parley is running. \(self.invitation):

            \(self.address)

        \(self.server.isGuarded ? Self.withTokens : Self.development)

        """
    }

    private var invitation: String {
        self.server.isGuarded ? "It is reached by" : "Open this address in two browser windows"
    }

    private static let development = """
        Development mode: no tokens, and only this machine can connect. Everybody who reaches the port may
        create and enter rooms; meetings are kept in memory and end with this process. Ctrl-C stops it.
        """

    private static let withTokens = """
        Only those who show a token can connect (parley token --help). Meetings are kept in memory and end with this
        process. Ctrl-C stops it.
        """

    func write() {
        FileHandle.standardOutput.write(Data(self.text.utf8))
    }
}
