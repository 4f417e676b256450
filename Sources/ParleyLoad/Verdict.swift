/// What was wrong with what has arrived. A load that is not served rightly is no measurement.
public struct Verdict: Hashable, Sendable {
    /// Sent, and not there in the end.
    public var lost: UInt64 = 0
    public var twice: UInt64 = 0
    /// A later one came first.
    public var disordered: UInt64 = 0
    /// Not what was sent.
    public var altered: UInt64 = 0
    /// Refusals and ends of connections, in words, each once: the first few of them.
    public private(set) var faults: [String] = []
    public private(set) var faultCount: UInt64 = 0

    package init() {}

    static let faultsShown = 8

    public var isGood: Bool {
        self.lost == 0 && self.twice == 0 && self.disordered == 0 && self.altered == 0 && self.faultCount == 0
    }

    package mutating func note(_ fault: String) {
        self.faultCount += 1
        self.show(fault)
    }

    package mutating func add(_ other: Verdict) {
        self.lost += other.lost
        self.twice += other.twice
        self.disordered += other.disordered
        self.altered += other.altered
        self.faultCount += other.faultCount
        for fault in other.faults { self.show(fault) }
    }

    private mutating func show(_ fault: String) {
        guard self.faults.count < Self.faultsShown, !self.faults.contains(fault) else { return }
        self.faults.append(fault)
    }
}
