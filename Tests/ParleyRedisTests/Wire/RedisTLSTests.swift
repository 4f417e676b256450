import Foundation
import NIOCore
import ParleyProtocol
import ParleyRedis
import ParleyTestSupport
import Testing

@Suite("A real Redis behind TLS", .serialized, .timeLimit(.minutes(5 * patience)))
struct RedisTLSTests {
    /// An authority and a certificate for the host's name, made by openssl.
    private struct Certificates {
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

        func redis() async throws -> RedisProcess {
            func path(_ name: String) -> String { self.folder.appending(path: name).path }
            return try await RedisProcess(
                ["--tls-cert-file", path("cert.pem"), "--tls-key-file", path("key.pem")]
                    + ["--tls-ca-cert-file", path("ca.pem"), "--tls-auth-clients", "no"],
                takesPlain: false
            )
        }

        private func openssl(_ arguments: [String]) async throws {
            let (status, said) = try await ChildProcess.run(["openssl"] + arguments, in: self.folder.path)
            try #require(status == 0, "\(said)")
        }
    }

    @Test func `the right name by somebody who is trusted, and nobody else`() async throws {
        let certificates = try await Certificates(for: "DNS:localhost")
        let redis = try await certificates.redis()
        let url = "rediss://localhost:\(redis.port)"
        let client = try RedisClient("\(url)?ca=\(certificates.roots)")
        try await client.servers.started()
        #expect(try await client.send("SET", "a", "1").text == "OK")
        let heard = try await client.listen("c")
        try await client.send("SPUBLISH", "c", "one")
        #expect(await client.waits { await heard.texts == ["one"] })
        await client.servers.stop()
        let address = "rediss://127.0.0.1:\(redis.port)?ca=\(certificates.roots)"
        #expect(try await RedisClient(address).trouble() == .tlsName)
        #expect(try await RedisClient(url).trouble() == .tlsUntrusted)
        let plain = try RedisClient("redis://localhost:\(redis.port)") { $0.redisStartMilliseconds = 700 }
        #expect(await plain.trouble() == .lost)
        #expect(plain.servers.trouble?.contains("rediss://") == true)
        await plain.servers.stop()
        #expect(try await RedisClient("\(url)?ca=\(redis.folder.path)/none.pem").trouble() == .trustedRoots)
        redis.stop()
        try FileManager.default.removeItem(at: certificates.folder)
    }

    @Test func `TLS with a server that has none is told apart`() async throws {
        let redis = try await RedisProcess()
        let plain = try RedisClient(redis.url)
        try await plain.servers.started()
        let client = try RedisClient("rediss://127.0.0.1:\(redis.port)") {
            $0.redisConnectMilliseconds = 400
            $0.redisStartMilliseconds = 1_500
        }
        #expect(await client.trouble() == .silent)
        #expect(client.servers.trouble?.contains("TLS") == true)
        await client.servers.stop()
        await plain.servers.stop()
        redis.stop()
    }
}
