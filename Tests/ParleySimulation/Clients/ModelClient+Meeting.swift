import NIOCore
import ParleyProtocol

/// What people do in a meeting, beside speaking.
extension ModelClient {
    /// The types of its commands, but for the join: a refusal of each is an outcome.
    static let commands: Set<String> = [
        "media", "leave", "raise-hand", "lower-hand", "lower-hands", "mute", "mute-all", "set-role", "transfer-host",
        "lock", "unlock", "invite", "revoke",
    ]

    /// Something of that, if not too much is open. Those who may not do it ask now and then all the same.
    func meet() {
        guard let index = self.dice.pick(Array(self.rooms.indices)), self.maySay(index) else { return }
        let isModerator = self.rooms[index].isModerator || self.dice.chance(0.15)
        guard isModerator, self.dice.chance(0.7) else { return self.useHand(index) }
        self.moderate(index)
    }

    private func maySay(_ index: Int) -> Bool {
        let outbox = self.rooms[index].outbox
        return outbox.open.count < CommandOutbox.openMax && !outbox.isLeaving
    }

    private func useHand(_ index: Int) {
        guard self.dice.chance(0.6) else { return self.command(.meeting("lower-hand", [:]), index) }
        let members: JSONObject = self.dice.chance(0.5) ? ["speak": .bool(self.dice.chance(0.5))] : [:]
        self.command(.meeting("raise-hand", members), index)
    }

    private func moderate(_ index: Int) {
        let peer = JSONValue.string(self.dice.pick(self.rooms[index].peers) ?? self.rooms[index].me)
        switch self.dice.int(0...11) {
        case 0: self.command(.meeting("lower-hands", [:]), index)
        case 1: self.command(.meeting("mute-all", [:]), index)
        case 2: self.lock(index)
        case 3, 4:
            let label = JSONValue.string("For \(self.dice.int(1...9))")
            self.command(.meeting("invite", ["label": label]), index)
        case 5: self.command(.meeting("revoke", ["invitation": .integer(Int64(self.dice.int(1...6)))]), index)
        case 6, 7: self.command(.meeting("mute", ["participant": peer, "video": true]), index)
        case 8: self.command(.meeting("transfer-host", ["participant": peer]), index)
        default:
            let role = JSONValue.string(self.dice.pick(["co-host", "speaker", "participant", "audience"]) ?? "speaker")
            self.command(.meeting("set-role", ["participant": peer, "role": role]), index)
        }
    }

    /// For a moment.
    private func lock(_ index: Int) {
        self.command(.meeting("lock", [:]), index)
        self.later(self.dice.time(200...3_000)) { client in
            for index in client.rooms.indices where client.maySay(index) {
                client.command(.meeting("unlock", [:]), index)
            }
        }
    }

    /// When the turmoil is over nobody shall stand before a locked door: whoever may open it does, and where nobody may
    /// everybody goes, so that the room ends.
    func keepOpen() {
        self.later(.seconds(2)) { client in
            for index in client.rooms.indices where client.rooms[index].isLocked && client.maySay(index) {
                client.open(index)
            }
            if client.phase != .gone { client.keepOpen() }
        }
    }

    private func open(_ index: Int) {
        let room = self.rooms[index]
        if room.isModerator { return self.command(.meeting("unlock", [:]), index) }
        let isHopeless = room.people.allSatisfy { !["host", "co-host"].contains(room.role(of: $0) ?? "host") }
        guard isHopeless, let alias = room.alias else { return }
        self.leave(alias)
        self.later(.seconds(1)) { $0.wish(alias) }
    }
}
