package import ParleyProtocol

/// What real engines do now and then, for simulations.
extension InMemoryEngine.StateMachine {
    /// What a copy of the engine holds: logs and mailboxes. Who listens is a matter of connections, not of memory.
    package struct Memory {
        fileprivate var logs: [LogID: StoredLog] = [:]
        fileprivate var expiring: Set<LogID> = []
        fileprivate var mailboxes: [RoomID: [ParticipantID: StoredMailbox]] = [:]

        /// After the loss of everything.
        package init() {}
    }

    package var memory: Memory {
        var memory = Memory()
        memory.logs = self.logs
        memory.expiring = self.expiring
        memory.mailboxes = self.rooms.mapValues(\.mailboxes).filter { !$0.value.isEmpty }
        return memory
    }

    /// A failover to a copy, which lagged behind or was empty: another life, as far as the memory goes.
    package mutating func failOver(to memory: Memory) {
        self.incarnation = EngineIncarnation(rawValue: self.incarnation.rawValue + 1)
        self.logs = memory.logs
        self.expiring = memory.expiring
        for room in self.rooms.keys { self.rooms[room]?.mailboxes = [:] }
        for (room, mailboxes) in memory.mailboxes { self.rooms[room, default: RoomMail()].mailboxes = mailboxes }
        self.rooms = self.rooms.filter { !$0.value.isEmpty }
        self.leases = [:]
    }

    /// What must be gone when everybody is. The keys of the engine's nodes stay, and what ends by itself does so later.
    package func leftovers(_ now: Instant) -> (logs: [LogID], mailboxes: [MailboxID], subscriptions: Int) {
        let logs = self.logs.filter { $0.key.kind != .keys && !$0.value.isExpired(now) }.keys
        let mailboxes = self.rooms.flatMap { room, mail in
            mail.mailboxes.keys.map { MailboxID(room: room, recipient: $0) }
        }
        return (
            logs.sorted { ($0.kind.rawValue, $0.id) < ($1.kind.rawValue, $1.id) },
            mailboxes.sorted { ($0.room, $0.recipient) < ($1.room, $1.recipient) },
            self.subscriptions.count
        )
    }
}
