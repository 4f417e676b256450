package import ParleyProtocol

/// Of whom the app wants to know how they are. The server is told the whole set, again on each connection; what it
/// answers goes to everybody who has asked for that person, if it is news.
package struct Watches: Sendable {
    package typealias WatchID = UInt64

    package enum Effect: Hashable, Sendable {
        case send([Callee])
        case tell(WatchID, PresenceMessage.Entry)
        /// Call ``Watches/tick(_:_:)`` then.
        case wake(at: Duration)
    }

    /// So many people in all; with more a watch is refused.
    package static let peopleMax = Limits().watchedMax

    private var all: [WatchID: Set<String>] = [:]
    private var known: [String: PresenceMessage.Entry] = [:]
    /// What the server was told on this connection.
    private var said: Set<String> = []
    /// The server has asked to wait until then.
    private var retryAt: Duration?

    package init() {}

    private var people: Set<String> { self.all.values.reduce(into: []) { $0.formUnion($1) } }

    /// - Returns: `false` if those would be too many.
    package mutating func add(_ people: Set<String>, as id: WatchID, _ effects: inout [Effect]) -> Bool {
        guard self.people.union(people).count <= Self.peopleMax else { return false }
        self.all[id] = people
        for person in people.sorted() {
            if let entry = self.known[person] { effects.append(.tell(id, entry)) }
        }
        self.flush(&effects)
        return true
    }

    package mutating func remove(_ id: WatchID, _ effects: inout [Effect]) {
        self.all[id] = nil
        self.flush(&effects)
    }

    private mutating func flush(_ effects: inout [Effect]) {
        let people = self.people
        self.known = self.known.filter { people.contains($0.key) }
        guard self.retryAt == nil, people != self.said else { return }
        self.said = people
        effects.append(.send(people.sorted().compactMap { Callee($0) }))
    }

    /// Another connection, which knows of nothing.
    package mutating func welcomed(_ effects: inout [Effect]) {
        self.said = []
        self.retryAt = nil
        self.flush(&effects)
    }

    package mutating func received(_ message: PresenceMessage, _ effects: inout [Effect]) {
        for entry in message.people where self.known[entry.person] != entry {
            let watches = self.all.filter { $0.value.contains(entry.person) }.keys.sorted()
            guard !watches.isEmpty else { continue }
            self.known[entry.person] = entry
            for id in watches { effects.append(.tell(id, entry)) }
        }
    }

    package mutating func rejected(_ rejected: RejectedMessage, _ moment: Moment, _ effects: inout [Effect]) {
        guard let wait = rejected.retryAfterMilliseconds else { return }
        let time = moment.time + .milliseconds(Int64(clamping: wait))
        self.retryAt = time
        effects.append(.wake(at: time))
    }

    package mutating func tick(_ moment: Moment, _ effects: inout [Effect]) {
        guard let retryAt = self.retryAt else { return }
        guard moment.time >= retryAt else { return effects.append(.wake(at: retryAt)) }
        self.welcomed(&effects)
    }
}
