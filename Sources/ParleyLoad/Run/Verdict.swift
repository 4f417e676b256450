/// What was wrong with what has arrived. A load that is not served rightly is no measurement.
public struct Verdict: Hashable, Sendable {
    /// Sent, and not there in the end.
    public var lost: UInt64 = 0
    public var twice: UInt64 = 0
    /// A later one came first.
    public var disordered: UInt64 = 0
    /// Not what was sent.
    public var altered: UInt64 = 0
    /// Clients whose state of a room has another hash than the server says, or than the others have in the end.
    public var differing: UInt64 = 0
    /// In the list of a room, and not there.
    public var ghosts: UInt64 = 0
    /// There, and not in the list.
    public var absent: UInt64 = 0
    /// Refusals and ends of connections, in words, each once: the first few of them.
    public private(set) var faults: [String] = []
    public private(set) var faultCount: UInt64 = 0

    package init() {}

    static let faultsShown = 8

    /// What is counted, with its name in JSON and in words.
    static let counters: [(name: String, words: String, path: any WritableKeyPath<Verdict, UInt64> & Sendable)] = [
        ("lost", "lost", \.lost), ("twice", "twice", \.twice),
        ("disordered", "out of order", \.disordered),
        ("altered", "altered", \.altered), ("differing", "with another state", \.differing),
        ("ghosts", "ghosts in a list", \.ghosts), ("absent", "missing in a list", \.absent),
    ]

    public var isGood: Bool {
        self.faultCount == 0 && Self.counters.allSatisfy { self[keyPath: $0.path] == 0 }
    }

    /// Those that are not zero.
    public var words: String {
        let counts = Self.counters.filter { self[keyPath: $0.path] > 0 }.map {
            "\($0.words) \(self[keyPath: $0.path])"
        }
        return (counts + (self.faultCount > 0 ? ["faults \(self.faultCount)"] : [])).joined(
            separator: ", "
        )
    }

    package mutating func note(_ fault: String) {
        self.faultCount += 1
        self.show(fault)
    }

    package mutating func add(_ other: Verdict) {
        for counter in Self.counters { self[keyPath: counter.path] += other[keyPath: counter.path] }
        self.faultCount += other.faultCount
        for fault in other.faults { self.show(fault) }
    }

    private mutating func show(_ fault: String) {
        guard self.faults.count < Self.faultsShown, !self.faults.contains(fault) else { return }
        self.faults.append(fault)
    }
}
