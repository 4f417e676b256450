package import ParleyProtocol

/// The log of revocations as one node knows it: gives changes their place by compare-and-append, hears those of others,
/// and gives back what an engine has forgotten.
///
/// ```
/// loading --> idle <--> appending
///               ^          | unknown outcome, conflict, another life of the engine
///               |          v
///               +------ reading <--> waiting (for the engine)
/// ```
package struct RevocationLog: Sendable {
    /// Which of the driver's askers.
    package typealias Asker = UInt64

    package struct Entry: Hashable, Sendable {
        package var position: Position
        package var after: Position
        package var changes: [RevocationChange]

        package init(position: Position, after: Position, changes: [RevocationChange]) {
            self.position = position
            self.after = after
            self.changes = changes
        }
    }

    package struct Read: Hashable, Sendable {
        package var continues: Bool
        package var snapshot: [Revocation]
        package var entries: [Entry]
        package var top: Position
        /// The engine lives another life than at the read before: what it lacks it may have forgotten.
        package var mayLack: Bool

        package init(
            continues: Bool,
            snapshot: [Revocation],
            entries: [Entry],
            top: Position,
            mayLack: Bool
        ) {
            self.continues = continues
            self.snapshot = snapshot
            self.entries = entries
            self.top = top
            self.mayLack = mayLack
        }
    }

    package enum AppendOutcome: Hashable, Sendable {
        case appended
        case conflict
        /// It is not in the log.
        case engineChanged
        case unavailable
        /// It may be in the log.
        case unknown
    }

    package enum Answer: Hashable, Sendable {
        case done
        /// There is nothing of that name to lift.
        case unknown
        case tooMany
        case unavailable
    }

    package enum Effect: Hashable, Sendable {
        case read(after: Position?)
        case append(Entry)
        /// These hold from now on.
        case revoked([RevocationMark])
        case answer(Asker, Answer)
        case scheduleRetry
        case writeSnapshot(Position, [Revocation])
    }

    private struct Request: Hashable, Sendable {
        /// `nil`: the node itself, which gives back what was forgotten.
        let asker: Asker?
        let change: RevocationChange
    }

    private struct Flight: Hashable, Sendable {
        let entry: Entry
        let requests: [Request]
    }

    private enum Phase: Hashable, Sendable {
        case loading
        case idle
        case appending(Flight)
        /// The flight may be in the log.
        case reading(Flight?)
        case waiting(Flight?)
    }

    private static let changesPerEntry = 32
    /// So many entries are read by whoever starts; then there is a snapshot.
    private static let snapshotEntries = 256

    package private(set) var book = RevocationBook()
    package private(set) var isLoaded = false
    private let limits: Limits
    private var position = Position.start
    private var phase = Phase.loading
    private var pending: [Request] = []
    private var entriesSinceSnapshot = 0
    /// The log has come at least so far.
    private var heard: UInt64 = 0

    package init(limits: Limits = Limits()) {
        self.limits = limits
    }

    package func start(_ effects: inout [Effect]) { effects.append(.read(after: nil)) }

    // MARK: Asking

    package mutating func submit(_ change: RevocationChange, for asker: Asker, _ effects: inout [Effect]) {
        guard self.pending.count < self.limits.revocationsPendingMax else {
            return effects.append(.answer(asker, .unavailable))
        }
        self.pending.append(Request(asker: asker, change: change))
    }

    package var wantsAppend: Bool { self.phase == .idle && !self.pending.isEmpty }

    /// - Parameter uid: used for no other entry, ever.
    package mutating func flush(uid: UInt64, _ effects: inout [Effect]) {
        guard self.wantsAppend else { return }
        let first = self.pending.prefix(Self.changesPerEntry)
        self.pending.removeFirst(first.count)
        var requests: [Request] = []
        var isCounted = Set<RevocationMark>()
        for request in first {
            switch request.change {
            case .lift(let mark) where !self.book.contains(mark): self.answer(request, .unknown, &effects)
            case .revoke(let revocation)
            where !self.book.contains(revocation.mark) && !isCounted.contains(revocation.mark):
                guard self.book.count + isCounted.count < self.limits.revocationsMax else {
                    self.answer(request, .tooMany, &effects)
                    continue
                }
                isCounted.insert(revocation.mark)
                requests.append(request)
            case .lift, .revoke: requests.append(request)
            }
        }
        guard !requests.isEmpty else { return }
        let after = self.position
        let position = Position(generation: max(after.generation, 1), sequence: after.sequence + 1, uid: uid)
        let entry = Entry(position: position, after: after, changes: requests.map(\.change))
        self.phase = .appending(Flight(entry: entry, requests: requests))
        effects.append(.append(entry))
    }

    package mutating func appendCompleted(_ outcome: AppendOutcome, _ effects: inout [Effect]) {
        guard case .appending(let flight) = self.phase else { return assertionFailure("one append at a time") }
        switch outcome {
        case .appended:
            self.phase = .idle
            self.apply([flight.entry], &effects)
            for request in flight.requests { self.answer(request, .done, &effects) }
            self.readIfBehind(&effects)
        case .conflict:
            self.pending = flight.requests + self.pending
            self.read(nil, &effects)
        case .engineChanged:
            self.pending = flight.requests + self.pending
            self.phase = .waiting(nil)
            effects.append(.scheduleRetry)
        case .unavailable:
            self.phase = .idle
            for request in flight.requests { self.answer(request, .unavailable, &effects) }
        case .unknown: self.read(flight, &effects)
        }
    }

    // MARK: Reading

    package mutating func readCompleted(_ read: Read, _ effects: inout [Effect]) {
        let before = self.book
        let flight = self.flight
        self.phase = .idle
        if read.continues {
            self.apply(read.entries, &effects)
        } else {
            self.position = .start
            self.book = RevocationBook(read.snapshot)
            self.entriesSinceSnapshot = 0
            var ignored: [Effect] = []
            self.apply(read.entries, &ignored)
            if read.mayLack { self.giveBack(before) }
            let news = self.book.all.map(\.mark).filter { !before.contains($0) }
            if !news.isEmpty { effects.append(.revoked(news)) }
        }
        self.position = read.top
        self.isLoaded = true
        guard let flight else { return self.readIfBehind(&effects) }
        if read.entries.contains(where: { $0.position == flight.entry.position }) {
            for request in flight.requests { self.answer(request, .done, &effects) }
        } else {
            self.pending = flight.requests + self.pending
        }
        self.readIfBehind(&effects)
    }

    /// Forgotten is not lifted: until somebody lifts it, it holds, here and in the log.
    private mutating func giveBack(_ before: RevocationBook) {
        for revocation in before.all where !self.book.contains(revocation.mark) {
            self.book.apply(.revoke(revocation))
            self.pending.append(Request(asker: nil, change: .revoke(revocation)))
        }
    }

    package mutating func readFailed(_ effects: inout [Effect]) {
        self.phase = .waiting(self.flight)
        effects.append(.scheduleRetry)
    }

    package mutating func retryTimerFired(_ effects: inout [Effect]) {
        guard case .waiting(let flight) = self.phase else { return }
        self.read(flight, &effects)
    }

    private var flight: Flight? {
        switch self.phase {
        case .reading(let flight), .waiting(let flight): flight
        case .loading, .idle, .appending: nil
        }
    }

    private mutating func read(_ flight: Flight?, _ effects: inout [Effect]) {
        self.phase = .reading(flight)
        effects.append(.read(after: self.isLoaded ? self.position : nil))
    }

    private mutating func readIfBehind(_ effects: inout [Effect]) {
        guard self.phase == .idle, self.heard > self.position.sequence else { return }
        self.heard = 0
        self.read(nil, &effects)
    }

    // MARK: Hearing

    package mutating func received(_ entry: Entry, _ effects: inout [Effect]) {
        if self.phase == .idle, entry.after == self.position { return self.apply([entry], &effects) }
        self.heard = max(self.heard, entry.position.sequence)
        self.readIfBehind(&effects)
    }

    /// Where the log stands, as somebody says who has looked.
    package mutating func receivedTop(_ top: Position, _ effects: inout [Effect]) {
        guard self.phase == .idle, top != self.position else { return }
        self.read(nil, &effects)
    }

    package mutating func expire(at now: Instant) { self.book.expire(at: now) }

    private mutating func apply(_ entries: [Entry], _ effects: inout [Effect]) {
        var news: [RevocationMark] = []
        for entry in entries {
            for change in entry.changes {
                self.book.apply(change)
                if case .revoke(let revocation) = change { news.append(revocation.mark) }
            }
            self.position = entry.position
            self.entriesSinceSnapshot += 1
        }
        if !news.isEmpty { effects.append(.revoked(news)) }
        guard self.entriesSinceSnapshot >= Self.snapshotEntries else { return }
        self.entriesSinceSnapshot = 0
        effects.append(.writeSnapshot(self.position, self.book.all))
    }

    private func answer(_ request: Request, _ answer: Answer, _ effects: inout [Effect]) {
        guard let asker = request.asker else { return }
        effects.append(.answer(asker, answer))
    }
}
