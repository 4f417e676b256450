import NIOCore
import ParleyEngine
import ParleyProtocol
import ParleyRooms

/// Tells sessions whether those are there of whom they want to hear: it holds the lines of these, as any room is held.
/// Confined to the gateway's event loop.
final class PresenceDesk {
    /// A person whom somebody here watches.
    private final class Followed {
        let person: IdentityID
        var line: RoomHost?
        var isLooking = false
        /// Whether it is known what there is.
        var isKnown = false
        /// To be told when the line is made.
        var subscription: Subscription?
        var lookedAt: NIODeadline

        init(_ person: IdentityID, now: NIODeadline) {
            self.person = person
            self.lookedAt = now
        }
    }

    private unowned let gateway: Gateway
    private var book: PresenceBook
    private var followed: [IdentityID: Followed] = [:]
    /// Somebody who was never there is looked for again after so long: that they have come may not have been heard.
    private static let again = TimeAmount.seconds(30)

    init(_ gateway: Gateway) {
        self.gateway = gateway
        self.book = PresenceBook(limits: gateway.limits)
    }

    private var now: UInt64 { self.gateway.eventLoop.now.uptimeNanoseconds / 1_000_000 }

    func watch(_ request: WatchRequest, _ session: GatewaySession) {
        var names: [IdentityID: [String]] = [:]
        var people: [IdentityID] = []
        for name in request.people {
            let person = self.gateway.identity(of: name.text, for: session)
            if names[person] == nil { people.append(person) }
            names[person, default: []].append(name.text)
        }
        session.watch = GatewaySession.Watch(names: names)
        let delay = UInt64(self.gateway.limits.unknownRoomMilliseconds)
        self.perform { $0.watch(session.id, people, after: delay, now: self.now, &$1) }
    }

    /// The line is another one now, or is over.
    func changed(_ line: RoomHost, of person: IdentityID) {
        guard let followed = self.followed[person] else { return }
        if line.isOver {
            guard followed.line === line else { return }
            followed.line = nil
            self.look(followed)
        } else {
            followed.line = line
        }
        self.perform { $0.changed(person, now: self.now, &$1) }
    }

    /// Whether somebody here wants to hear of that person.
    func needs(_ person: IdentityID) -> Bool { self.followed[person] != nil }

    /// Once a second. Costs those who watch and those whom they watch.
    func sweep() {
        for id in self.book.sessions where self.gateway.sessions[id]?.connection == nil {
            self.gateway.sessions[id]?.watch = nil
            self.perform { $0.leave(id, &$1) }
        }
        let now = self.gateway.eventLoop.now
        for followed in self.followed.values.sorted(by: { $0.person < $1.person }) {
            if followed.line?.isOver == true { followed.line = nil }
            guard followed.line == nil, now - followed.lookedAt >= Self.again else { continue }
            self.look(followed)
        }
    }

    func dismantle() {
        self.followed = [:]
        self.book = PresenceBook(limits: self.gateway.limits)
    }

    // MARK: Acting

    private func perform(_ step: (inout PresenceBook, inout [PresenceBook.Action]) -> Void) {
        var actions: [PresenceBook.Action] = []
        step(&self.book, &actions)
        for action in actions {
            switch action {
            case .follow(let person):
                let followed = Followed(person, now: self.gateway.eventLoop.now)
                self.followed[person] = followed
                self.look(followed)
            case .letGo(let person):
                if let followed = self.followed.removeValue(forKey: person) { self.unsubscribe(followed) }
            case .schedule(let session, let instant): self.schedule(session, at: instant)
            }
        }
    }

    private func schedule(_ session: SessionID, at instant: UInt64) {
        let deadline = NIODeadline.uptimeNanoseconds(instant * 1_000_000)
        self.gateway.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { self.tell(session) }
    }

    private func tell(_ id: SessionID) {
        guard let session = self.gateway.sessions[id], session.connection != nil, let watch = session.watch else {
            return self.perform { $0.leave(id, &$1) }
        }
        // What is still being looked for is known in a moment, and one answer has all of them.
        let isWhole = watch.names.keys.allSatisfy { self.followed[$0]?.isKnown ?? true }
        guard watch.isAnswered || isWhole else { return self.schedule(id, at: self.now + 10) }
        guard let changed = self.book.fire(id, now: self.now) else { return }
        var people: [PresenceMessage.Entry] = []
        for person in changed {
            let value = self.presence(of: person, for: session)
            guard watch.told[person] != .some(value) else { continue }
            watch.told[person] = .some(value)
            for name in watch.names[person] ?? [] { people.append(.init(name, value)) }
        }
        guard !watch.isAnswered || !people.isEmpty else { return }
        watch.isAnswered = true
        session.send(.presence(PresenceMessage(people)), counters: &self.gateway.counters)
        self.gateway.counters.presencesTold += 1
    }

    private func presence(of person: IdentityID, for session: GatewaySession) -> Presence? {
        guard let room = self.followed[person]?.line?.room, self.gateway.mayKnow(session, person, line: room)
        else { return nil }
        return room.presence
    }

    // MARK: Lines

    private func look(_ followed: Followed) {
        guard !followed.isLooking else { return }
        followed.isLooking = true
        followed.lookedAt = self.gateway.eventLoop.now
        self.gateway.directory.findLine(of: followed.person, mayMake: false) { result in
            guard case .success(let host) = result else { return self.found(nil, followed) }
            host.whenCurrent { isCurrent in self.found(isCurrent ? host : nil, followed) }
        }
    }

    private func found(_ line: RoomHost?, _ followed: Followed) {
        followed.isLooking = false
        guard self.followed[followed.person] === followed else { return }
        followed.isKnown = true
        followed.line = line
        if line == nil { self.subscribe(followed) } else { self.unsubscribe(followed) }
        self.perform { $0.changed(followed.person, now: self.now, &$1) }
    }

    /// Whoever comes for the first time makes a line; its word is then written.
    private func subscribe(_ followed: Followed) {
        guard followed.subscription == nil else { return }
        let gateway = self.gateway
        let bound = NIOLoopBound((self, followed), eventLoop: gateway.eventLoop)
        let log = LogID(.alias, RoomAlias(lineOf: followed.person).text)
        gateway.engine.subscribe(to: log, as: gateway.node, on: gateway.eventLoop) { _ in
            let (desk, followed) = bound.value
            if followed.line == nil { desk.look(followed) }
        }.assumeIsolated().whenSuccess { subscription in
            followed.subscription = subscription
            if followed.line != nil || self.followed[followed.person] !== followed { self.unsubscribe(followed) }
        }
    }

    private func unsubscribe(_ followed: Followed) {
        guard let subscription = followed.subscription else { return }
        followed.subscription = nil
        _ = self.gateway.engine.unsubscribe(subscription, on: self.gateway.eventLoop)
    }
}

extension Gateway {
    func watch(_ request: WatchRequest, session: GatewaySession) {
        let outcome = session.rates.rare.watches.take(now: self.eventLoop.now.uptimeNanoseconds)
        if case .retryAfterMilliseconds(let wait) = outcome {
            var rejection = Rejection(.rateLimited, of: "watch")
            rejection.retryAfterMilliseconds = wait
            return session.reject(rejection, counters: &self.counters)
        }
        self.presence.watch(request, session)
    }
}
