import ArgumentParser
import Foundation
import ParleyLoad
import ParleyTransport

struct LoadServerOptions: ParsableArguments {
    @Argument(
        help: ArgumentHelp(
            "Where the server is: ws://127.0.0.1:8080, https://meet.example.org.",
            valueName: "url"
        )
    )
    var url: String

    @Option(
        help: ArgumentHelp(
            "A file with a token, which everybody in the load shows.",
            discussion: """
                For calls and presence one for each person, a line each. Or the token itself in the environment: \
                PARLEY_LOAD_TOKEN.
                """,
            valueName: "file"
        )
    )
    var tokenFile: String?

    @Option(
        help: ArgumentHelp(
            "Certificate authorities (PEM) that are believed. (default: the system's)",
            valueName: "file"
        )
    )
    var trustedRoots: String?

    func server() throws -> LoadServer {
        let target = try self.target(self.url)
        let tokens = try self.tokens()
        let parts = URLComponents(string: self.url)
        let name = "\(parts?.scheme ?? "")://\(parts?.host ?? ""):\(target.port)"
        var server = LoadServer(target: target, name: name, token: tokens.first)
        server.tokens = tokens
        return server
    }

    func target(_ url: String) throws -> WebSocketClientConnection.Target {
        guard let parts = URLComponents(string: url), let host = parts.host, !host.isEmpty,
            let scheme = parts.scheme, ["ws", "wss", "http", "https"].contains(scheme)
        else {
            throw ValidationError("\(url) is not the address of a server: ws://127.0.0.1:8080 is one.")
        }
        let isSecure = scheme == "wss" || scheme == "https"
        let bare =
            host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
        var target = WebSocketClientConnection.Target(
            host: bare,
            port: parts.port ?? (isSecure ? 443 : 80),
            path: parts.percentEncodedPath.isEmpty || parts.path == "/"
                ? "/v1/connect" : parts.percentEncodedPath,
            subprotocols: ["parley.v1"]
        )
        if isSecure {
            let tls = try self.tls()
            target.channelInitializer = { try tls.add(to: $0, host: bare) }
        }
        return target
    }

    /// If it is there; a proxy in front may keep it to itself.
    var metricsAddress: String? {
        guard var parts = URLComponents(string: self.url) else { return nil }
        parts.scheme = ["wss": "https", "ws": "http"][parts.scheme] ?? parts.scheme
        parts.path = "/metrics"
        parts.query = nil
        return parts.string
    }

    private func tls() throws -> ClientTLS {
        guard let path = self.trustedRoots else { return try ClientTLS() }
        do {
            return try ClientTLS(.certificates(pem: String(contentsOfFile: path, encoding: .utf8)))
        } catch {
            throw ValidationError("The file \(path) (--trusted-roots) holds no certificates in PEM.")
        }
    }

    private func tokens() throws -> [String] {
        guard let path = self.tokenFile else {
            return ProcessInfo.processInfo.environment["PARLEY_LOAD_TOKEN"].map { [$0] } ?? []
        }
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw ValidationError("The file \(path) (--token-file) cannot be read.")
        }
        return text.split(whereSeparator: \.isWhitespace).map(String.init)
    }
}
