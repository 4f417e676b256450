import ParleyProtocol
import ParleyServer
import ParleyTransport
import Testing

@Suite("Limits by address")
struct AddressLimitsTests {
    private static let second: UInt64 = 1_000_000_000
    private let ada = ClientAddress.ipv4(1)
    private let bob = ClientAddress.ipv4(2)

    private static func limits(_ change: (inout Limits) -> Void = { _ in }) -> Limits {
        var limits = Limits()
        limits.connectionsPerAddressMax = 3
        limits.plainConnectionsPerAddressMax = 2
        limits.upgradesPerAddressPerSecond = 1
        limits.upgradesPerAddressBurst = 8
        limits.upgradesPerSecond = 10
        limits.upgradeBurst = 100
        limits.upgradesKeptPercent = 25
        limits.failuresFree = 2
        limits.failuresMax = 5
        limits.failurePauseMilliseconds = 1_000
        limits.failurePauseMillisecondsMax = 3_000
        limits.lockMilliseconds = 100_000
        limits.failureForgottenMilliseconds = 10_000
        limits.addressesMax = 8
        change(&limits)
        return limits
    }

    private func open(
        _ table: inout AddressLimits,
        _ address: ClientAddress?,
        isReturning: Bool = false,
        now: UInt64 = 0
    ) -> AddressLimits.Denial? {
        if let denial = table.judge(address, isReturning: isReturning, now: now) { return denial }
        table.connectionOpened(address, now: now)
        return nil
    }

    @Test("an address has so many connections, and its neighbours have theirs")
    func connections() {
        var table = AddressLimits(limits: Self.limits(), now: 0)
        for _ in 1...3 { #expect(self.open(&table, self.ada) == nil) }
        #expect(self.open(&table, self.ada) == .tooManyConnections)
        #expect(self.open(&table, self.bob) == nil)
        table.connectionClosed(self.ada)
        #expect(self.open(&table, self.ada) == nil)
        for _ in 1...3 { table.connectionClosed(self.ada) }
        table.connectionClosed(self.bob)
        #expect(table.counts.connections == 0)
    }

    @Test("an address has so many sockets, whatever they turn out to be")
    func sockets() {
        var table = AddressLimits(limits: Self.limits(), now: 0)
        func open(_ address: ClientAddress) -> Bool { table.socketOpened(address) }
        for _ in 1...5 { #expect(open(self.ada)) }
        #expect(!open(self.ada))
        #expect(open(self.bob))
        table.socketClosed(self.ada)
        #expect(open(self.ada))
    }

    @Test("an address comes so often, those who come back a little oftener, and a refusal costs nothing")
    func upgrades() {
        var table = AddressLimits(limits: Self.limits { $0.connectionsPerAddressMax = 100 }, now: 0)
        // A quarter of 8 is kept.
        for _ in 1...6 { #expect(self.open(&table, self.ada) == nil) }
        for _ in 1...3 { #expect(self.open(&table, self.ada) == .rateLimited(milliseconds: 1_000)) }
        for _ in 1...2 { #expect(self.open(&table, self.ada, isReturning: true) == nil) }
        #expect(self.open(&table, self.ada, isReturning: true) == .rateLimited(milliseconds: 1_000))
        #expect(self.open(&table, self.ada, isReturning: true, now: Self.second) == nil)
        #expect(self.open(&table, self.ada, now: 2 * Self.second) == .rateLimited(milliseconds: 2_000))
        #expect(self.open(&table, self.ada, now: 4 * Self.second) == nil)
    }

    @Test("in a crowd those who come back are first")
    func crowd() {
        var table = AddressLimits(limits: Self.limits { $0.addressesMax = 1_000 }, now: 0)
        for number in 1...75 as ClosedRange<UInt32> { #expect(self.open(&table, .ipv4(number)) == nil) }
        #expect(self.open(&table, .ipv4(200)) == .busy(milliseconds: 100))
        #expect(self.open(&table, nil) == .busy(milliseconds: 100))
        for number in 300..<325 as Range<UInt32> {
            #expect(self.open(&table, .ipv4(number), isReturning: true) == nil)
        }
        #expect(self.open(&table, .ipv4(400), isReturning: true) == .busy(milliseconds: 100))
        // As long as some come back, what comes in goes to them.
        #expect(self.open(&table, .ipv4(401), now: Self.second) == .busy(milliseconds: 1_600))
        #expect(self.open(&table, .ipv4(400), isReturning: true, now: Self.second) == nil)
    }

    @Test("failures are free, then cost pauses that grow, then lock; and are forgotten")
    func failures() {
        var table = AddressLimits(limits: Self.limits(), now: 0)
        func wait(_ now: UInt64) -> UInt64? { table.wait(of: self.ada, for: .credential, now: now) }
        for _ in 1...2 {
            table.failed(self.ada, at: .credential, now: 0)
            #expect(wait(0) == nil)
        }
        table.failed(self.ada, at: .credential, now: 0)
        #expect(wait(0) == 1_000)
        #expect(wait(Self.second / 2) == 500)
        #expect(wait(Self.second) == nil)
        table.failed(self.ada, at: .credential, now: Self.second)
        #expect(wait(Self.second) == 2_000)
        table.failed(self.ada, at: .credential, now: 3 * Self.second)
        #expect(wait(3 * Self.second) == 100_000)
        #expect(wait(103 * Self.second) == nil)
        // All five are forgotten by now.
        table.failed(self.ada, at: .credential, now: 104 * Self.second)
        #expect(wait(104 * Self.second) == nil)
    }

    @Test("one failure is forgotten at a time")
    func forgetting() {
        var table = AddressLimits(limits: Self.limits(), now: 0)
        for second in [0, 0, 10, 20, 30, 40] as [UInt64] {
            table.failed(self.ada, at: .credential, now: second * Self.second)
            #expect(table.wait(of: self.ada, for: .credential, now: second * Self.second) == nil, "\(second)")
        }
        table.failed(self.ada, at: .credential, now: 41 * Self.second)
        #expect(table.wait(of: self.ada, for: .credential, now: 41 * Self.second) == 1_000)
    }

    @Test("a locked address opens nothing, but who comes back does; PINs and neighbours are counted apart")
    func lock() {
        var table = AddressLimits(limits: Self.limits(), now: 0)
        for _ in 1...5 { table.failed(self.ada, at: .credential, now: 0) }
        #expect(self.open(&table, self.ada) == .rateLimited(milliseconds: 100_000))
        #expect(self.open(&table, self.ada, isReturning: true) == nil)
        #expect(self.open(&table, self.bob) == nil)
        #expect(table.wait(of: self.ada, for: .pin, now: 0) == nil)
        #expect(table.wait(of: self.bob, for: .credential, now: 0) == nil)
        for _ in 1...5 { table.failed(self.bob, at: .pin, now: 0) }
        #expect(table.wait(of: self.bob, for: .pin, now: 0) == 100_000)
        #expect(self.open(&table, self.bob) == nil)
    }

    @Test("tables are bounded, the newest half is remembered, and coming from everywhere frees nobody")
    func bounds() {
        var table = AddressLimits(limits: Self.limits { $0.upgradesPerSecond = 1_000_000 }, now: 0)
        for _ in 1...5 { table.failed(self.ada, at: .credential, now: 0) }
        for number in 100..<200 as Range<UInt32> {
            let now = UInt64(number) * 1_000_000
            #expect(self.open(&table, .ipv4(number), now: now) == nil)
            table.connectionClosed(.ipv4(number))
            #expect(table.counts.upgrades <= 8)
        }
        #expect(table.wait(of: self.ada, for: .credential, now: Self.second) == 99_000)
        for number in 100..<200 as Range<UInt32> {
            table.failed(.ipv4(number), at: .credential, now: 0)
            #expect(table.counts.failures <= 8)
        }
        #expect(table.wait(of: self.ada, for: .credential, now: Self.second) == nil)
    }

    @Test("the newest half of a table is never forgotten")
    func recent() {
        var table = RecentTable<Int, Int>(countMax: 8)
        for key in 0..<1_000 {
            table.set(key, key)
            table.set(0, -key)
            #expect(table.count <= 8)
            #expect(table[0] == -key)
            for newer in max(1, key - 2)..<max(1, key + 1) { #expect(table[newer] == newer) }
        }
        #expect(table[1] == nil)
    }
}

@Suite("On whose account a connection is")
struct AddressStandingTests {
    private func standing(
        _ address: String?,
        isProxied: Bool = false,
        limitsLoopback: Bool = false
    ) -> AddressStanding {
        var configuration = ServerConfiguration()
        configuration.proxies = TrustedProxies([AddressRange("10.0.0.0/8")].compactMap { $0 })
        configuration.limitsLoopback = limitsLoopback
        return configuration.standing(
            of: ClientOrigin(address: address.flatMap { ClientAddress($0) }, isProxied: isProxied)
        )
    }

    @Test("programs of this machine are nobody's, unless the operator says otherwise or a proxy speaks for them")
    func own() {
        #expect(self.standing("127.0.0.1") == .own)
        #expect(self.standing("::1") == .own)
        #expect(self.standing("127.0.0.1", limitsLoopback: true) == .counted(.ipv4(0x7F00_0001)))
        #expect(self.standing("127.0.0.2", isProxied: true) == .counted(.ipv4(0x7F00_0002)))
    }

    @Test("a proxy is not blamed for clients that it does not name")
    func unknown() {
        #expect(self.standing("10.0.0.1", isProxied: true) == .unknown)
        #expect(self.standing("10.0.0.1") == .unknown)
        #expect(self.standing(nil) == .unknown)
    }

    @Test("an IPv6 network of 64 bits is one address")
    func network() {
        #expect(self.standing("2001:db8::1") == self.standing("2001:db8::2:0:0:1"))
        #expect(self.standing("2001:db8::1") != self.standing("2001:db8:0:1::1"))
        #expect(self.standing("192.0.2.1") == .counted(.ipv4(0xC000_0201)))
    }
}

@Suite("Retry-After")
struct RetryAfterTests {
    @Test("whole seconds, rounded up, at least one", arguments: [(1, "1"), (1_000, "1"), (1_001, "2"), (60_000, "60")])
    func rounding(_ milliseconds: UInt64, _ text: String) {
        #expect(ConnectionDenial(.rateLimited, retryAfterMilliseconds: milliseconds).retryAfter == text)
    }

    @Test(
        "a server that takes nobody now says when to come again, not to all the same",
        arguments: [
            (ConnectionRefusal.connectionsFull, 5_000, 9_999), (.stopping, 1_000, 2_999),
            (.engineUnavailable, 1_000, 1_999),
        ] as [(ConnectionRefusal, UInt64, UInt64)]
    )
    func rest(_ refusal: ConnectionRefusal, _ least: UInt64, _ most: UInt64) {
        #expect(ConnectionDenial(refusal, chance: 0).retryAfterMilliseconds == least)
        #expect(ConnectionDenial(refusal, chance: 0.9999).retryAfterMilliseconds == most)
        #expect(ConnectionDenial(refusal, chance: 0).body.hasSuffix(#","retryAfterMilliseconds":\#(least)}"#))
        #expect(ConnectionDenial(refusal).body.hasSuffix(#"."}"#))
    }

    @Test("a refusal for good names none")
    func none() {
        #expect(ConnectionDenial(.originNotAllowed).retryAfter == nil)
        #expect(ConnectionDenial(.originNotAllowed, chance: 0.5).retryAfter == nil)
    }
}
