import NIOCore

/// What is said before anything else: who we are, in which tongue, in which database; and what the server is like.
///
/// ```
/// hello ── no such command ──> auth ──> name ─┐
///   └─────────────────────────────────────────┴──> select ──> facts ──> configuration … ──> ready
/// ```
///
/// A server that forbids questions about itself is taken as it is.
package struct RedisGreetingStateMachine {
    /// What is to be done next.
    package enum Effect: Equatable {
        case send(RedisCommand)
        case ready(RedisFacts)
        case fail(RedisComplaint)
    }

    private enum State {
        case hello
        case auth
        case name
        case select
        case facts
        case configuration(remaining: ArraySlice<String>)
        case ended
    }

    private let address: RedisAddress
    private let credentials: RedisCredentials?
    private let database: Int
    private let clientName: String
    /// Whether it is asked about itself.
    private let isExamined: Bool
    private var state = State.hello
    private var facts = RedisFacts()

    package init(
        address: RedisAddress,
        credentials: RedisCredentials?,
        database: Int,
        clientName: String,
        isExamined: Bool
    ) {
        self.address = address
        self.credentials = credentials
        self.database = database
        self.clientName = clientName
        self.isExamined = isExamined
    }

    /// The first command.
    package var opening: RedisCommand {
        var words = ["HELLO", "3"]
        if let credentials = self.credentials {
            words += ["AUTH", credentials.user ?? "default", credentials.password]
        }
        return RedisCommand(texts: words + ["SETNAME", self.clientName])
    }

    package mutating func answered(_ value: RESPValue) -> Effect {
        if case .error(let bytes) = value, let complaint = self.complaint(String(buffer: bytes)) {
            self.state = .ended
            return .fail(complaint)
        }
        switch self.state {
        case .hello:
            guard case .error = value else {
                guard case .map(let values) = value else { return self.noRedis() }
                self.facts.isResp3 = true
                self.facts.version = Self.member("version", of: values)
                return self.greeted()
            }
            guard let credentials = self.credentials else { return self.named() }
            self.state = .auth
            let words = credentials.user.map { ["AUTH", $0, credentials.password] } ?? ["AUTH", credentials.password]
            return .send(RedisCommand(texts: words))
        case .auth: return self.named()
        case .name: return self.greeted()
        case .select: return self.selected()
        case .facts:
            guard case .string(let text) = value else {
                self.facts.isSecretive = true
                return self.ask(RedisFacts.settings[...])
            }
            self.facts.read(info: String(buffer: text))
            return self.ask(RedisFacts.settings[...])
        case .configuration(let remaining):
            if let values = value.elements {
                for pair in stride(from: 0, to: values.count - 1, by: 2) {
                    guard let name = values[pair].text, let setting = values[pair + 1].text else { continue }
                    self.facts.configuration[name] = setting
                }
            } else {
                self.facts.isSecretive = true
            }
            return self.ask(remaining)
        case .ended: return .fail(RedisComplaint(.noRedis, "\(self.address) answers what nobody has asked."))
        }
    }

    private mutating func named() -> Effect {
        self.state = .name
        return .send(RedisCommand("CLIENT", "SETNAME", self.clientName))
    }

    private mutating func greeted() -> Effect {
        guard self.database != 0 else { return self.selected() }
        self.state = .select
        return .send(RedisCommand("SELECT", "\(self.database)"))
    }

    private mutating func selected() -> Effect {
        guard self.isExamined else {
            self.state = .ended
            return .ready(self.facts)
        }
        self.state = .facts
        return .send(RedisCommand("INFO"))
    }

    private mutating func ask(_ settings: ArraySlice<String>) -> Effect {
        guard let next = settings.first else {
            self.state = .ended
            return .ready(self.facts)
        }
        self.state = .configuration(remaining: settings.dropFirst())
        return .send(RedisCommand("CONFIG", "GET", next))
    }

    private mutating func noRedis() -> Effect {
        self.state = .ended
        return .fail(RedisComplaint(.noRedis, "\(self.address) does not answer as a Redis does."))
    }

    /// Nil for what is no reason to give up here.
    private func complaint(_ error: String) -> RedisComplaint? {
        let user = self.credentials?.user ?? "default"
        switch error.prefix(while: { $0 != " " }) {
        case "WRONGPASS":
            return RedisComplaint(.wrongPassword, "\(self.address) does not take the password of the user \(user).")
        case "NOAUTH":
            return RedisComplaint(.passwordWanted, "\(self.address) wants a password, and the address names none.")
        case "DENIED":
            return RedisComplaint(
                .protected,
                "\(self.address) is in protected mode: it has no password and takes nobody from elsewhere."
            )
        case "LOADING": return RedisComplaint(.loading, "\(self.address) still loads its data.")
        case "ERR", "NOPERM", "NOPROTO", "MASTERDOWN", "MISCONF": break
        default: break
        }
        if error.hasPrefix("ERR max number of clients") {
            return RedisComplaint(.full, "\(self.address) has as many clients as it takes (maxclients).")
        }
        return self.complaintOfStep(error)
    }

    private func complaintOfStep(_ error: String) -> RedisComplaint? {
        switch self.state {
        // Before Redis 6 there is no HELLO, and some may not say it; who may not log in hears so again.
        case .hello, .name, .facts, .configuration, .ended: return nil
        case .auth:
            return RedisComplaint(
                .wrongPassword,
                "\(self.address) does not let the user \(self.credentials?.user ?? "default") in: \(error)"
            )
        case .select:
            guard error.hasPrefix("NOPERM") else {
                return RedisComplaint(
                    .wrongDatabase,
                    "\(self.address) has no database \(self.database): \(error)"
                )
            }
            return RedisComplaint(
                .notPermitted,
                "The user \(self.credentials?.user ?? "default") may not SELECT a database of \(self.address)."
            )
        }
    }

    private static func member(_ name: String, of values: [RESPValue]) -> String? {
        stride(from: 0, to: values.count - 1, by: 2).first { values[$0].text == name }.flatMap { values[$0 + 1].text }
    }
}
