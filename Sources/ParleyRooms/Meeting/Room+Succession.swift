import ParleyProtocol

// The host leaves, and comes back.

extension Room {
    /// What somebody is who comes in now: what their other devices are, or what they were given.
    func role(joining identity: IdentityID) -> Role {
        let devices = self.participants(of: identity)
        if let highest = devices.max(by: { $0.role.rank < $1.role.rank }) { return highest.role }
        let standing = self.standing
        if self.lifecycle == .absent || identity == standing.host { return .host }
        if identity == standing.owner, standing.isBereft || self.isInterimHosted { return .host }
        // A page that is loaded again.
        if identity == standing.interim?.identity, standing.vacantUntil != nil { return .host }
        return standing.given[identity] ?? .participant
    }

    /// Whether somebody comes in where others would have to wait or ask: whose room it is, and who lets others in.
    func isAtHome(_ identity: IdentityID) -> Bool {
        guard self.lifecycle.isLive else { return false }
        return self.isOwner(identity) || self.roles.permits(self.role(joining: identity), .admit)
    }

    func isOwner(_ identity: IdentityID) -> Bool { identity == self.standing.owner }

    /// Whether somebody who is here is host in the place of the one to whom the role belongs.
    var isInterimHosted: Bool {
        guard let interim = self.standing.interim else { return false }
        return self.participants(of: interim.identity).contains { $0.role == .host }
    }

    // MARK: Leaving

    /// At once, where the host has said so or has not come back in time. A page that was closed may be one that is
    /// loaded again: its place is kept for as long as that of somebody whose connection is lost.
    func succession(
        afterLeaving leaving: [ParticipantID],
        _ reason: RoomEvent.LeaveReason,
        _ cause: RoomEvent.Cause?,
        at instant: Instant
    ) -> [RoomEvent] {
        let hosts = leaving.compactMap { self.people[$0] }.filter { $0.role == .host }
        guard let host = hosts.first else { return [] }
        let others = self.participants(of: host.identity).filter { !leaving.contains($0.id) }
        guard !others.contains(where: { $0.role == .host }) else { return [] }
        switch reason {
        case .left where cause == nil, .replaced:
            let until = instant.advanced(milliseconds: self.graceMilliseconds)
            return [RoomEvent(.meeting(.role(.away(until: until))))]
        case .left, .disconnected, .removed, .unauthorized, .transferred, .expired, .met:
            return self.succession(without: leaving)
        }
    }

    func dueSuccession(at now: Instant) -> [RoomEvent] {
        guard let until = self.standing.vacantUntil, until <= now else { return [] }
        let events = self.succession(without: [])
        if case .meeting(.role)? = events.first?.fact { return events }
        return [RoomEvent(.meeting(.role(.away(until: nil))))] + events
    }

    private func succession(without leaving: [ParticipantID]) -> [RoomEvent] {
        let heirs = self.heirs(among: self.people.values.filter { !leaving.contains($0.id) }.map { Heir($0) })
        guard heirs.isEmpty else { return self.succession(to: heirs) }
        switch self.rules.succession {
        case .nobody, .oldest: return []
        case .lock: return self.lifecycle == .open ? [RoomEvent(.meeting(.lifecycle(.locked)))] : []
        case .end: return [RoomEvent(.ended(.hostLeft))]
        }
    }

    // MARK: Joining

    /// The host is back, and whoever was it in their place is what they were before; or there is no host, and the
    /// newcomer may be one.
    func succession(afterJoining joining: RoomEvent.Joining, replacing replaced: [ParticipantID]) -> [RoomEvent] {
        if joining.role == .host {
            guard let interim = self.standing.interim, interim.identity != joining.identity else { return [] }
            let changes = self.participants(of: interim.identity).filter { $0.role == .host }
                .map { (id: $0.id, role: interim.before) }
            return changes.map { RoomEvent(.meeting(.role(.changed($0.id, $0.role, .ownerReturned)))) }
                + self.consequences(ofChanging: changes, by: .server, at: joining.at)
        }
        guard self.standing.isBereft, self.standing.vacantUntil == nil else { return [] }
        let others = self.people.values.filter { !replaced.contains($0.id) }
        return self.succession(to: self.heirs(among: others.map { Heir($0) } + [Heir(joining)]))
    }

    // MARK: Who succeeds

    /// Somebody who may become host.
    private struct Heir {
        let id: ParticipantID
        let identity: IdentityID
        let role: Role
        let joined: UInt64
        let isInterrupted: Bool

        init(_ participant: Participant) {
            self.id = participant.id
            self.identity = participant.identity
            self.role = participant.role
            self.joined = participant.joined
            self.isInterrupted = participant.isInterrupted
        }

        init(_ joining: RoomEvent.Joining) {
            self.id = joining.participant
            self.identity = joining.identity
            self.role = joining.role
            self.joined = joining.joined
            self.isInterrupted = false
        }

        /// The lowest one succeeds: co-hosts before others, who is connected before who is not, then who came first.
        var place: (Int, Int, UInt64) {
            (self.role == .coHost ? 0 : 1, self.isInterrupted ? 1 : 0, self.joined)
        }
    }

    /// All devices of the identity that succeeds, in order of arrival; nobody, if the rule is so, or if only audience
    /// and observers are here: a webinar is not given to whoever watches it.
    private func heirs(among people: [Heir]) -> [Heir] {
        let candidates = people.filter { heir in
            switch heir.role {
            case .coHost: true
            case .speaker, .participant: self.rules.succession == .oldest
            case .host, .audience, .observer: false
            }
        }
        guard let first = candidates.min(by: { $0.place < $1.place }) else { return [] }
        return people.filter { $0.identity == first.identity }.sorted { $0.joined < $1.joined }
    }

    private func succession(to heirs: [Heir]) -> [RoomEvent] {
        heirs.map { RoomEvent(.meeting(.role(.changed($0.id, .host, .succession)))) }
    }
}
