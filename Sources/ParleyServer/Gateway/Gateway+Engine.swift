import Logging
import NIOCore
import ParleyEngine
import ParleyProtocol
import ParleyRooms

/// While the engine is away: connections are kept, pulses and signals of this node go on, and whatever would have to
/// wait for the engine is refused by name. ``EngineWatch`` decides, this acts.
extension Gateway {
    /// Whether commands are refused, and nobody new is let in.
    var isDegraded: Bool { self.engineWatch.isAway }

    /// A few times a second.
    func watchEngine() {
        let now = self.eventLoop.now.uptimeNanoseconds
        self.perform(self.engineWatch.tick(now: now, health: self.engine.health))
    }

    func engineAnswered() {
        let now = self.eventLoop.now.uptimeNanoseconds
        self.perform(self.engineWatch.answered(now: now, health: self.engine.health))
    }

    private func perform(_ effect: EngineWatch.Effect?) {
        switch effect {
        case nil: return
        case .away(let reason):
            let reason = reason ?? "It does not answer."
            // Of several loops one says it.
            if self.isFirstLoop {
                self.logger.warning(
                    "The engine is away: connections are kept, but nobody joins and nothing is decided meanwhile.",
                    metadata: ["reason": "\(reason)"]
                )
            }
            self.counters.engineDegraded = 1
            self.counters.engineDegradations += 1
            self.readiness.set(trouble: "The engine is away: \(reason)", of: self.loop)
            self.tellDegraded(true)
            self.directory.engineWentAway()
        case .back(let milliseconds):
            if self.isFirstLoop {
                self.logger.notice("The engine is back.", metadata: ["milliseconds": "\(milliseconds)"])
            }
            self.counters.engineDegraded = 0
            self.readiness.set(trouble: nil, of: self.loop)
            self.tellDegraded(false)
            // Hints of that time are lost.
            self.noteMissed()
            self.lookAgain()
            self.fetchMissedMail()
        }
    }

    private func tellDegraded(_ isDegraded: Bool) {
        var beat = ServerBeat(time: self.now)
        beat.degraded = isDegraded
        for connection in self.connections { connection.session?.send(.beat(beat), counters: &self.counters) }
    }

    /// When it is worth to ask again. Not all at once.
    func engineWait() -> UInt64 {
        1_000 + UInt64.random(in: 0..<1_000, using: &self.random)
    }
}

extension RoomDirectory {
    /// Whoever waits for an outcome is told to ask again later.
    func engineWentAway() {
        for host in self.hosts.values.sorted(by: { $0.id < $1.id }) { host.engineWentAway() }
    }
}
