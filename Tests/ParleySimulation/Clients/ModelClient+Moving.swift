import NIOCore
import ParleyProtocol
import ParleyTransport

/// A connection beside the one that is in use.
struct SecondConnection {
    let attempt: Int
    let node: SimulatedNode
    let channel: VirtualChannel
    var connection: WebSocketConnection?
}

/// What a client does when its server goes away (docs/PROTOCOL.md, section 2), when its network may have changed, and
/// when it does not trust what it holds.
extension ModelClient {
    // MARK: Make before break

    func heardGoaway(_ frame: JSONValue) {
        guard let within = frame["withinMilliseconds"]?.integer, let deadline = frame["deadlineMilliseconds"]?.integer,
            within <= deadline
        else { return self.journal.violate("\(self.name): a goaway without its members") }
        self.journal.count("goaways")
        self.goaways += 1
        self.goaway = self.goaways
        self.moveLater(self.goaways, self.dice.time(0...Double(within)))
    }

    func heardStay() {
        self.goaway = nil
    }

    private func moveLater(_ goaway: Int, _ delay: TimeAmount) {
        self.later(delay) { client in
            guard client.goaway == goaway, client.isLive, client.second == nil else { return }
            client.openSecond()
        }
    }

    private func openSecond() {
        guard let node = self.findNode(self) else { return self.tryAgain() }
        self.sessionAttempts += 1
        let attempt = self.sessionAttempts
        let channel = node.connect(from: self.loop)
        self.second = SecondConnection(attempt: attempt, node: node, channel: channel)
        let target = WebSocketClientConnection.Target(host: "localhost", port: 8080, subprotocols: ["parley.v1"])
        do {
            let done = try WebSocketClientConnection.shakeHands(on: channel, with: target, loop: self.transport) {
                if self.second?.attempt == attempt { self.secondOpened($0) } else { $0.closeNow() }
                return self
            }
            done.assumeIsolated().whenFailure { _ in
                if self.second?.attempt == attempt { self.tryAgain() }
            }
        } catch {
            self.tryAgain()
        }
        self.later(.seconds(4)) { client in
            if client.second?.attempt == attempt { client.tryAgain() }
        }
    }

    private func secondOpened(_ connection: WebSocketConnection) {
        self.second?.connection = connection
        self.hasRival = true
        let bytes = self.hello.encoded
        self.journal.trace("\(self.name) 2> \(String(decoding: bytes, as: UTF8.self))")
        bytes.withUnsafeBytes { connection.sendText($0) }
    }

    /// The first one works meanwhile.
    private func tryAgain() {
        self.dropSecond()
        guard let goaway = self.goaway else { return }
        self.moveLater(goaway, self.dice.time(100...2_000))
    }

    func dropSecond() {
        guard let second = self.second.take() else { return }
        second.connection?.closeNow()
        second.channel.close(promise: nil)
    }

    func heardOnSecond(_ connection: WebSocketConnection, _ text: UnsafeRawBufferPointer) {
        guard let second = self.second, connection === second.connection else { return }
        self.loop.scheduler.note(text)
        self.journal.trace("\(self.name) 2< \(String(decoding: text, as: UTF8.self))")
        guard let frame = try? JSONParser.parse(text, depthMax: 64), frame["type"] == "welcome" else { return }
        guard frame["resumed"] == true else {
            // Another session, which nobody wants.
            self.second = nil
            connection.close(code: 1000)
            return
        }
        self.journal.count("moves")
        self.take(second, connection, phase: .greeting)
        self.handle(frame)
    }

    /// By the first connection, before the second one took over.
    func wasToldBefore(_ position: ClientPosition, in room: String) -> Bool {
        guard let held = self.toldBefore[room] else { return false }
        return position == held || position.generation == held.generation && position.sequence < held.sequence
    }

    func secondClosed(_ connection: WebSocketConnection) {
        guard let second = self.second, connection === second.connection else { return }
        self.tryAgain()
    }

    // MARK: Hints and doubts

    func changeNetwork() {
        guard self.isLive else { return }
        self.trouble()
        self.send(["type": "network-changed"])
    }

    /// - Parameter isSure: it says what it holds.
    func doubt(isSure: Bool) {
        guard self.isLive, let room = self.dice.pick(self.rooms) else { return }
        var frame: JSONObject = ["type": "resync", "room": .string(room.id)]
        if isSure {
            frame["at"] = room.position.json
            frame["hash"] = .string(room.hash)
            frame["view"] = .string(room.view)
        }
        self.doubts.insert(room.id)
        self.send(.object(frame))
    }

    /// Either end of a pair, or nobody.
    func heardRestarter(_ frame: JSONValue) {
        guard let room = self.rooms.first(where: { $0.id == frame["room"]?.string }), let peer = frame["peer"]?.string
        else { return }
        guard let restarter = frame["restarter"], restarter != .null else { return }
        guard restarter.string == room.me || restarter.string == peer else {
            return self.journal.violate("\(self.name): a stranger restarts for \(peer)")
        }
    }

    /// S1: what a beat says of a place is what everybody holds there.
    func heardRooms(_ rooms: JSONValue?) {
        for (id, said) in rooms?.object?.members.map({ ($0.name, $0.value) }) ?? [] {
            guard let room = self.rooms.first(where: { $0.id == id }), let hash = said["hash"]?.string,
                ClientPosition(said["at"]) == room.position
            else { continue }
            self.journal.count("beats checked")
            guard hash != room.hash else { continue }
            self.journal.violate("S1: \(self.name) holds \(room.hash) at \(room.position), a beat says \(hash)")
        }
    }
}
