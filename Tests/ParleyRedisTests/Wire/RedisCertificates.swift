import Foundation
import ParleyTestSupport
import Testing

/// An authority and a certificate for the host's name, made by openssl.
struct RedisCertificates {
    let folder: URL

    init(for name: String) async throws {
        self.folder = FileManager.default.temporaryDirectory.appending(path: "parley-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: self.folder, withIntermediateDirectories: true)
        let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
        try await self.openssl(
            ["req", "-x509", "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Authority"] + key
        )
        try await self.openssl(
            ["req", "-x509", "-CA", "ca.pem", "-CAkey", "ca.key", "-keyout", "key.pem", "-out", "cert.pem"]
                + ["-subj", "/CN=redis", "-addext", "subjectAltName=\(name)"]
                + ["-addext", "basicConstraints=critical,CA:FALSE"] + key
        )
    }

    var roots: String { self.folder.appending(path: "ca.pem").path }

    /// With what a server, or a Sentinel, speaks TLS.
    var flags: [String] {
        func path(_ name: String) -> String { self.folder.appending(path: name).path }
        return ["--tls-cert-file", path("cert.pem"), "--tls-key-file", path("key.pem")]
            + ["--tls-ca-cert-file", path("ca.pem"), "--tls-auth-clients", "no"]
    }

    func redis() async throws -> RedisProcess { try await RedisProcess(self.flags, takesPlain: false) }

    func remove() { try? FileManager.default.removeItem(at: self.folder) }

    private func openssl(_ arguments: [String]) async throws {
        let (status, said) = try await ChildProcess.run(["openssl"] + arguments, in: self.folder.path)
        try #require(status == 0, "\(said)")
    }
}
