package import ParleyProtocol

/// Who wants to hear of whom, and when what has changed is told. All times are monotonic milliseconds.
///
/// ```
///           changed                   due                  changed meanwhile
/// quiet -----------> scheduled ---------------> told --------------------------> scheduled, a while later
/// ```
package struct PresenceBook: Sendable {
    package enum Action: Hashable, Sendable {
        /// Somebody wants to hear of that person, and nobody has before.
        case follow(IdentityID)
        case letGo(IdentityID)
        /// Call ``fire(_:now:)`` then.
        case schedule(SessionID, at: UInt64)
    }

    private struct Watcher: Sendable {
        var people: [IdentityID]
        var changed: Set<IdentityID>
        /// Not sooner.
        var notBefore: UInt64
        var isScheduled: Bool
    }

    private let pauseMilliseconds: UInt64
    private let peopleMax: Int
    private var watchers: [SessionID: Watcher] = [:]
    /// By whom each person is watched.
    private var audience: [IdentityID: Set<SessionID>] = [:]

    package init(limits: Limits) {
        self.pauseMilliseconds = UInt64(limits.presenceMilliseconds)
        self.peopleMax = limits.watchedPerNodeMax
    }

    package var watcherCount: Int { self.watchers.count }
    package var personCount: Int { self.audience.count }
    package func isWatched(_ person: IdentityID) -> Bool { self.audience[person] != nil }
    package func isWatching(_ session: SessionID) -> Bool { self.watchers[session] != nil }
    /// In order of their ids.
    package var sessions: [SessionID] { self.watchers.keys.sorted() }

    /// - Parameters:
    ///   - people: all of them, each once.
    ///   - delay: until the first answer.
    package mutating func watch(
        _ session: SessionID,
        _ people: [IdentityID],
        after delay: UInt64,
        now: UInt64,
        _ actions: inout [Action]
    ) {
        let before = self.watchers[session]
        let gone = Set(before?.people ?? []).subtracting(people)
        for person in gone.sorted() { self.leave(person, session, &actions) }
        for person in people {
            guard self.audience[person] != nil || self.audience.count < self.peopleMax else { continue }
            if self.audience[person] == nil { actions.append(.follow(person)) }
            self.audience[person, default: []].insert(session)
        }
        let due = now + delay
        self.watchers[session] = Watcher(
            people: people,
            changed: Set(people),
            notBefore: due,
            isScheduled: true
        )
        // The timer of before may fire sooner; then it is told that it is too early.
        actions.append(.schedule(session, at: due))
    }

    package mutating func leave(_ session: SessionID, _ actions: inout [Action]) {
        guard let watcher = self.watchers.removeValue(forKey: session) else { return }
        for person in watcher.people { self.leave(person, session, &actions) }
    }

    private mutating func leave(_ person: IdentityID, _ session: SessionID, _ actions: inout [Action]) {
        self.audience[person]?.remove(session)
        guard self.audience[person]?.isEmpty == true else { return }
        self.audience[person] = nil
        actions.append(.letGo(person))
    }

    /// Something of that person is another way now. Costs those who watch them.
    package mutating func changed(_ person: IdentityID, now: UInt64, _ actions: inout [Action]) {
        for session in (self.audience[person] ?? []).sorted() {
            guard var watcher = self.watchers[session] else { continue }
            watcher.changed.insert(person)
            if !watcher.isScheduled {
                watcher.isScheduled = true
                actions.append(.schedule(session, at: max(now, watcher.notBefore)))
            }
            self.watchers[session] = watcher
        }
    }

    /// - Returns: of whom to tell the session, in its order; `nil`: it is too early, or too late.
    package mutating func fire(_ session: SessionID, now: UInt64) -> [IdentityID]? {
        guard var watcher = self.watchers[session], watcher.isScheduled, now >= watcher.notBefore else { return nil }
        let changed = watcher.people.filter { watcher.changed.contains($0) }
        watcher.changed = []
        watcher.isScheduled = false
        watcher.notBefore = now + self.pauseMilliseconds
        self.watchers[session] = watcher
        return changed
    }
}
