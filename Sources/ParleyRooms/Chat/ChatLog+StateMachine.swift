public import ParleyProtocol

/// One room's chat on one node: gives messages their place by compare-and-append, as a room does with events, but in
/// a log of its own.
///
/// ```
/// loading --> idle <--> appending
///               ^          | unknown outcome, conflict without a tail, trouble
///               |          v
///               +------ reading <--> waiting (for the engine)
/// ```
///
/// What is in flight is in the log at most once: an append whose outcome is unknown is looked for before it is sent
/// again, and one that somebody else was before is numbered anew.
public struct ChatLogStateMachine: Sendable {
    /// What somebody wants to say.
    public struct Draft: Hashable, Sendable {
        public var from: ParticipantID
        public var name: DisplayName?
        public var to: ParticipantID?
        public var text: ChatText
        public var cid: String
        public var at: Instant

        public init(
            from: ParticipantID,
            name: DisplayName?,
            to: ParticipantID?,
            text: ChatText,
            cid: String,
            at: Instant
        ) {
            self.from = from
            self.name = name
            self.to = to
            self.text = text
            self.cid = cid
            self.at = at
        }

        func isSame(as other: Draft) -> Bool { self.from == other.from && self.cid == other.cid }
    }

    public struct Entry: Hashable, Sendable {
        public var position: Position
        public var after: Position
        public var messages: [ChatMessage]

        public init(position: Position, after: Position, messages: [ChatMessage]) {
            self.position = position
            self.after = after
            self.messages = messages
        }
    }

    public struct Read: Hashable, Sendable {
        public var continues: Bool
        public var snapshot: Snapshot?
        public var entries: [Entry]
        public var top: Position

        public init(continues: Bool, snapshot: Snapshot?, entries: [Entry], top: Position) {
            self.continues = continues
            self.snapshot = snapshot
            self.entries = entries
            self.top = top
        }
    }

    public struct Snapshot: Hashable, Sendable {
        public var position: Position
        public var last: UInt64
        public var messages: [ChatMessage]

        public init(position: Position, last: UInt64, messages: [ChatMessage]) {
            self.position = position
            self.last = last
            self.messages = messages
        }
    }

    public enum AppendOutcome: Hashable, Sendable {
        case appended
        /// Somebody else was first; `nil`: only a read can tell more.
        case conflict(top: Position, tail: [Entry]?)
        /// It is not in the log: the engine has begun another life, or cannot be reached.
        case notAppended
        case unavailable
        /// It may be in the log.
        case unknown
    }

    public enum Effect: Hashable, Sendable {
        case read(after: Position?)
        case append(Entry)
        /// There are messages that were not there before: those who are behind are to be told.
        case told
        /// It was said before.
        case again(ChatMessage)
        case refused(Draft, RejectionCode)
        case scheduleRetry
        case writeSnapshot(Snapshot)
    }

    private struct Flight: Hashable, Sendable {
        let entry: Entry
        let drafts: [Draft]
    }

    private enum Phase: Hashable, Sendable {
        case loading
        case idle
        case appending(Flight)
        /// The flight may be in the log.
        case reading(Flight?)
        case waiting(Flight?)
        case over
    }

    /// More messages or bytes since the last snapshot: reading them all would cost more.
    private static let snapshotMessages = 256
    private static let snapshotBytes = 262_144

    public private(set) var window: ChatWindow
    public private(set) var position = Position.start
    public private(set) var isLoaded = false
    private var phase = Phase.loading
    private var pending: [Draft] = []
    /// The log has come at least so far.
    private var heard: UInt64 = 0
    private var sinceSnapshot = (messages: 0, bytes: 0)
    private let sharedLimits: Shared<Limits>
    private var limits: Limits { _read { yield self.sharedLimits.value } }

    public init(limits: Shared<Limits>) {
        self.sharedLimits = limits
        self.window = ChatWindow(limits: limits.value)
    }

    public var wantsAppend: Bool { self.phase == .idle && !self.pending.isEmpty }

    /// How many wait, those in flight included.
    public var waitingCount: Int { self.pending.count + (self.flight?.drafts.count ?? 0) }

    private var flight: Flight? {
        switch self.phase {
        case .appending(let flight): flight
        case .reading(let flight), .waiting(let flight): flight
        case .loading, .idle, .over: nil
        }
    }

    // MARK: What people say

    public mutating func start(_ effects: inout [Effect]) {
        guard self.phase == .loading else { return }
        effects.append(.read(after: nil))
    }

    public mutating func submit(_ draft: Draft, _ effects: inout [Effect]) {
        guard self.phase != .over else { return effects.append(.refused(draft, .roomEnded)) }
        if let message = self.window.message(draft.cid, from: draft.from) { return effects.append(.again(message)) }
        // Said again before its outcome is known: it will be heard anyway.
        guard !(self.flight?.drafts.contains { $0.isSame(as: draft) } ?? false),
            !self.pending.contains(where: { $0.isSame(as: draft) })
        else { return }
        guard self.waitingCount < self.limits.chatPendingMax else { return effects.append(.refused(draft, .busy)) }
        self.pending.append(draft)
    }

    /// Whether it was said before, or is about to be: saying it again costs nothing.
    public func knows(_ cid: String, from: ParticipantID) -> Bool {
        self.window.message(cid, from: from) != nil
            || self.pending.contains { $0.from == from && $0.cid == cid }
            || self.flight?.drafts.contains { $0.from == from && $0.cid == cid } ?? false
    }

    /// What waits becomes one entry. Once per tick, while ``wantsAppend``.
    ///
    /// - Parameter uid: used for no other entry by any node, ever.
    public mutating func flush(uid: UInt64, _ effects: inout [Effect]) {
        guard self.wantsAppend else { return }
        var drafts: [Draft] = []
        var messages: [ChatMessage] = []
        var bytes = 0
        while let draft = self.pending.first {
            // In the log already, as a read has shown meanwhile.
            if let message = self.window.message(draft.cid, from: draft.from) {
                self.pending.removeFirst()
                effects.append(.again(message))
                continue
            }
            let message = ChatMessage(draft, n: self.window.last + UInt64(messages.count) + 1)
            bytes += 3 * message.bytesMax
            guard messages.isEmpty || bytes <= self.limits.entryBytesMax else { break }
            self.pending.removeFirst()
            drafts.append(draft)
            messages.append(message)
        }
        guard !messages.isEmpty else { return }
        let position = Position(
            generation: max(self.position.generation, 1),
            sequence: self.position.sequence + 1,
            uid: uid
        )
        let entry = Entry(position: position, after: self.position, messages: messages)
        self.phase = .appending(Flight(entry: entry, drafts: drafts))
        effects.append(.append(entry))
    }

    /// Nothing more is said; what waits is refused.
    public mutating func end(_ effects: inout [Effect]) {
        let drafts = (self.flight?.drafts ?? []) + self.pending
        self.phase = .over
        self.pending = []
        for draft in drafts { effects.append(.refused(draft, .roomEnded)) }
    }

    // MARK: What the engine says

    public mutating func appendCompleted(
        _ outcome: AppendOutcome,
        of position: Position,
        _ effects: inout [Effect]
    ) {
        guard case .appending(let flight) = self.phase, flight.entry.position == position else { return }
        switch outcome {
        case .appended:
            self.phase = .idle
            self.apply(flight.entry, &effects)
            self.keep(&effects)
            self.readIfBehind(&effects)
        case .conflict(let top, let tail):
            self.takeBack(flight)
            self.phase = .idle
            for entry in tail ?? [] { self.apply(entry, &effects) }
            if self.position != top { self.read(nil, &effects) }
        case .notAppended:
            self.takeBack(flight)
            self.read(nil, &effects)
        case .unavailable:
            self.wait(nil, &effects)
            for draft in flight.drafts { effects.append(.refused(draft, .engineUnavailable)) }
        case .unknown:
            self.read(flight, &effects)
        }
    }

    public mutating func readCompleted(_ read: Read, _ effects: inout [Effect]) {
        var flight: Flight?
        switch self.phase {
        case .loading: break
        case .reading(let known): flight = known
        case .idle, .appending, .waiting, .over: return
        }
        self.phase = .idle
        self.isLoaded = true
        if !read.continues { self.begin(read) }
        let isThere = read.entries.contains { $0.position == flight?.entry.position }
        for entry in read.entries { self.apply(entry, &effects) }
        if read.top.sequence > self.heard { self.heard = read.top.sequence }
        // Not in the log, and it never will be: the log has gone on, or the next append says that it has.
        if let flight, !isThere { self.takeBack(flight) }
        // Also if nothing is new: who came before this was read does not know yet where to begin.
        effects.append(.told)
    }

    public mutating func readFailed(_ effects: inout [Effect]) {
        switch self.phase {
        case .loading: self.wait(nil, &effects)
        case .reading(let flight): self.wait(flight, &effects)
        case .idle, .appending, .waiting, .over: break
        }
    }

    public mutating func retryTimerFired(_ effects: inout [Effect]) {
        guard case .waiting(let flight) = self.phase else { return }
        self.read(flight, &effects)
    }

    /// Somebody else's entry.
    public mutating func received(_ entry: Entry, _ effects: inout [Effect]) {
        switch self.phase {
        case .idle, .appending:
            if entry.after == self.position {
                self.apply(entry, &effects)
            } else {
                self.receivedTop(entry.position, &effects)
            }
        case .loading, .reading, .waiting: self.heard = max(self.heard, entry.position.sequence)
        case .over: break
        }
    }

    /// The log stands there.
    public mutating func receivedTop(_ top: Position, _ effects: inout [Effect]) {
        self.heard = top.generation == self.position.generation ? max(self.heard, top.sequence) : top.sequence
        guard self.phase == .idle, top != self.position else { return }
        self.readIfBehind(&effects)
    }

    // MARK: Steps

    private mutating func apply(_ entry: Entry, _ effects: inout [Effect]) {
        guard entry.after == self.position else { return }
        self.position = entry.position
        let last = self.window.last
        for message in entry.messages {
            self.window.append(message)
            self.sinceSnapshot.messages += 1
            self.sinceSnapshot.bytes += message.bytesMax
        }
        if self.window.last > last { effects.append(.told) }
    }

    /// The log's history is not the one that is held here: it was trimmed, has expired, or an engine has forgotten.
    private mutating func begin(_ read: Read) {
        let before = self.window
        self.position = read.snapshot?.position ?? read.entries.first?.after ?? .start
        guard read.snapshot != nil || !read.entries.isEmpty else {
            // What this node still has goes into the next snapshot.
            self.sinceSnapshot = (Self.snapshotMessages, 0)
            return
        }
        self.window = ChatWindow(last: 0, limits: self.limits)
        for message in read.snapshot?.messages ?? [] { self.window.append(message) }
        self.window.skip(to: read.snapshot?.last ?? 0)
        // A number that was told is not given to another message.
        if read.entries.isEmpty { self.window.skip(to: before.last) }
    }

    private mutating func takeBack(_ flight: Flight) { self.pending.insert(contentsOf: flight.drafts, at: 0) }

    private mutating func read(_ flight: Flight?, _ effects: inout [Effect]) {
        self.phase = .reading(flight)
        effects.append(.read(after: self.isLoaded ? self.position : nil))
    }

    private mutating func wait(_ flight: Flight?, _ effects: inout [Effect]) {
        self.phase = .waiting(flight)
        effects.append(.scheduleRetry)
    }

    private mutating func readIfBehind(_ effects: inout [Effect]) {
        guard self.heard > self.position.sequence else { return }
        self.read(nil, &effects)
    }

    private mutating func keep(_ effects: inout [Effect]) {
        guard self.sinceSnapshot.messages >= Self.snapshotMessages || self.sinceSnapshot.bytes >= Self.snapshotBytes
        else { return }
        self.sinceSnapshot = (0, 0)
        let messages = self.window.messages
        effects.append(.writeSnapshot(Snapshot(position: self.position, last: self.window.last, messages: messages)))
    }
}

extension ChatMessage {
    fileprivate init(_ draft: ChatLogStateMachine.Draft, n: UInt64) {
        self.init(
            n: n,
            from: draft.from,
            name: draft.name,
            to: draft.to,
            text: draft.text,
            time: draft.at,
            cid: draft.cid
        )
    }
}
