import Foundation

/// What a person reads who has just started the server.
struct Announcement {
    let host: String
    let port: Int
    let wantsTokens: Bool

    private var address: String {
        let name = self.host.contains(":") && !self.host.hasPrefix("[") ? "[\(self.host)]" : self.host
        return "http://\(name):\(self.port)/"
    }

    var text: String {
        """

        Parley is running. \(self.wantsTokens ? "It is reached by" : "Open this address in two browser windows"):

            \(self.address)

        \(self.wantsTokens ? Self.withTokens : Self.development)

        """
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
