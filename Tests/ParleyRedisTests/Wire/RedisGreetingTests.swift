import NIOCore
import ParleyRedis
import Testing

@Suite("What is said to a Redis first")
struct RedisGreetingTests {
    private typealias Machine = RedisGreetingStateMachine

    private static let ok = RESPValue.string(ByteBuffer(string: "OK"))
    private static let hello = RESPValue.map([text("version"), text("7.0.15"), text("proto"), .integer(3)])

    private static func text(_ text: String) -> RESPValue { .string(ByteBuffer(string: text)) }
    private static func error(_ text: String) -> RESPValue { .error(ByteBuffer(string: text)) }

    private func machine(
        _ credentials: RedisCredentials? = nil,
        database: Int = 0,
        isExamined: Bool = false
    ) -> Machine {
        Machine(
            address: RedisAddress(host: "a", port: 1),
            credentials: credentials,
            database: database,
            clientName: "parley",
            isExamined: isExamined
        )
    }

    private func trouble(_ effect: Machine.Effect) -> RedisTrouble? {
        guard case .fail(let complaint) = effect else { return nil }
        #expect(!complaint.description.contains("secret"))
        return complaint.trouble
    }

    @Test func `a new server takes everything at once`() {
        var machine = self.machine(RedisCredentials(user: "ada", password: "secret"))
        #expect(machine.opening == RedisCommand("HELLO", "3", "AUTH", "ada", "secret", "SETNAME", "parley"))
        guard case .ready(let facts) = machine.answered(Self.hello) else {
            Issue.record("not ready")
            return
        }
        #expect(facts.version == "7.0.15" && facts.isResp3)
    }

    @Test func `an old one is told piece by piece`() {
        var machine = self.machine(RedisCredentials(user: nil, password: "secret"), database: 2)
        #expect(machine.opening == RedisCommand("HELLO", "3", "AUTH", "default", "secret", "SETNAME", "parley"))
        #expect(machine.answered(Self.error("ERR unknown command `HELLO`")) == .send(RedisCommand("AUTH", "secret")))
        #expect(machine.answered(Self.ok) == .send(RedisCommand("CLIENT", "SETNAME", "parley")))
        #expect(machine.answered(Self.ok) == .send(RedisCommand("SELECT", "2")))
        guard case .ready(let facts) = machine.answered(Self.ok) else {
            Issue.record("not ready")
            return
        }
        #expect(!facts.isResp3)
    }

    @Test func `it is asked what it is like, and may keep that to itself`() {
        var machine = self.machine(isExamined: true)
        #expect(machine.opening == RedisCommand("HELLO", "3", "SETNAME", "parley"))
        #expect(machine.answered(Self.hello) == .send(RedisCommand("INFO")))
        var effect = machine.answered(Self.error("NOPERM this user has no permissions"))
        for setting in RedisFacts.settings {
            #expect(effect == .send(RedisCommand("CONFIG", "GET", setting)))
            effect = machine.answered(
                setting == "save" ? .map([Self.text("save"), Self.text("")]) : Self.error("NOPERM no")
            )
        }
        guard case .ready(let facts) = effect else {
            Issue.record("not ready")
            return
        }
        #expect(facts.isSecretive && facts.life == nil && facts.configuration == ["save": ""])
    }

    @Test func `INFO tells who it is`() {
        var facts = RedisFacts()
        facts.read(info: "# Server\r\nredis_version:7.2.4\r\nrun_id:abc\r\nrole:master\r\nmaster_replid:def\r\n")
        let first = facts.life
        #expect(first != nil && facts.version == "7.2.4" && facts.role == "master")
        facts.read(info: "run_id:abd\n")
        #expect(facts.life != first)
        facts.read(info: "run_id:abc\nmaster_replid:deg\n")
        #expect(facts.life != first)
    }

    @Test(arguments: [
        ("WRONGPASS invalid username-password pair or user is disabled.", RedisTrouble.wrongPassword),
        ("NOAUTH HELLO must be called with the client already authenticated", .passwordWanted),
        ("DENIED Redis is running in protected mode", .protected),
        ("LOADING Redis is loading the dataset in memory", .loading),
        ("ERR max number of clients reached", .full),
    ])
    func `a refusal at the beginning has a name`(words: String, trouble: RedisTrouble) {
        var machine = self.machine(RedisCredentials(user: nil, password: "secret"))
        #expect(self.trouble(machine.answered(Self.error(words))) == trouble)
    }

    @Test func `so has one later`() {
        var machine = self.machine(RedisCredentials(user: nil, password: "secret"), database: 99)
        _ = machine.answered(Self.error("ERR unknown command"))
        #expect(self.trouble(machine.answered(Self.error("ERR invalid password"))) == .wrongPassword)
        machine = self.machine(database: 99)
        _ = machine.answered(Self.hello)
        #expect(self.trouble(machine.answered(Self.error("ERR DB index is out of range"))) == .wrongDatabase)
        machine = self.machine(database: 99)
        _ = machine.answered(Self.hello)
        #expect(self.trouble(machine.answered(Self.error("NOPERM no permissions to run 'select'"))) == .notPermitted)
        machine = self.machine()
        #expect(self.trouble(machine.answered(Self.ok)) == .noRedis)
        #expect(self.trouble(machine.answered(Self.ok)) == .noRedis)
    }
}
