import ParleyProtocol
import ParleyTransport

/// One side of a pair. Confined to its loop, like everything that it calls.
final class RelaySide {
    let peer: LoadPeer
    private let crew: RelayCrew
    private var other: RelaySide?
    private var text: SignalText?

    private(set) var sent: UInt64 = 0
    /// Of what this one has sent, so much has arrived at the other.
    private(set) var arrived: UInt64 = 0
    private var delivered: UInt64 = 0
    private var received = ArrivalOrder()
    private var acknowledged: UInt64 = 0
    /// Nanoseconds at which the signals that are under way should have left, by number.
    private var dueTimes: [UInt64]
    private var pace: Pace?

    init(_ crew: RelayCrew, _ peer: LoadPeer) {
        self.crew = crew
        self.peer = peer
        self.dueTimes = Array(repeating: 0, count: crew.plan.window)
    }

    func meet(_ other: RelaySide) { self.other = other }

    // MARK: Sending

    /// Everybody is there.
    ///
    /// - Parameter share: 0 to 1: how far into its first pause this one begins, so that not all send at once.
    func start(at now: UInt64, share: Double) {
        guard let recipient = self.other?.peer.participant else { return }
        self.text = SignalText(to: recipient, bytes: self.crew.plan.bytes)
        self.pace = self.crew.plan.perSecond.map { Pace(perSecond: $0, from: now, share: share) }
        self.sendWhatIsDue(at: now)
    }

    func sendWhatIsDue(at now: UInt64) {
        guard self.crew.isSending, let text = self.text, let connection = self.peer.connection else {
            return
        }
        while self.sent - self.arrived < UInt64(self.dueTimes.count) {
            var due = now
            if self.pace != nil {
                guard let time = self.pace?.due(at: now) else { return }
                due = time
            }
            self.sent += 1
            self.dueTimes[Int(self.sent % UInt64(self.dueTimes.count))] = due
            let (n, floor) = (self.sent, self.delivered + 1)
            connection.sendText(length: text.length(n, floor: floor)) {
                text.write(n, floor: floor, to: $0)
            }
        }
    }

    func hear(_ marks: [Watermark]) {
        guard let recipient = self.other?.peer.participant else { return }
        for mark in marks where mark.participant == recipient {
            self.delivered = max(self.delivered, mark.n)
        }
    }

    // MARK: Receiving

    func receive(_ text: UnsafeRawBufferPointer) {
        guard let signal = ArrivedSignal(text) else {
            return self.crew.lane.fault("A signal has no number.")
        }
        if !signal.isWhole { self.crew.lane.verdict.altered += 1 }
        if self.crew.lane.verdict.note(self.received.arrive(signal.n)) {
            self.other?.hasArrived(signal.n)
        }
    }

    private func hasArrived(_ n: UInt64) {
        // One that nobody has sent is not measured.
        guard n <= self.sent else {
            self.crew.lane.verdict.altered += 1
            return
        }
        let now = self.crew.lane.now
        self.crew.lane.record(nanoseconds: now - self.dueTimes[Int(n % UInt64(self.dueTimes.count))])
        self.arrived = n
        self.sendWhatIsDue(at: now)
    }

    var unacknowledged: UInt64 { self.received.highest - self.acknowledged }

    func acknowledge() {
        guard self.unacknowledged > 0, let sender = self.other?.peer.participant else { return }
        self.acknowledged = self.received.highest
        self.peer.say(
            .beat(ClientBeat(acknowledged: [Watermark(participant: sender, n: self.acknowledged)]))
        )
    }

    /// Of what this one has sent.
    var lost: UInt64 { self.other?.received.lost(of: self.sent) ?? self.sent }
}
