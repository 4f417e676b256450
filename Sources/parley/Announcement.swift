import Foundation
import ParleyServer
import QRCode

/// What a person reads who has just started the server.
struct Announcement {
    private let server: ServerConfiguration
    private let port: Int
    private let tryOut: TryOut?
    /// Where meetings are kept, as the end of a sentence.
    private let keeping: String

    init(_ server: ServerConfiguration, keeping: String, port: Int, tryOut: TryOut? = nil) {
        self.server = server
        self.keeping = keeping
        self.port = port
        self.tryOut = tryOut
    }

    private var address: String {
        let host = self.server.host
        let name = host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host
        return "\(self.server.certificates == nil ? "http" : "https")://\(name):\(self.port)/"
    }

    var text: String {
        if let tryOut, let first = tryOut.links(self.server, port: self.port).first {
            return self.trying(first, others: Array(tryOut.links(self.server, port: self.port).dropFirst()))
        }
        return """

            Parley is running. \(self.invitation):

                \(self.address)

            \(self.server.isGuarded ? self.withTokens : self.development)

            """
    }

    private var invitation: String {
        self.server.isGuarded ? "It is reached by" : "Open this address in two browser windows"
    }

    private var development: String {
        """
        Development mode: no tokens, and only this machine can connect. Everybody who reaches the port may
        create and enter rooms; meetings are kept \(self.keeping). Ctrl-C stops it.
        """
    }

    private var withTokens: String {
        """
        Only those who show a token can connect (parley token --help). Meetings are kept \(self.keeping).
        Ctrl-C stops it.
        """
    }

    /// - Parameter others: to the same room, by other addresses of this machine.
    private func trying(_ link: String, others: [String]) -> String {
        let code = QRCode(link).map { "\n\($0.terminalLines.joined(separator: "\n"))\n" } ?? ""
        let more = others.isEmpty ? "" : "\nIf that does not open:\n\n    \(others.joined(separator: "\n    "))\n"
        return """

            Parley is running, to be tried. Open this on two devices in this network:

                \(link)
            \(code)\(more)
            \(self.warning)
            Whoever has the link may come in, until this process ends. Meetings are kept \(self.keeping).
            Ctrl-C stops it.

            """
    }

    private var warning: String {
        guard let certificates = self.server.certificates, certificates.isSelfSigned else { return "" }
        return """
            The browser will warn, because the certificate vouches for itself: it was made for this start. Its SHA-256:
            \(Self.pairs(certificates.fingerprint))

            """
    }

    /// As browsers show fingerprints.
    private static func pairs(_ digits: String) -> String {
        let characters = Array(digits.uppercased())
        return stride(from: 0, to: characters.count, by: 2)
            .map { String(characters[$0..<min($0 + 2, characters.count)]) }.joined(separator: ":")
    }

    func write() {
        FileHandle.standardOutput.write(Data(self.text.utf8))
    }
}
