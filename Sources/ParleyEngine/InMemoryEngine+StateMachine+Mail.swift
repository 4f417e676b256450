package import NIOCore
package import ParleyProtocol

// MARK: - Mailboxes

extension InMemoryEngine.StateMachine {
    package mutating func append(_ batch: MailboxBatch, _ effects: inout [Effect]) -> [MailboxVerdict] {
        var verdicts: [MailboxVerdict] = []
        verdicts.reserveCapacity(batch.entries.count)
        // Of other nodes' subscribers; stays empty (and allocates nothing) as long as there are none.
        var mail: [MailboxID] = []
        var start = 0
        while start < batch.entries.count {
            // Signals come in runs to the same recipient, which is looked up once for all of them.
            let mailbox = batch.entries[start].mailbox
            var end = start + 1
            while end < batch.entries.count, batch.entries[end].mailbox == mailbox { end += 1 }
            self.append(batch, start..<end, to: mailbox, &verdicts, &mail)
            start = end
        }
        self.tellMail(mail, author: batch.author, &effects)
        return verdicts
    }

    private mutating func append(
        _ batch: MailboxBatch,
        _ run: Range<Int>,
        to mailbox: MailboxID,
        _ verdicts: inout [MailboxVerdict],
        _ mail: inout [MailboxID]
    ) {
        let limits = self.sharedLimits
        // Allocates nothing unless a mailbox has more senders than it may.
        var forgotten: [ParticipantID] = []
        var appends: UInt64 = 0
        Self.change(&self.rooms[mailbox.room, default: RoomMail()], &self.spare) { room, spare in
            Self.change(&room.mailboxes[mailbox.recipient, default: StoredMailbox()], &spare) { stored, spare in
                for entry in batch.entries[run] {
                    let verdict = batch.withBytes(of: entry) {
                        stored.append($0, entry, limits.value, spare: &spare, forgotten: &forgotten)
                    }
                    verdicts.append(verdict)
                }
                appends = stored.appends
            }
            if verdicts[run].contains(.stored), room.subscribers.contains(where: { $0.node != batch.author }) {
                mail.append(mailbox)
            }
        }
        guard self.keepsChanges else { return }
        self.note(batch.entries[run], of: batch, verdicts[run], forgotten: forgotten, appends: appends)
    }

    /// Two places at once, in place.
    private static func change<Place, Other>(
        _ place: inout Place,
        _ other: inout Other,
        _ body: (inout Place, inout Other) -> Void
    ) {
        body(&place, &other)
    }

    package func read(_ mailbox: MailboxID) -> [StoredSignal] {
        self.rooms[mailbox.room]?.mailboxes[mailbox.recipient]?.signals() ?? []
    }

    package mutating func acknowledge(_ batch: [MailboxAcknowledgement]) -> [UInt64] {
        var delivered: [UInt64] = []
        delivered.reserveCapacity(batch.count)
        var start = 0
        while start < batch.count {
            // What one beat says is about one mailbox.
            let mailbox = batch[start].mailbox
            var end = start + 1
            while end < batch.count, batch[end].mailbox == mailbox { end += 1 }
            self.acknowledge(batch[start..<end], in: mailbox, &delivered)
            start = end
        }
        return delivered
    }

    /// Of a mailbox that is gone nothing is left to acknowledge: a legal race with ``drop(_:)``.
    private mutating func acknowledge(
        _ run: ArraySlice<MailboxAcknowledgement>,
        in mailbox: MailboxID,
        _ delivered: inout [UInt64]
    ) {
        guard self.rooms[mailbox.room]?.mailboxes.index(forKey: mailbox.recipient) != nil else {
            for _ in run { delivered.append(0) }
            return
        }
        // Changing through `[key]?` would allocate at every step of the way, through `default:` it does not.
        self.rooms[mailbox.room, default: RoomMail()]
            .mailboxes[mailbox.recipient, default: StoredMailbox()]
            .acknowledge(run, &delivered, spare: &self.spare)
        guard self.keepsChanges else { return }
        for (entry, n) in zip(run, delivered.suffix(run.count)) where n > 0 {
            self.changes.append(.delivered(n, from: entry.sender, in: mailbox))
        }
    }

    package func marks(from sender: ParticipantID, in mailbox: MailboxID) -> MailboxMarks {
        self.rooms[mailbox.room]?.mailboxes[mailbox.recipient]?.marks(from: sender) ?? MailboxMarks()
    }

    package mutating func drop(_ mailbox: MailboxID) {
        guard self.rooms[mailbox.room]?.mailboxes[mailbox.recipient] != nil else { return }
        self.rooms[mailbox.room]?.mailboxes[mailbox.recipient]?.giveBack(&self.spare)
        self.rooms[mailbox.room]?.mailboxes[mailbox.recipient] = nil
        if self.keepsChanges { self.changes.append(.dropped(mailbox)) }
        if self.rooms[mailbox.room]?.isEmpty == true { self.rooms[mailbox.room] = nil }
    }

    mutating func dropMailboxes(of room: RoomID) {
        guard let mail = self.rooms[room], !mail.mailboxes.isEmpty else { return }
        self.rooms[room]?.mailboxes.removeAll()
        if self.keepsChanges { self.changes.append(.droppedAll(room)) }
        if self.rooms[room]?.isEmpty == true { self.rooms[room] = nil }
    }

    /// One hint per room and subscriber, recipients in the order of the batch.
    private func tellMail(_ mail: [MailboxID], author: NodeID, _ effects: inout [Effect]) {
        var told: Set<RoomID> = []
        for mailbox in mail where told.insert(mailbox.room).inserted {
            var recipients: [ParticipantID] = []
            for other in mail where other.room == mailbox.room && !recipients.contains(other.recipient) {
                recipients.append(other.recipient)
            }
            for subscriber in self.rooms[mailbox.room]?.subscribers ?? [] where subscriber.node != author {
                effects.append(.hint(subscriber.id, .mail(recipients)))
            }
        }
    }
}

// MARK: - Nodes

extension InMemoryEngine.StateMachine {
    package mutating func heartbeat(_ lease: NodeLease, _ now: Instant, _ effects: inout [Effect]) -> NodeView {
        self.expireAll(now, &effects)
        self.leases[lease.node] = Lease(lease: lease, renewedAt: now)
        self.leases = self.leases.filter {
            now.milliseconds - $0.value.renewedAt.milliseconds < Int64(self.limits.forgottenNodeMilliseconds)
        }
        let nodes = self.leases.values
            .sorted { $0.lease.node < $1.lease.node }
            .map {
                // Two nodes may read the clock in one order and get here in the other.
                let age = max(0, now.milliseconds - $0.renewedAt.milliseconds)
                return NodeView.Node(lease: $0.lease, ageMilliseconds: age)
            }
        return NodeView(now: now, nodes: nodes, incarnation: self.incarnation)
    }

    package mutating func release(_ node: NodeID) {
        self.leases[node] = nil
    }

    package func send(_ bytes: ByteBuffer, to node: NodeID, _ effects: inout [Effect]) {
        for subscription in self.receivers[node] ?? [] {
            effects.append(.message(subscription, bytes))
        }
    }

    package mutating func receive(as node: NodeID) -> Subscription {
        let subscription = self.nextSubscription()
        self.receiving[subscription] = node
        self.receivers[node, default: []].append(subscription)
        return subscription
    }

    package mutating func stopReceiving(_ subscription: Subscription) {
        guard let node = self.receiving.removeValue(forKey: subscription) else { return }
        self.receivers[node]?.removeAll { $0 == subscription }
        if self.receivers[node]?.isEmpty == true { self.receivers[node] = nil }
    }
}

// MARK: - Faults

extension InMemoryEngine.StateMachine {
    /// A failover to a copy that lagged behind: another life, and the newest entries of a log are gone.
    package mutating func failOver(losing count: Int, of log: LogID) {
        self.incarnation = EngineIncarnation(rawValue: self.incarnation.rawValue + 1)
        self.logs[log]?.loseNewest(count)
        if self.logs[log]?.top == .start { self.logs[log] = nil }
    }

    /// Everything is gone but who listens.
    package mutating func wipe() {
        self.incarnation = EngineIncarnation(rawValue: self.incarnation.rawValue + 1)
        self.logs.removeAll()
        self.expiring.removeAll()
        self.leases.removeAll()
        for room in Array(self.rooms.keys) { self.dropMailboxes(of: room) }
    }
}
