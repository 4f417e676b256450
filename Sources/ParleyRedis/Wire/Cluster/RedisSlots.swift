import NIOCore

/// Which server of a cluster has which slots.
package struct RedisSlots: Hashable, Sendable {
    /// By slot; nil for one that nobody has.
    private var owners = [RedisAddress?](repeating: nil, count: RedisKey.slots)
    /// How many slots each has: who has any, and whether any lacks, is asked far more often than it changes.
    private var counts: [RedisAddress: Int] = [:]

    package init() {}

    /// The answer to `CLUSTER SLOTS`; nil if it is none.
    ///
    /// - Parameter asked: whom it was asked; a server that does not know its own name means that one.
    package init?(_ answer: RESPValue, asked: RedisAddress) {
        guard case .array(let ranges) = answer else { return nil }
        for range in ranges {
            guard let parts = range.elements, parts.count >= 3, let first = parts[0].integer,
                let last = parts[1].integer, let master = parts[2].elements, master.count >= 2,
                let port = master[1].integer, (1...65_535).contains(port), first >= 0, first <= last,
                last < RedisKey.slots
            else { return nil }
            let host = master[0].text ?? ""
            let owner = RedisAddress(host: host.isEmpty || host == "?" ? asked.host : host, port: Int(port))
            for slot in Int(first)...Int(last) { self[slot] = owner }
        }
    }

    package subscript(slot: Int) -> RedisAddress? {
        get { self.owners[slot] }
        set {
            if let old = self.owners[slot] {
                let left = (self.counts[old] ?? 0) - 1
                self.counts[old] = left > 0 ? left : nil
            }
            if let newValue { self.counts[newValue, default: 0] += 1 }
            self.owners[slot] = newValue
        }
    }

    package var isWhole: Bool { self.missing == 0 }

    /// Slots that nobody has.
    package var missing: Int { RedisKey.slots - self.counts.values.reduce(0, +) }

    /// Whoever has slots, in a fixed order.
    package var masters: [RedisAddress] { self.counts.keys.sorted() }
}

/// What a server of a cluster says instead of an answer.
package enum RedisRedirection: Hashable, Sendable {
    /// Another one has the slot now.
    case moved(slot: Int, to: RedisAddress)
    /// Another one has what is asked for, this once.
    case ask(RedisAddress)
    /// A moment later.
    case tryAgain
    /// Nothing can be done now, and nothing was.
    case down

    package init?(_ value: RESPValue, asked: RedisAddress) {
        guard case .error(let bytes) = value else { return nil }
        let words = String(buffer: bytes).split(separator: " ")
        switch words.first {
        case "MOVED", "ASK":
            guard words.count >= 3, let slot = Int(words[1]), (0..<RedisKey.slots).contains(slot),
                let colon = words[2].lastIndex(of: ":"), let port = Int(words[2][words[2].index(after: colon)...]),
                (1...65_535).contains(port)
            else { return nil }
            let host = words[2][..<colon]
            let address = RedisAddress(host: host.isEmpty ? asked.host : String(host), port: port)
            self = words[0] == "MOVED" ? .moved(slot: slot, to: address) : .ask(address)
        case "TRYAGAIN": self = .tryAgain
        // A master that has become a replica has not done it either.
        case "CLUSTERDOWN", "READONLY", "MASTERDOWN": self = .down
        default: return nil
        }
    }
}
