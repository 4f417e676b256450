package import ParleyProtocol

/// What is written in one room and has not come back; docs/PROTOCOL.md, section 14.
///
/// ```
///           push              the message, with its `cid` / rejected
/// waiting ---------> under way -------------------------------------> decided
///                     ^     |
///                     +-----+ resumed, or after the time that the server asks to wait, under the same `cid`
/// ```
///
/// One is under way at a time, so that what somebody writes stays in order whatever the server asks to wait with. The
/// server says once what comes twice under one `cid` of one participant.
package struct ChatOutbox: Sendable {
    package typealias RequestID = UInt64

    package struct Draft: Hashable, Sendable {
        package let text: ChatText
        package let to: ParticipantID?

        package init(text: ChatText, to: ParticipantID? = nil) {
            self.text = text
            self.to = to
        }
    }

    private struct Entry: Hashable {
        let cid: String
        let draft: Draft
        let request: RequestID
    }

    /// So many wait, the one under way included; one more fails.
    package static let waitingMax = 64
    private static let retryDelay = Duration.seconds(1)

    /// The first one is under way if ``isUnderWay``.
    private var entries: [Entry] = []
    private var isUnderWay = false
    /// There is no place in the room, and another one is on its way.
    private var isPaused = false
    private var nextNumber: UInt64 = 1
    private var retryAt: Duration?

    package init() {}

    package mutating func push(_ draft: Draft, request: RequestID, _ effects: inout [Chat.Effect]) {
        guard self.entries.count < Self.waitingMax else { return effects.append(.failed(request, .tooManyWaiting)) }
        self.entries.append(Entry(cid: "c\(self.nextNumber)", draft: draft, request: request))
        self.nextNumber += 1
        self.flush(&effects)
    }

    private mutating func flush(_ effects: inout [Chat.Effect]) {
        guard !self.isUnderWay, !self.isPaused, let entry = self.entries.first else { return }
        self.isUnderWay = true
        effects.append(.say(cid: entry.cid, entry.draft))
    }

    // MARK: Outcomes

    /// A message of this participant's own, told perhaps not for the first time.
    package mutating func received(_ message: ChatMessage, _ effects: inout [Chat.Effect]) {
        guard self.isUnderWay, let entry = self.entries.first, message.cid == entry.cid else { return }
        self.decide(.said(entry.request, message), &effects)
    }

    package mutating func rejected(_ rejected: RejectedMessage, _ moment: Moment, _ effects: inout [Chat.Effect]) {
        // Ignored: the outcome of one that is history here.
        guard self.isUnderWay, let entry = self.entries.first, (rejected.cid ?? entry.cid) == entry.cid else { return }
        guard let delay = rejected.chatDelay(or: Self.retryDelay) else {
            return self.decide(.failed(entry.request, .rejected(rejected)), &effects)
        }
        self.retryAt = moment.time + delay
        effects.append(.wake(at: moment.time + delay))
    }

    private mutating func decide(_ outcome: Chat.Effect, _ effects: inout [Chat.Effect]) {
        self.entries.removeFirst()
        self.isUnderWay = false
        self.retryAt = nil
        effects.append(outcome)
        self.flush(&effects)
    }

    // MARK: Coming back

    package mutating func tick(_ moment: Moment, _ effects: inout [Chat.Effect]) {
        guard let retryAt = self.retryAt else { return }
        guard moment.time >= retryAt else { return effects.append(.wake(at: retryAt)) }
        self.resumed(&effects)
    }

    package mutating func resumed(_ effects: inout [Chat.Effect]) {
        self.isUnderWay = false
        self.retryAt = nil
        self.flush(&effects)
    }

    /// The place in the room is lost. The next one cannot know what was said from this one: to say it again might be to
    /// say it twice.
    package mutating func pause(_ effects: inout [Chat.Effect]) {
        if self.isUnderWay { effects.append(.failed(self.entries.removeFirst().request, .renewed)) }
        self.isPaused = true
        self.isUnderWay = false
        self.retryAt = nil
    }

    /// A new membership.
    package mutating func restart(_ effects: inout [Chat.Effect]) {
        self.isPaused = false
        self.resumed(&effects)
    }

    package mutating func close(_ error: ClientError, _ effects: inout [Chat.Effect]) {
        effects += self.entries.map { .failed($0.request, error) }
        self.entries = []
        self.isUnderWay = false
        self.retryAt = nil
    }
}

extension RejectedMessage {
    /// How long to wait before asking the same again; `nil`: it would be refused again.
    func chatDelay(or usual: Duration) -> Duration? {
        if let wait = self.retryAfterMilliseconds { return .milliseconds(Int64(clamping: wait)) }
        switch self.knownCode {
        case .busy, .rateLimited, .engineUnavailable: return usual
        case .some, .none: return nil
        }
    }
}
