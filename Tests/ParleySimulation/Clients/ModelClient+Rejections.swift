import NIOCore
import ParleyProtocol

/// What a client does when it is refused (docs/PROTOCOL.md, sections 3, 6 and 9).
extension ModelClient {
    func rejected(_ frame: JSONValue) {
        guard let code = frame["code"]?.string else {
            return self.journal.violate("\(self.name): a rejection without a code")
        }
        self.journal.count("rejected \(code)")
        let retry = frame["retryAfterMilliseconds"]?.integer
        switch frame["of"]?.string {
        case "join": self.joinRejected(frame["room"]?.string ?? "", code)
        case "resume":
            if code == "not-joined" { self.forget(frame["room"]?.string) }
            if code == "identity-present" { self.yield(frame["room"]?.string) }
        case "resync":
            // Asked too often; or it has left.
            if let room = frame["room"]?.string { self.doubts.remove(room) }
        case "network-changed": break
        case "signal":
            guard let to = frame["to"]?.string, let n = frame["n"]?.integer else { break }
            self.signalRejected(to, n, code, expected: frame["expected"]?.integer, retry: retry)
        case .some(let type) where Self.commands.contains(type):
            guard let room = frame["room"]?.string, let number = frame["id"]?.integer else { break }
            self.commandRejected(room, number, code, expected: frame["expected"]?.integer, retry: retry)
        // Nobody in that room, or nobody with that id: a race with a departure. Or too much at once.
        case "pulse", "beat": break
        default:
            self.journal.violate("\(self.name): refused for its form: \(code) of \(frame["of"]?.string ?? "?")")
        }
    }

    private func joinRejected(_ alias: String, _ code: String) {
        self.joining.remove(alias)
        guard code != "already-joined" else { return }
        self.later(.milliseconds(500)) { client in client.joinIfWished(alias) }
    }

    func joinIfWished(_ alias: String) {
        guard self.isLive, self.wishes.contains(alias), !self.joining.contains(alias),
            !self.rooms.contains(where: { $0.alias == alias })
        else { return }
        self.join(alias)
    }

    /// The server says that this membership is over.
    private func forget(_ id: String?) {
        guard let index = self.rooms.firstIndex(where: { $0.id == id }) else { return }
        let room = self.rooms.remove(at: index)
        self.journal.membershipLost(self, room)
        if let alias = room.alias { self.joinIfWished(alias) }
    }

    /// Another device has its place.
    private func yield(_ id: String?) {
        if let alias = self.rooms.first(where: { $0.id == id })?.alias { self.wishes.remove(alias) }
        self.forget(id)
    }

    private func commandRejected(_ id: String, _ number: Int64, _ code: String, expected: Int64?, retry: Int64?) {
        guard let index = self.rooms.firstIndex(where: { $0.id == id }) else { return }
        let room = self.rooms[index]
        if let retry { return self.sendCommandsSoon(from: number, index, .milliseconds(retry)) }
        if code == "command-gap", room.isFormer { return self.leaveAsFormer(index, after: (expected ?? number) - 1) }
        if code == "command-gap" { return self.sendCommandsSoon(from: expected ?? number, index, .milliseconds(20)) }
        if code == "not-joined" { return self.forget(id) }
        if self.rooms[index].outbox.settle(number, .refused(code)) {
            self.journal.refused(self, .init(participant: room.me, number: number), code)
        }
    }

    /// Once for all that were refused together.
    private func sendCommandsSoon(from number: Int64, _ index: Int, _ delay: TimeAmount) {
        let id = self.rooms[index].id
        let isScheduled = self.rooms[index].outbox.resendFrom != nil
        self.rooms[index].outbox.resendFrom = min(number, self.rooms[index].outbox.resendFrom ?? number)
        guard !isScheduled else { return }
        self.later(delay) { client in
            guard let index = client.rooms.firstIndex(where: { $0.id == id }) else { return }
            guard let first = client.rooms[index].outbox.resendFrom.take(), client.isLive else { return }
            let room = client.rooms[index]
            for command in room.outbox.from(first) { client.send(command, in: room) }
        }
    }

    private func signalRejected(_ to: String, _ n: Int64, _ code: String, expected: Int64?, retry: Int64?) {
        switch code {
        case "signal-gap": self.sendSignalsSoon(from: expected ?? n, to: to, .milliseconds(20))
        case "mailbox-full", "rate-limited", "engine-unavailable":
            self.sendSignalsSoon(from: n, to: to, .milliseconds(retry ?? 100))
        // The recipient has left; its departure is on its way here.
        case "unknown-recipient": break
        default: self.journal.violate("\(self.name): a signal was refused: \(code)")
        }
    }

    /// Once for all that were refused together.
    private func sendSignalsSoon(from n: Int64, to peer: String, _ delay: TimeAmount) {
        guard let index = self.rooms.firstIndex(where: { $0.outgoing[peer] != nil }) else { return }
        let isScheduled = self.rooms[index].outgoing[peer]?.resendFrom != nil
        let first = min(n, self.rooms[index].outgoing[peer]?.resendFrom ?? n)
        self.rooms[index].outgoing[peer]?.resendFrom = first
        guard !isScheduled else { return }
        self.later(delay) { client in
            for index in client.rooms.indices {
                guard let first = client.rooms[index].outgoing[peer]?.resendFrom.take() else { continue }
                client.sendSignals(from: first, to: peer)
            }
        }
    }

    private func sendSignals(from n: Int64, to peer: String) {
        guard self.isLive, let outbox = self.rooms.lazy.compactMap({ $0.outgoing[peer] }).first else { return }
        for signal in outbox.from(n) { self.send(signal, to: peer, floor: outbox.floor) }
    }
}
