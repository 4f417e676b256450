package import ParleyProtocol
import ParleyRooms
package import ParleyTransport

/// Who of the network may have how much of this server, before any work is done for them.
///
/// ```
/// socket ----> upgrade ----------------------------> hello ----------> tries
///  how many     locked? how many? how fast, alone     may they try?     each failure is noted
///  of one       and together? (a part is kept for
///  address?     those who come back)
/// ```
///
/// Addresses are remembered in bounded tables, of which one that others can fill (by coming from many addresses) does
/// not push out what another one knows: who is connected, who comes how often, who has failed.
package struct AddressLimits: Sendable {
    /// What somebody fails at; each has pauses of its own, so that a class that mistypes its PIN is not thrown out.
    package enum Attempt: Hashable, Sendable, CaseIterable {
        /// To show a good token, ticket or key.
        case credential
        /// To name the PIN of a room.
        case pin
    }

    package enum Denial: Error, Hashable, Sendable {
        case tooManyConnections
        /// Too fast, or locked.
        case rateLimited(milliseconds: UInt64)
        /// All together are too fast.
        case busy(milliseconds: UInt64)
    }

    private struct Failing: Hashable, Sendable {
        let address: ClientAddress
        let attempt: Attempt
    }

    private let limits: Limits
    /// Bounded by the connections and sockets that there are.
    private var connections: [ClientAddress: Int] = [:]
    private var sockets: [ClientAddress: Int] = [:]
    private var upgrades: RecentTable<ClientAddress, RateLimit>
    private var failures: RecentTable<Failing, FailureRecord>
    private var allUpgrades: RateLimit

    package init(limits: Limits, now: UInt64) {
        self.limits = limits
        self.upgrades = RecentTable(countMax: limits.addressesMax)
        self.failures = RecentTable(countMax: limits.addressesMax)
        self.allUpgrades = RateLimit(perSecond: limits.upgradesPerSecond, burst: limits.upgradeBurst, now: now)
    }

    /// For the tests: how many addresses are remembered in any way.
    package var counts: (connections: Int, sockets: Int, upgrades: Int, failures: Int) {
        (self.connections.count, self.sockets.count, self.upgrades.count, self.failures.count)
    }

    // MARK: Sockets

    /// Each `true` is followed by one ``socketClosed(_:)``.
    package mutating func socketOpened(_ address: ClientAddress) -> Bool {
        let count = self.sockets[address] ?? 0
        let most = self.limits.connectionsPerAddressMax + self.limits.plainConnectionsPerAddressMax
        guard count < most else { return false }
        self.sockets[address] = count + 1
        return true
    }

    package mutating func socketClosed(_ address: ClientAddress) {
        Self.decrease(&self.sockets, address)
    }

    // MARK: Upgrades

    /// Judges, and takes nothing.
    ///
    /// - Parameters:
    ///   - address: nil if it cannot be known: then only all together are counted.
    ///   - isReturning: they say that they come back. Whoever says so has what is kept for such, and is believed until
    ///     `hello`: there a secret proves it.
    package mutating func judge(
        _ address: ClientAddress?,
        isReturning: Bool,
        now: UInt64
    ) -> Denial? {
        if let address {
            if !isReturning, let wait = self.wait(of: address, for: .credential, now: now) {
                return .rateLimited(milliseconds: wait)
            }
            guard self.connections[address] ?? 0 < self.limits.connectionsPerAddressMax else {
                return .tooManyConnections
            }
            var rate = self.rate(of: address, now: now)
            let kept = isReturning ? 0 : self.kept(of: self.limits.upgradesPerAddressBurst)
            if let wait = rate.wait(for: 1, leaving: kept, now: now) { return .rateLimited(milliseconds: wait) }
        }
        let kept = isReturning ? 0 : self.kept(of: self.limits.upgradeBurst)
        return self.allUpgrades.wait(for: 1, leaving: kept, now: now).map { .busy(milliseconds: $0) }
    }

    /// They come in. Each is followed by one ``connectionClosed(_:)``.
    package mutating func connectionOpened(_ address: ClientAddress?, now: UInt64) {
        self.allUpgrades.spend(1, now: now)
        guard let address else { return }
        var rate = self.rate(of: address, now: now)
        rate.spend(1, now: now)
        self.upgrades.set(address, rate)
        self.connections[address, default: 0] += 1
    }

    package mutating func connectionClosed(_ address: ClientAddress) {
        Self.decrease(&self.connections, address)
    }

    private func rate(of address: ClientAddress, now: UInt64) -> RateLimit {
        self.upgrades[address]
            ?? RateLimit(
                perSecond: self.limits.upgradesPerAddressPerSecond,
                burst: self.limits.upgradesPerAddressBurst,
                now: now
            )
    }

    private func kept(of burst: Int) -> Int { burst * self.limits.upgradesKeptPercent / 100 }

    private static func decrease(_ counts: inout [ClientAddress: Int], _ address: ClientAddress) {
        guard let count = counts[address] else { return assertionFailure("counted once, closed once") }
        counts[address] = count > 1 ? count - 1 : nil
    }

    // MARK: Failures

    /// - Returns: for how long they have to wait; `nil`: they may try.
    package func wait(of address: ClientAddress, for attempt: Attempt, now: UInt64) -> UInt64? {
        self.failures[Failing(address: address, attempt: attempt)]?.wait(now: now)
    }

    package mutating func failed(_ address: ClientAddress, at attempt: Attempt, now: UInt64) {
        let key = Failing(address: address, attempt: attempt)
        var record = self.failures[key] ?? FailureRecord(now: now)
        record.fail(now: now, limits: self.limits)
        self.failures.set(key, record)
    }
}
