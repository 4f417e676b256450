import NIOCore
package import ParleyProtocol

/// What a step has changed, for an engine that keeps it in another place as well: whoever applies the changes in their
/// order, to what there was before, has the same logs and mailboxes. Leases and subscriptions are nobody's memory.
extension InMemoryEngine.StateMachine {
    package enum Change: Hashable, Sendable {
        case appended(LogEntry, to: LogID, retention: Retention, at: Instant)
        /// The log has this snapshot now, and its entries below that sequence are gone.
        case snapshot(LogSnapshot, of: LogID, keptFrom: UInt64)
        /// The log has this snapshot now, and no entries.
        case reseeded(LogID, LogSnapshot, at: Instant)
        /// The log is gone.
        case removed(LogID)
        /// - place: its number among the signals that this mailbox was ever given.
        case stored(StoredSignal, in: MailboxID, place: UInt64)
        /// Up to there, what that sender has sent is not kept any more.
        case delivered(UInt64, from: ParticipantID, in: MailboxID)
        /// Nothing is known of that sender any more.
        case forgotten(ParticipantID, in: MailboxID)
        case dropped(MailboxID)
        /// All mailboxes of the room are gone.
        case droppedAll(RoomID)

        /// About as many bytes as it takes in memory.
        package var byteCount: Int {
            switch self {
            case .appended(let entry, _, _, _): 256 + entry.payload.readableBytes
            case .snapshot(let snapshot, _, _), .reseeded(_, let snapshot, _): 256 + snapshot.payload.readableBytes
            case .stored(let signal, _, _): 256 + signal.bytes.readableBytes
            case .removed, .delivered, .forgotten, .dropped, .droppedAll: 256
            }
        }
    }

    /// What has changed since it was last asked.
    package mutating func takeChanges() -> [Change] {
        defer { self.changes = [] }
        return self.changes
    }

    /// Of the signals of one run to one mailbox, whose verdicts are there.
    mutating func note(
        _ run: ArraySlice<MailboxBatch.Entry>,
        of batch: MailboxBatch,
        _ verdicts: ArraySlice<MailboxVerdict>,
        forgotten: [ParticipantID],
        appends: UInt64
    ) {
        for sender in forgotten {
            if let mailbox = run.first?.mailbox { self.changes.append(.forgotten(sender, in: mailbox)) }
        }
        var place = appends - UInt64(verdicts.count { $0 == .stored })
        for (entry, verdict) in zip(run, verdicts) where verdict == .stored {
            place += 1
            let signal = StoredSignal(sender: entry.sender, n: entry.n, bytes: batch.slice(of: entry))
            self.changes.append(.stored(signal, in: entry.mailbox, place: place))
        }
    }
}

// MARK: - Back again

/// What was kept of one log.
package struct KeptLog: Hashable, Sendable {
    package var retention: Retention
    package var lastAppend: Instant
    package var snapshot: LogSnapshot?
    /// Oldest first.
    package var entries: [LogEntry] = []

    package init(retention: Retention, lastAppend: Instant) {
        self.retention = retention
        self.lastAppend = lastAppend
    }
}

/// What was kept of one mailbox.
package struct KeptMailbox: Hashable, Sendable {
    package struct Pair: Hashable, Sendable {
        let sender: ParticipantID
        let stored: UInt64
        let delivered: UInt64
        let usedAt: UInt64

        package init(sender: ParticipantID, stored: UInt64, delivered: UInt64, usedAt: UInt64) {
            self.sender = sender
            self.stored = stored
            self.delivered = delivered
            self.usedAt = usedAt
        }
    }

    package var pairs: [Pair] = []
    /// In the order in which they were stored.
    package var signals: [StoredSignal] = []

    package init() {}
}

extension InMemoryEngine.StateMachine {
    /// All that must be kept.
    package struct Kept: Hashable, Sendable {
        package var logs: [LogID: KeptLog] = [:]
        package var mailboxes: [MailboxID: KeptMailbox] = [:]
    }

    /// Cost: everything.
    package var kept: Kept {
        var kept = Kept()
        kept.logs = self.logs.mapValues(\.kept)
        for (room, mail) in self.rooms {
            for (recipient, stored) in mail.mailboxes where !stored.kept.pairs.isEmpty {
                kept.mailboxes[MailboxID(room: room, recipient: recipient)] = stored.kept
            }
        }
        return kept
    }

    /// - Returns: whether it is a log at all: entries that follow one another, and a snapshot of one of their places.
    package mutating func restore(_ log: LogID, _ kept: KeptLog) -> Bool {
        guard let stored = StoredLog(kept) else { return false }
        self.logs[log] = stored
        if stored.retention != .untilRetired { self.expiring.insert(log) }
        return true
    }

    /// - Returns: whether each signal that waits is of a sender who has sent as many, and they are in order.
    package mutating func restore(_ mailbox: MailboxID, _ kept: KeptMailbox) -> Bool {
        guard let stored = StoredMailbox(kept) else { return false }
        self.rooms[mailbox.room, default: RoomMail()].mailboxes[mailbox.recipient] = stored
        return true
    }
}
