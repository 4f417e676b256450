import NIOCore

/// A command's name for ever: participant ids are never used again.
struct CommandName: Hashable {
    let participant: String
    let number: Int64
}

struct CommandRecord {
    let client: Int
    let room: String
    let invokedAt: NIODeadline
    var acknowledgedAt: NIODeadline?
    var refusal: (code: String, at: NIODeadline)?
    /// When it was last sent again because a snapshot lacked it.
    var resubmittedAt: NIODeadline?
}

/// One participant of one client, as the client sees it.
struct MembershipRecord {
    let client: Int
    let room: String
    let joinedAt: NIODeadline
    /// When the client was out, and whether it still had its memory then.
    var endedAt: NIODeadline?
}

struct PlaceKey: Hashable {
    let room: String
    let view: String
    let position: ClientPosition
}

struct PairKey: Hashable {
    let from: String
    let to: String
}

// What clients tell, and what is checked at once.
extension Journal {
    // MARK: Rooms

    func joined(_ client: ModelClient, _ room: ClientRoom) {
        self.count("joins")
        self.memberships[room.me] = MembershipRecord(client: client.number, room: room.id, joinedAt: self.scheduler.now)
    }

    func out(_ client: ModelClient, _ room: ClientRoom) {
        self.end(room.me)
    }

    func membershipLost(_ client: ModelClient, _ room: ClientRoom) {
        self.count("memberships lost")
        if !self.losses.isEmpty { self.forgotten.insert(room.me) }
        self.end(room.me)
    }

    /// - Parameter isRefused: the servers know none of its rooms.
    func sessionOver(_ client: ModelClient, isRefused: Bool = false) {
        self.count("sessions over")
        for room in client.rooms {
            self.end(room.me)
            if isRefused, !self.losses.isEmpty { self.unknown.insert(room.me) }
        }
    }

    /// L2: these servers have signed the secret, and it is the newest that the client has read.
    func notResumed(_ client: ModelClient, _ refusal: String?) {
        guard let refusal else { return }
        self.count("resume refused \(refusal)")
        guard refusal == "unknown" || refusal == "outdated" || refusal == "expired" else { return }
        self.violate("L2: \(client.name) was not resumed: \(refusal)")
    }

    private func end(_ participant: String) {
        self.memberships[participant]?.endedAt = self.scheduler.now
    }

    /// S1: a place in a room has one past and one state for all who are shown the same of it.
    func sees(_ client: ModelClient, _ room: ClientRoom, after: ClientPosition? = nil) {
        self.count("states seen")
        let place = PlaceKey(room: room.id, view: room.view, position: room.position)
        let hash = room.hash
        if let known = self.hashes.updateValue(hash, forKey: place), known != hash {
            self.violate("S1: \(client.name) sees another state at \(room.position) of \(room.id)")
        }
        guard let after else { return }
        if let known = self.predecessors.updateValue(after, forKey: place), !self.isSame(known, after, in: room) {
            self.violate("S1: \(room.position) follows \(known) and \(after)")
        }
    }

    /// Where nothing was shown in a view, its frames may follow from the one or the other place: each node knows what
    /// it has shown. The state there is the same.
    private func isSame(_ one: ClientPosition, _ other: ClientPosition, in room: ClientRoom) -> Bool {
        if one == other { return true }
        guard !room.isModerator else { return false }
        let places = [one, other].map { PlaceKey(room: room.id, view: room.view, position: $0) }
        guard let first = self.hashes[places[0]], let second = self.hashes[places[1]] else { return true }
        return first == second
    }

    func resynced(_ client: ModelClient, from before: ClientRoom, to after: ClientRoom) {
        self.count("resyncs")
        guard after.position.generation == before.position.generation,
            after.position.sequence < before.position.sequence, self.losses.isEmpty
        else { return }
        self.violate("S1: \(client.name) was sent back from \(before.position) to \(after.position)")
    }

    // MARK: Commands

    func invoked(_ client: ModelClient, _ name: CommandName, in room: ClientRoom) {
        self.count("commands")
        self.commands[name] = CommandRecord(client: client.number, room: room.id, invokedAt: self.scheduler.now)
    }

    func acknowledged(_ client: ModelClient, _ name: CommandName) {
        self.count("acknowledged")
        self.commands[name]?.acknowledgedAt = self.scheduler.now
    }

    func resubmitted(_ name: CommandName) {
        self.commands[name]?.resubmittedAt = self.scheduler.now
    }

    func refused(_ client: ModelClient, _ name: CommandName, _ code: String) {
        self.commands[name]?.refusal = (code, self.scheduler.now)
    }

    // MARK: Signals

    /// Unlike any other; tells its place in what the sender has said to that recipient.
    func payload(from: String, to: String) -> String {
        self.count("signals")
        self.sent[PairKey(from: from, to: to), default: 0] += 1
        return "\(from) \(to) \(self.sent[PairKey(from: from, to: to)] ?? 0)"
    }

    /// S4: exactly once, in order, whole.
    func delivered(_ payload: String, from: String, to: String) {
        self.count("signals delivered")
        let pair = PairKey(from: from, to: to)
        self.delivered[pair, default: 0] += 1
        let expected = "\(from) \(to) \(self.delivered[pair] ?? 0)"
        if payload != expected { self.violate("S4: “\(payload)” came instead of “\(expected)”") }
    }

    /// S4: nobody is told so of what has not arrived. What was said by somebody who has left nobody wants.
    func toldDelivered(_ payload: String, from: String, to: String) {
        let pair = PairKey(from: from, to: to)
        guard let place = payload.split(separator: " ").last.flatMap({ Int($0) }),
            place > self.delivered[pair] ?? 0, !self.hasLeft(from)
        else { return }
        self.violate("S4: “\(payload)” has not arrived, and is said to be delivered")
    }

    // MARK: Faults

    func trouble(of client: Int) {
        self.troubles[client, default: []].append(self.scheduler.now)
    }

    func fellAsleep(_ client: Int) {
        self.sleeps[client, default: []].append((self.scheduler.now, nil))
    }

    func wokeUp(_ client: Int) {
        guard var sleeps = self.sleeps[client], let last = sleeps.indices.last else { return }
        sleeps[last].to = self.scheduler.now
        self.sleeps[client] = sleeps
    }

    /// The engine has forgotten something that it had acknowledged.
    func lossOfMemory() {
        self.losses.append(self.scheduler.now)
    }
}
