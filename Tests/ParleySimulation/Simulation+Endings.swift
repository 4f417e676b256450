import NIOCore
import ParleyEngine
import ParleyProtocol
import ParleyRooms
import ParleyServer

// After the turmoil: everybody must come to agree, and when everybody has left nothing must be left.
extension Simulation {
    func becalm() {
        self.isCalm = true
        self.network.isCalm = true
        self.cluster.becalm()
        for node in self.nodes {
            self.goOn(node)
            self.mend(node)
            node.start()
            node.takeBackDrain()
            node.becalm()
        }
        for client in self.clients {
            self.wake(client)
            self.scheduler.schedule(in: .zero, on: client.loop) {
                client.setReading(true)
                client.acknowledgeAgain()
                client.wish("blue-fox")
                client.doubt(isSure: true)
                client.keepOpen()
            }
        }
    }

    // MARK: Agreement

    /// Empty if everybody sees the same, and everything that was said has arrived.
    func disagreements() -> [String] {
        self.clients.flatMap { self.unfinished($0) } + self.rooms().flatMap { self.disagreements(in: $0) }
    }

    private func unfinished(_ client: ModelClient) -> [String] {
        var found: [String] = []
        if !client.isLive { found.append("\(client.name) is not connected") }
        for room in client.doubts.sorted() where client.rooms.contains(where: { $0.id == room }) {
            found.append("\(client.name) is not answered about \(room)")
        }
        if !client.joining.isEmpty { found.append("\(client.name) waits for a join") }
        for alias in client.wishes.sorted() where !client.rooms.contains(where: { $0.alias == alias }) {
            if !self.isBarred(client, alias) { found.append("\(client.name) is not in \(alias)") }
        }
        for room in client.rooms {
            if let command = room.outbox.open.first {
                found.append("\(client.name): command \(command.number) is open")
            }
            for (peer, outbox) in room.outgoing.sorted(by: { $0.key < $1.key })
            where !outbox.kept.isEmpty && room.people.contains(peer) {
                found.append("\(client.name): \(outbox.kept.count) signals from \(outbox.floor) on to \(peer)")
            }
        }
        return found
    }

    /// Whether the other device of that person is in there, and keeps it out.
    private func isBarred(_ client: ModelClient, _ alias: String) -> Bool {
        guard client.deviceRule == "reject" else { return false }
        return self.clients.contains { other in
            (other.twin === client || client.twin === other) && other.rooms.contains { $0.alias == alias }
        }
    }

    /// Of those that clients are in, by id.
    private func rooms() -> [String] {
        Set(self.clients.flatMap { $0.rooms.map(\.id) }).sorted()
    }

    private func disagreements(in id: String) -> [String] {
        guard let room = RoomID(id) else { return ["\(id) is no room id"] }
        let top = self.cluster.top(of: LogID(room: room))
        let place = ClientPosition(top)
        var found: [String] = []
        var hashes: [String: Set<String>] = [:]
        var shown: [String: Set<ClientPosition>] = [:]
        for node in self.nodes {
            guard let replica = node.gateway?.replicas.first(where: { $0.room.id == room }) else { continue }
            if replica.position != top {
                let place = "at \(replica.position), not \(top), and waits for \(replica.waitsFor)"
                found.insert("node \(node.number) is \(place)", at: 0)
            }
            for (view, position) in replica.shown {
                hashes[view.rawValue, default: []].insert(replica.room.hash(for: view).description)
                shown[view.rawValue, default: []].insert(ClientPosition(position))
            }
        }
        var people: Set<String> = []
        for client in self.clients {
            guard let held = client.rooms.first(where: { $0.id == id }) else { continue }
            if held.position != place, shown[held.view]?.contains(held.position) != true {
                found.append("\(client.name) is at \(held.position), not \(place)")
            }
            hashes[held.view, default: []].insert(held.hash)
            people.insert(held.me)
            for person in held.people where held.connection(of: person) != "connected" {
                found.append("\(client.name) sees \(person) as \(held.connection(of: person) ?? "nobody")")
            }
            if held.people.count > self.clients.count { found.append("\(client.name) sees ghosts") }
        }
        for (view, hashes) in hashes.sorted(by: { $0.key < $1.key }) where hashes.count > 1 {
            found.append("states differ in \(id) for \(view)")
        }
        return found
    }

    func awaitAgreement() {
        self.await("agreement", within: .seconds(90)) { self.disagreements() }
    }

    // MARK: The end

    /// By a command, by closing the page, by saying goodbye, or by never being heard of again.
    func leaveAll() {
        for client in self.clients {
            let way = self.dice.int(0...3)
            self.scheduler.schedule(in: self.dice.time(0...2_000), on: client.loop) {
                switch way {
                case 0: client.goodbye()
                case 1: client.leave("blue-fox")
                case 2: client.vanish(code: 1001)
                default: client.vanish(code: nil)
                }
            }
        }
        // Who has left by a command still has a session.
        for client in self.clients {
            self.scheduler.schedule(in: .seconds(8), on: client.loop) { client.goodbye() }
        }
    }

    /// The room of those who are unknown and have never left is gone with the only node that knew it.
    private var forgotten: Set<String> {
        self.journal.forgotten.union(self.journal.unknown.filter { !self.journal.hasLeft($0) })
    }

    func awaitEmptiness() {
        self.await("emptiness", within: .seconds(120)) {
            self.nodes.flatMap { node in
                (node.gateway?.gauges ?? []).filter { $0.count != 0 }.map {
                    "node \(node.number): \($0.count) \($0.name)"
                }
            } + self.cluster.leftovers(except: self.forgotten)
                + self.nodes.compactMap { node in
                    guard let count = node.gateway?.counters.stateDifferences, count > 0 else { return nil }
                    return "node \(node.number) has found \(count) other states"
                }
        }
    }

    private func `await`(_ what: String, within limit: TimeAmount, _ missing: () -> [String]) {
        let start = self.scheduler.now
        while self.journal.violations.isEmpty {
            let found = missing()
            guard !found.isEmpty else {
                return self.journal.count(
                    "milliseconds to \(what)",
                    Int((self.scheduler.now - start).nanoseconds / 1_000_000)
                )
            }
            guard self.scheduler.now - start < limit else {
                return self.journal.violate("no \(what): \(found.prefix(5).joined(separator: "; "))")
            }
            self.run(until: self.scheduler.now + .milliseconds(250))
        }
    }
}
