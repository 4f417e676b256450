/// Why an address of a Redis is none. No sentence repeats what may be a password.
public enum RedisURLError: Error, Hashable, Sendable, CustomStringConvertible {
    case scheme
    case noHost
    case host(String)
    case port
    case severalHosts
    case tooManyHosts(Int)
    case password
    case path(String)
    case masterName
    case database(String)
    case clusterDatabase
    case option(String)
    case optionNeedsTLS

    public var description: String {
        switch self {
        case .scheme:
            "The address of a Redis begins with redis://, rediss:// (with TLS), redis+sentinel://, "
                + "rediss+sentinel://, redis+cluster:// or rediss+cluster://."
        case .noHost: "The address of the Redis names no host."
        case .host(let text): "\(text) is no name of a host."
        // It may be a password that lacks its host.
        case .port: "Behind the colon of a host stands its port: a number from 1 to 65535."
        case .severalHosts:
            "redis:// takes one host; several are several Sentinels (redis+sentinel://) or servers of a cluster "
                + "(redis+cluster://)."
        case .tooManyHosts(let most): "The address names more hosts than anybody needs: \(most) at most."
        case .password:
            "User and password of the Redis cannot be read: what is no letter, digit, -, ., _ or ~ in them is written "
                + "as % and two hexadecimal digits."
        case .path(let text): "\(text) does not belong behind the host of this address."
        case .masterName: "redis+sentinel:// ends with the name of the master: redis+sentinel://host1,host2/mymaster."
        case .database(let text): "\(text) is no number of a database: redis://host:6379/0."
        case .clusterDatabase: "A cluster has the database 0 and no other."
        case .option(let text): "\(text) is no option of a Redis' address."
        case .optionNeedsTLS: "`ca` names whom to trust about certificates: it needs rediss://."
        }
    }
}
