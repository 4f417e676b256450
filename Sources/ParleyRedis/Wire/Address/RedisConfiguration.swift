public import ParleyProtocol

/// Where the Redis is and who we are there.
public struct RedisConfiguration: Hashable, Sendable {
    package enum Shape: Hashable, Sendable {
        case one(RedisAddress)
        /// Sentinels know which server is the master of that name now.
        case sentinel([RedisAddress], master: String)
        /// Some servers of a cluster; they know the others.
        case cluster([RedisAddress])
    }

    private static let schemes: [(scheme: String, isSecure: Bool, kind: String)] = [
        ("redis", false, ""), ("valkey", false, ""), ("rediss", true, ""), ("valkeys", true, ""),
        ("redis+sentinel", false, "sentinel"), ("rediss+sentinel", true, "sentinel"),
        ("redis+cluster", false, "cluster"), ("rediss+cluster", true, "cluster"),
    ]

    package let shape: Shape
    package var credentials: RedisCredentials?
    /// What the Sentinels want to hear, if they want to.
    package var sentinelCredentials: RedisCredentials?
    package var database = 0
    package let isSecure: Bool
    /// A file of certificates in PEM, of those who are trusted besides nobody; without one whom the system trusts.
    public var trustedRootsFile: String?
    /// What the servers' lists of clients say.
    public var clientName = "parley"

    /// - Parameter url: `redis://user:password@host:6379/0`, with TLS `rediss://`; `redis+sentinel://host1,host2/name`;
    ///   `redis+cluster://host1,host2`. Behind a `?` options: `ca=FILE`, and for Sentinels that want it
    ///   `sentinel-user`, `sentinel-password`.
    public init(url: String, limits: Limits = Limits()) throws(RedisURLError) {
        guard let end = url.firstRange(of: "://"),
            let known = Self.schemes.first(where: { $0.scheme == url[..<end.lowerBound].lowercased() })
        else { throw .scheme }
        self.isSecure = known.isSecure
        var rest = url[end.upperBound...]
        var options: [Substring] = []
        if let question = rest.firstIndex(of: "?") {
            options = rest[rest.index(after: question)...].split(separator: "&")
            rest = rest[..<question]
        }
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        let path = rest[slash...].split(separator: "/").map(String.init)
        var authority = rest[..<slash]
        // A `/` or `?` of a password that is not written as % and two digits.
        guard authority.contains("@") || !url[end.upperBound...].contains("@") else { throw .password }
        if let at = authority.lastIndex(of: "@") {
            self.credentials = try RedisCredentials(authority[..<at])
            authority = authority[authority.index(after: at)...]
        }
        let port = known.kind == "sentinel" ? RedisAddress.sentinelPort : RedisAddress.defaultPort
        var hosts: [RedisAddress] = []
        for host in authority.split(separator: ",") { hosts.append(try RedisAddress(host, defaultPort: port)) }
        guard let first = hosts.first else { throw .noHost }
        guard hosts.count <= limits.redisHostsMax else { throw .tooManyHosts(limits.redisHostsMax) }
        switch known.kind {
        case "sentinel":
            guard let master = path.first, let name = Percent.decode(master[...]), !name.isEmpty else {
                throw .masterName
            }
            self.shape = .sentinel(hosts, master: name)
            self.database = try Self.database(path.dropFirst())
        case "cluster":
            self.shape = .cluster(hosts)
            guard try Self.database(path[...]) == 0 else { throw .clusterDatabase }
        default:
            guard hosts.count == 1 else { throw .severalHosts }
            self.shape = .one(first)
            self.database = try Self.database(path[...])
        }
        for option in options { try self.set(option) }
        if self.trustedRootsFile != nil, !self.isSecure { throw .optionNeedsTLS }
    }

    private static func database(_ path: ArraySlice<String>) throws(RedisURLError) -> Int {
        guard let text = path.first else { return 0 }
        guard path.count == 1 else { throw .path(path.dropFirst().joined(separator: "/")) }
        guard let number = Int(text), (0...65_535).contains(number) else { throw .database(text) }
        return number
    }

    private mutating func set(_ option: Substring) throws(RedisURLError) {
        let name = option.prefix { $0 != "=" }
        guard let value = Percent.decode(option.dropFirst(name.count + 1)), !value.isEmpty else {
            throw .option(String(name))
        }
        switch name {
        case "ca": self.trustedRootsFile = value
        case "sentinel-user":
            self.sentinelCredentials = RedisCredentials(
                user: value,
                password: self.sentinelCredentials?.password ?? ""
            )
        case "sentinel-password":
            self.sentinelCredentials = RedisCredentials(user: self.sentinelCredentials?.user, password: value)
        default: throw .option(String(name))
        }
    }
}

/// Who we are for a server.
package struct RedisCredentials: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    package let user: String?
    package let password: String

    package init(user: String?, password: String) {
        self.user = user
        self.password = password
    }

    /// `user:password`, or `:password`; without a colon it is a password, as in Redis' own tools.
    fileprivate init?(_ text: Substring) throws(RedisURLError) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first.flatMap({ Percent.decode($0) }) else { throw .password }
        guard parts.count == 2 else {
            guard !first.isEmpty else { return nil }
            self.init(user: nil, password: first)
            return
        }
        guard let password = Percent.decode(parts[1]) else { throw .password }
        guard !(first.isEmpty && password.isEmpty) else { return nil }
        self.init(user: first.isEmpty ? nil : first, password: password)
    }

    /// Without the password: it may get into a log.
    package var description: String { self.user ?? "default" }
    package var debugDescription: String { self.description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// `%41` in an address.
enum Percent {
    static func decode(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16),
                rest.first != UInt8(ascii: "+"), rest.first != UInt8(ascii: "-")
            else { return nil }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
