import Foundation
import NIOCore
import ParleyProtocol
import ParleyRedis
import ParleyTestSupport
import Testing

@Suite("A real Redis behind TLS", .serialized, .timeLimit(.minutes(patience)))
struct RedisTLSTests {
    @Test func `the right name by somebody who is trusted, and nobody else`() async throws {
        let certificates = try await RedisCertificates(for: "DNS:localhost")
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
        certificates.remove()
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
