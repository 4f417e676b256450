/// What stands between the server and the network.
extension Setting {
    static let doors = [
        tlsCertificate, tlsKey, adminCA, behindProxy, connectionsPerAddress, upgradesPerSecond, limitLoopback,
        allowedOrigin, showAddresses,
    ]

    static let tlsCertificate = Setting(key: "tls-certificate", allowed: "a file in PEM (given together with tls-key)")
    static let tlsKey = Setting(key: "tls-key", allowed: "a file in PEM (given together with tls-certificate)")
    static let adminCA = Setting(key: "admin-ca", allowed: "a file in PEM (given together with tls-certificate)")
    static let connectionsPerAddress = Setting(
        key: "connections-per-address",
        allowed: "a whole number from 1 to 1000000"
    )
    static let upgradesPerSecond = Setting(key: "upgrades-per-second", allowed: "a whole number from 1 to 1000000")
    static let allowedOrigin = Setting(
        key: "allowed-origin",
        allowed: "https://app.example.org, or https://*.example.org for all below it; at most 64, given one by one",
        isList: true
    )
    static let showAddresses = Setting(key: "show-addresses", allowed: "true or false")
    static let limitLoopback = Setting(key: "limit-loopback", allowed: "true or false")
    static let behindProxy = Setting(
        key: "behind-proxy",
        allowed:
            "addresses and ranges like 10.0.0.0/8 and 2001:db8::1, at most 64, separated by commas or given one by one",
        isList: true
    )
}
