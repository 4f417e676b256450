package import ParleyProtocol
package import ParleyTransport

/// Who costs what, lately: what was counted is worth half after a while. For operators who look for whoever is too
/// much.
package struct CostMeter: Sendable {
    package private(set) var addresses: TopCosts<ClientAddress>
    package private(set) var identities: TopCosts<IdentityID>
    package private(set) var sessions: TopCosts<SessionID>
    package private(set) var rooms: TopCosts<RoomID>
    private let halfLife: UInt64
    private var halvedAt: UInt64

    /// - Parameter now: monotonic nanoseconds.
    package init(limits: Limits, now: UInt64) {
        self.addresses = TopCosts(countMax: limits.meterEntriesMax)
        self.identities = TopCosts(countMax: limits.meterEntriesMax)
        self.sessions = TopCosts(countMax: limits.meterEntriesMax)
        self.rooms = TopCosts(countMax: limits.meterEntriesMax)
        self.halfLife = UInt64(max(1, limits.meterHalfLifeMilliseconds)) * 1_000_000
        self.halvedAt = now
    }

    package mutating func add(_ cost: Cost, address: ClientAddress?) {
        if let address { self.addresses.add(address, cost) }
    }

    package mutating func add(_ cost: Cost, session: SessionID, of identity: IdentityID, in rooms: [RoomID]) {
        self.sessions.add(session, cost)
        self.identities.add(identity, cost)
        for room in rooms { self.rooms.add(room, cost) }
    }

    package mutating func merge(_ other: Self) {
        self.addresses.merge(other.addresses)
        self.identities.merge(other.identities)
        self.sessions.merge(other.sessions)
        self.rooms.merge(other.rooms)
    }

    /// From time to time, and before it is read.
    package mutating func tick(now: UInt64) {
        // After a long sleep nothing is left anyway.
        var turns = 0
        while now >= self.halvedAt, now - self.halvedAt >= self.halfLife, turns < 64 {
            self.halvedAt += self.halfLife
            turns += 1
            self.addresses.halve()
            self.identities.halve()
            self.sessions.halve()
            self.rooms.halve()
        }
    }
}
