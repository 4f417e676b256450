import NIOCore

/// What everybody said and saw, and what was wrong with it.
final class Journal {
    let scheduler: Scheduler
    private(set) var violations: [String] = []
    private(set) var counts: [String: Int] = [:]
    var onTrace: ((String) -> Void)?

    var hashes: [PlaceKey: String] = [:]
    var predecessors: [PlaceKey: ClientPosition] = [:]
    var commands: [CommandName: CommandRecord] = [:]
    var memberships: [String: MembershipRecord] = [:]
    var sent: [PairKey: Int] = [:]
    var delivered: [PairKey: Int] = [:]
    /// By client, see `ModelClient.trouble`.
    var troubles: [Int: [NIODeadline]] = [:]
    /// By client, since when and until when it was asleep.
    var sleeps: [Int: [(from: NIODeadline, to: NIODeadline?)]] = [:]
    var losses: [NIODeadline] = []
    /// Those whose membership an engine has forgotten.
    var forgotten: Set<String> = []
    /// Whether some log has ever said that of a participant.
    var hasLeft: (String) -> Bool = { _ in false }
    /// Those whose session was over when its client came back, after an engine has forgotten something.
    var unknown: Set<String> = []

    init(scheduler: Scheduler) {
        self.scheduler = scheduler
    }

    var milliseconds: Double { Double(self.scheduler.now.uptimeNanoseconds) / 1e6 - 1_000 }

    func violate(_ what: @autoclosure () -> String) {
        guard self.violations.count < 20 else { return }
        let text = what()
        self.violations.append("\(Int(self.milliseconds)) ms: \(text)")
        self.trace("VIOLATION \(text)")
    }

    func count(_ what: String, _ amount: Int = 1) {
        self.counts[what, default: 0] += amount
    }

    func trace(_ what: @autoclosure () -> String) {
        guard let onTrace = self.onTrace else { return }
        let text = what()
        let time = String(Int(self.milliseconds * 1_000))
        onTrace(String(repeating: " ", count: max(0, 12 - time.count)) + time + " " + text)
    }
}
