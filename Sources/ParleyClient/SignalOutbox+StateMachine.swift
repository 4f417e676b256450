package import ParleyProtocol

/// The signals to one recipient: numbered, kept until delivered, sent again in order; docs/PROTOCOL.md, section 6.
///
/// ```
///          refused                  the last one sent was refused as well
/// sending ----------> draining ---------------------------------------------> sending (or pausing, if asked to)
///    ^                              close the ranks, number again                          |
///    +-------------------------------------------------------------------------------------+ time, or `delivered`
/// ```
///
/// A refused signal does not use up its number, so everything that was sent behind it is refused too
/// (`signal-gap`). The outbox therefore waits until the last one that it has sent was refused, closes the ranks, and
/// sends the rest again: a number never means two things at once.
///
/// The app knows a signal by its *ticket*, which counts what it has asked for and never changes.
package struct SignalOutbox: Sendable {
    package enum Effect: Hashable, Sendable {
        case send(OutboundSignal)
        /// Up to this ticket.
        case delivered(UInt64)
        case refused(ticket: UInt64, RejectedMessage)
        /// It goes out again by itself.
        case postponed(ticket: UInt64, RejectedMessage)
        case failed(ticket: UInt64, ClientError)
        /// Nothing was accepted for this recipient: the pair begins again, if ever.
        case forget
        /// Call ``SignalOutbox/tick(_:_:)`` then.
        case wake(at: Duration)
    }

    private struct Entry: Hashable {
        var n: UInt64
        let ticket: UInt64
        let negotiation: UInt64?
        let payload: SignalPayload
        var refusal: RejectedMessage?
    }

    private struct Drain: Hashable {
        var from: UInt64
        let until: UInt64
        var pause: Pause?
        /// It only helps against a server that does not answer every signal.
        let deadline: Duration
    }

    private struct Pause: Hashable {
        var length: Duration
        var endsWithDelivery: Bool
        var until = Duration.zero
    }

    /// So many are kept; one more fails.
    package static let keptMax = 1_024
    private static let drainMax = Duration.seconds(1)

    private let recipient: ParticipantID
    /// How many may be unacknowledged, as the server says.
    package var windowMax: Int
    private var entries: [Entry] = []
    private var nextNumber: UInt64 = 1
    private var nextTicket: UInt64 = 1
    private var sentUpTo: UInt64 = 0
    private var deliveredUpTo: UInt64 = 0
    private var drain: Drain?
    private var pause: Pause?

    package init(to recipient: ParticipantID, windowMax: Int) {
        self.recipient = recipient
        self.windowMax = max(1, windowMax)
    }

    /// - Returns: its ticket.
    package mutating func push(_ payload: SignalPayload, negotiation: UInt64?, _ effects: inout [Effect]) -> UInt64 {
        let ticket = self.nextTicket
        self.nextTicket += 1
        guard self.entries.count < Self.keptMax else {
            effects.append(.failed(ticket: ticket, .tooManyWaiting))
            return ticket
        }
        self.entries.append(Entry(n: self.nextNumber, ticket: ticket, negotiation: negotiation, payload: payload))
        self.nextNumber += 1
        self.flush(&effects)
        return ticket
    }

    private mutating func flush(_ effects: inout [Effect]) {
        guard self.drain == nil, self.pause == nil else { return }
        // Numbers are dense, so the first one that has not gone out is found by counting.
        let sent = self.entries.first.map { Int(clamping: self.sentUpTo + 1) - Int(clamping: $0.n) } ?? 0
        for entry in self.entries.dropFirst(max(0, sent)) {
            guard entry.n <= self.deliveredUpTo + UInt64(self.windowMax) else { return }
            let signal = OutboundSignal(
                to: self.recipient,
                n: entry.n,
                floor: self.deliveredUpTo + 1,
                negotiation: entry.negotiation,
                payload: entry.payload
            )
            effects.append(.send(signal))
            self.sentUpTo = entry.n
        }
    }

    // MARK: Outcomes

    /// The recipient has acknowledged everything up to `n`.
    package mutating func delivered(_ n: UInt64, _ effects: inout [Effect]) {
        // What was never sent cannot be delivered: a server that says so is not believed.
        let upTo = min(n, self.sentUpTo)
        guard upTo > self.deliveredUpTo else { return }
        self.deliveredUpTo = upTo
        let done = self.entries.prefix { $0.n <= upTo }
        if let last = done.last { effects.append(.delivered(last.ticket)) }
        self.entries.removeFirst(done.count)
        if self.pause?.endsWithDelivery == true { self.pause = nil }
        self.flush(&effects)
    }

    package mutating func rejected(_ rejected: RejectedMessage, _ moment: Moment, _ effects: inout [Effect]) {
        // Ignored: the outcome of a signal that is history here (delivered, or given up).
        guard let n = rejected.n, n <= self.sentUpTo, let index = self.entries.firstIndex(where: { $0.n == n }) else {
            return
        }
        switch rejected.knownCode {
        case .unknownRecipient, .recipientIsSelf, .tooManyPeers, .notJoined:
            self.giveUp(rejected, &effects)
            return effects.append(.forget)
        case .some, .none: break
        }
        var drain = self.drain ?? self.newDrain(from: n, moment, &effects)
        drain.from = min(drain.from, n)
        if rejected.knownCode == .signalGap {
            let expected = rejected.expected ?? n
            guard expected > self.deliveredUpTo else { return self.beginAgain(at: expected, rejected, &effects) }
            drain.from = min(drain.from, expected)
        } else if let pause = Self.pause(rejected) {
            drain.pause = pause
            effects.append(.postponed(ticket: self.entries[index].ticket, rejected))
        } else {
            self.entries[index].refusal = rejected
        }
        self.drain = drain
        if n >= drain.until { self.endDrain(moment, &effects) }
    }

    private static func pause(_ rejected: RejectedMessage) -> Pause? {
        let byCode: Duration? =
            switch rejected.knownCode {
            case .rateLimited, .busy: .milliseconds(250)
            case .mailboxFull: .milliseconds(500)
            case .engineUnavailable: .seconds(1)
            case .some, .none: nil
            }
        let asked = rejected.retryAfterMilliseconds.map { Duration.milliseconds(Int64(clamping: $0)) }
        return (asked ?? byCode).map { Pause(length: $0, endsWithDelivery: rejected.knownCode == .mailboxFull) }
    }

    private mutating func giveUp(_ rejected: RejectedMessage, _ effects: inout [Effect]) {
        for entry in self.entries { effects.append(.refused(ticket: entry.ticket, rejected)) }
        self.entries = []
        self.drain = nil
        self.pause = nil
    }

    /// Sent in order, and still something is missing that was delivered long ago: the server has forgotten the pair.
    private mutating func beginAgain(at n: UInt64, _ rejected: RejectedMessage, _ effects: inout [Effect]) {
        self.giveUp(rejected, &effects)
        self.nextNumber = max(1, n)
        self.sentUpTo = self.nextNumber - 1
        self.deliveredUpTo = self.sentUpTo
    }

    private func newDrain(from n: UInt64, _ moment: Moment, _ effects: inout [Effect]) -> Drain {
        let deadline = moment.time + Self.drainMax
        effects.append(.wake(at: deadline))
        return Drain(from: n, until: self.sentUpTo, deadline: deadline)
    }

    private mutating func endDrain(_ moment: Moment, _ effects: inout [Effect]) {
        guard let drain = self.drain else { return }
        self.drain = nil
        for entry in self.entries {
            if let refusal = entry.refusal { effects.append(.refused(ticket: entry.ticket, refusal)) }
        }
        self.entries.removeAll { $0.refusal != nil }
        var next = drain.from
        for index in self.entries.indices where self.entries[index].n >= drain.from {
            self.entries[index].n = next
            next += 1
        }
        self.nextNumber = next
        self.sentUpTo = drain.from - 1
        if var pause = drain.pause {
            pause.until = moment.time + pause.length
            self.pause = pause
            effects.append(.wake(at: pause.until))
        }
        self.flush(&effects)
    }

    // MARK: Time and connections

    package mutating func tick(_ moment: Moment, _ effects: inout [Effect]) {
        if let drain = self.drain {
            guard moment.time >= drain.deadline else { return effects.append(.wake(at: drain.deadline)) }
            self.endDrain(moment, &effects)
        } else if let pause = self.pause {
            guard moment.time >= pause.until else { return effects.append(.wake(at: pause.until)) }
            self.pause = nil
            self.flush(&effects)
        }
    }

    /// The same session on a new connection: the server ignores what it has seen.
    package mutating func resumed(_ effects: inout [Effect]) {
        self.drain = nil
        for index in self.entries.indices { self.entries[index].refusal = nil }
        self.sentUpTo = self.deliveredUpTo
        self.flush(&effects)
    }

    /// Nothing more will be delivered.
    package mutating func fail(_ error: ClientError, _ effects: inout [Effect]) {
        for entry in self.entries { effects.append(.failed(ticket: entry.ticket, error)) }
        self.entries = []
        self.drain = nil
        self.pause = nil
    }
}
