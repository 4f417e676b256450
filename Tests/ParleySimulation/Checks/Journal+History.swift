import NIOCore
import ParleyEngine
import ParleyProtocol

// What is checked of the history that holds, when everything is over.
extension Journal {
    private struct Applied {
        let name: CommandName
        let order: Int
        let at: NIODeadline
    }

    func check(_ chain: [LogHistory.Written], of log: LogID) {
        self.count("entries", chain.count)
        var applied: [Applied] = []
        var refused: Set<CommandName> = []
        var order = 0
        for written in chain {
            for event in written.events {
                order += 1
                guard let by = event["by"]?.string, let number = event["id"]?.integer else { continue }
                applied.append(Applied(name: .init(participant: by, number: number), order: order, at: written.at))
                for refusal in event["rejected"]?.array ?? [] {
                    guard let number = refusal.array?.first?.integer else { continue }
                    refused.insert(.init(participant: by, number: number))
                }
            }
        }
        self.checkCommands(applied, refused, of: log)
        self.checkRealTime(applied)
        self.checkPeople(chain)
    }

    // MARK: S2

    private func checkCommands(_ applied: [Applied], _ refused: Set<CommandName>, of log: LogID) {
        var seen: [CommandName: Applied] = [:]
        for one in applied {
            if seen.updateValue(one, forKey: one.name) != nil { self.violate("S2: \(one.name) was applied twice") }
            guard let record = self.commands[one.name] else { continue }
            if let refusal = record.refusal, refusal.code != "no-change" || record.acknowledgedAt != nil,
                self.losses.allSatisfy({ $0 < record.invokedAt })
            {
                self.violate("S2: \(one.name) was refused (\(refusal.code)) and applied")
            }
        }
        let mine = self.commands.filter { $0.value.room == log.id && $0.value.acknowledgedAt != nil }
        for (name, record) in mine.sorted(by: { $0.value.invokedAt < $1.value.invokedAt }) where seen[name] == nil {
            guard !self.mayBeLost(name, record, isRefused: refused.contains(name)) else { continue }
            self.violate("S2: \(name) was acknowledged and is not in the log")
        }
    }

    /// The engine forgot it, and its client could not send it again: it had gone, or its membership was lost. Or the
    /// client did, and it was refused then: what was forgotten is decided anew (so say the documents). That is in the
    /// log, with the next command that was not refused; if there was none, a later one's refusal tells it, since none
    /// is judged before those in front of it.
    private func mayBeLost(_ name: CommandName, _ record: CommandRecord, isRefused: Bool) -> Bool {
        guard let acknowledgedAt = record.acknowledgedAt,
            let loss = self.losses.last(where: { $0 + .seconds(3) >= acknowledgedAt })
        else { return false }
        if isRefused { return true }
        if let sent = record.resubmittedAt, self.hasRefused(after: name, since: sent) { return true }
        guard let membership = self.memberships[name.participant], let end = membership.endedAt else { return false }
        return end <= loss + .seconds(40)
    }

    private func hasRefused(after name: CommandName, since time: NIODeadline) -> Bool {
        self.commands.contains { later, record in
            guard later.participant == name.participant, later.number > name.number else { return false }
            return record.refusal.map { $0.at > time } ?? false
        }
    }

    // MARK: S3

    /// Whatever was acknowledged before something else was said is before it, except over a loss of memory.
    private func checkRealTime(_ applied: [Applied]) {
        var latestInvocation: (at: NIODeadline, name: CommandName)?
        for one in applied {
            guard let record = self.commands[one.name] else { continue }
            if let latest = latestInvocation, let acknowledgedAt = record.acknowledgedAt,
                acknowledgedAt < latest.at, one.at <= acknowledgedAt
            {
                self.violate("S3: \(one.name) was acknowledged before \(latest.name) was said, and is behind it")
            }
            if record.invokedAt > latestInvocation?.at ?? .uptimeNanoseconds(0) {
                latestInvocation = (record.invokedAt, one.name)
            }
        }
    }

    // MARK: Liveness

    private enum Presence {
        case connected
        case interrupted(since: NIODeadline)
        case gone
    }

    /// Interrupted and resumed take turns, and people leave once.
    private func checkPeople(_ chain: [LogHistory.Written]) {
        var people: [String: Presence] = [:]
        for written in chain {
            for event in written.events {
                guard let id = event["participant"]?.string, let type = event["type"]?.string else { continue }
                people[id] = self.next(people[id], type, event["reason"]?.string, id, written.at)
            }
        }
    }

    private func next(
        _ presence: Presence?,
        _ type: String,
        _ reason: String?,
        _ id: String,
        _ time: NIODeadline
    ) -> Presence? {
        switch (type, presence) {
        case ("joined", nil): return .connected
        case ("interrupted", .connected):
            self.count("interruptions")
            self.checkReason(of: id, time)
            return .interrupted(since: time)
        case ("resumed", .interrupted): return .connected
        case ("left", .interrupted(let since)):
            self.count("left \(reason ?? "?")")
            if reason == "disconnected", time - since < .seconds(15) {
                self.violate("L1: \(id) left \((time - since).nanoseconds / 1_000_000) ms after the interruption")
            }
            return .gone
        case ("left", .connected):
            self.count("left \(reason ?? "?")")
            return .gone
        case ("joined", _), ("interrupted", _), ("resumed", _), ("left", _):
            self.violate("L1: \(type) of \(id), which was \(presence.map { "\($0)" } ?? "not there")")
            return presence
        default: return presence
        }
    }

    /// Nobody is said to be away who was not.
    private func checkReason(of id: String, _ time: NIODeadline) {
        guard let membership = self.memberships[id] else { return }
        // Of whoever has gone, or was a page before it was loaded again, others may hear so late: their node has died.
        if let end = membership.endedAt, end <= time { return }
        let client = membership.client
        // Whoever sleeps may be found out late, if nodes die meanwhile.
        let sleeps = self.sleeps[client] ?? []
        guard !sleeps.contains(where: { $0.from <= time && time <= $0.to ?? time }) else { return }
        let troubles = self.troubles[client] ?? []
        guard !troubles.contains(where: { $0 <= time && time - $0 < .seconds(15) }) else { return }
        self.violate("L1: \(id) of client \(client) was interrupted for no reason")
    }
}
