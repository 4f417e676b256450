import ParleyProtocol
import ParleyRedis
import Testing

@Suite("The address of a Redis")
struct RedisURLTests {
    @Test func `everything that it can say`() throws {
        let plain = try RedisConfiguration(url: "redis://localhost")
        #expect(plain.shape == .one(RedisAddress(host: "localhost", port: 6_379)))
        #expect(plain.credentials == nil && plain.database == 0 && !plain.isSecure)
        let full = try RedisConfiguration(url: "rediss://ada:p%40s%3As@[::1]:7000/3?ca=/etc/roots.pem")
        #expect(full.shape == .one(RedisAddress(host: "::1", port: 7_000)))
        #expect(full.credentials == RedisCredentials(user: "ada", password: "p@s:s"))
        #expect(full.database == 3 && full.isSecure && full.trustedRootsFile == "/etc/roots.pem")
        #expect(try RedisConfiguration(url: "redis://:pw@a").credentials == RedisCredentials(user: nil, password: "pw"))
        #expect(try RedisConfiguration(url: "redis://pw@a").credentials == RedisCredentials(user: nil, password: "pw"))
        #expect(try RedisConfiguration(url: "redis://@a").credentials == nil)
        #expect(try RedisConfiguration(url: "VALKEYS://a").isSecure)
        let sentinel = try RedisConfiguration(
            url: "redis+sentinel://:pw@a,b:1,c/my%20master/2?sentinel-user=u&sentinel-password=s"
        )
        let sentinels = [("a", 26_379), ("b", 1), ("c", 26_379)].map { RedisAddress(host: $0.0, port: $0.1) }
        #expect(sentinel.shape == .sentinel(sentinels, master: "my master"))
        #expect(sentinel.database == 2)
        #expect(sentinel.sentinelCredentials == RedisCredentials(user: "u", password: "s"))
        let cluster = try RedisConfiguration(url: "rediss+cluster://a:1,b")
        let servers = [RedisAddress(host: "a", port: 1), RedisAddress(host: "b", port: 6_379)]
        #expect(cluster.shape == .cluster(servers))
        #expect(cluster.isSecure)
    }

    @Test(arguments: [
        ("http://a", RedisURLError.scheme), ("a:6379", .scheme), ("redis:/a", .scheme), ("", .scheme),
        ("redis://", .noHost), ("redis:///1", .noHost), ("redis://secret@", .noHost), ("redis://:secret", .noHost),
        ("redis://ada:secret", .port), ("redis://:sec/ret@a", .password), ("redis://:secret?@a", .password),
        ("redis://a b", .host("a b")), ("redis://[::1", .host("[::1")), ("redis://[x]", .host("[x]")),
        ("redis://a:0", .port), ("redis://a:65536", .port), ("redis://a:x", .port),
        ("redis://a:", .port), ("redis://a:٣", .port),
        ("redis://a,b", .severalHosts), ("redis://:secret%4@a", .password), ("redis://:secret%ff@a", .password),
        ("redis://a/x", .database("x")), ("redis://a/-1", .database("-1")), ("redis://a/1/2", .path("2")),
        ("redis+sentinel://a", .masterName), ("redis+cluster://a/1", .clusterDatabase),
        ("redis://a?x=1", .option("x")), ("redis://a?ca=", .option("ca")), ("redis://a?ca=b", .optionNeedsTLS),
    ])
    func `what is none is refused in words that repeat no password`(url: String, error: RedisURLError) {
        #expect(throws: error) { try RedisConfiguration(url: url) }
        #expect(!error.description.contains("secret") && error.description.hasSuffix("."))
    }

    @Test func `as many hosts as anybody needs`() throws {
        let most = Limits().redisHostsMax
        let hosts = (0..<most).map { "a\($0)" }.joined(separator: ",")
        _ = try RedisConfiguration(url: "redis+cluster://\(hosts)")
        #expect(throws: RedisURLError.tooManyHosts(most)) { try RedisConfiguration(url: "redis+cluster://\(hosts),b") }
    }

    @Test func `a password does not get into a log`() throws {
        let configuration = try RedisConfiguration(url: "redis://ada:hush@a")
        #expect(!"\(configuration)".contains("hush"))
        var text = ""
        dump(configuration, to: &text)
        #expect(!text.contains("hush"))
    }
}
