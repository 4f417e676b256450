import Logging
import NIOCore
import ParleyEngine
import ParleyProtocol
import ParleyTransport

/// A node that stood still for longer than others believe that it lives (its process was stopped, its machine slept)
/// cannot know what has become of its people meanwhile. No safety depends on what it does then: the log refuses
/// whatever is decided against an old state. But its clients would go on reading the past. So, before it heeds what
/// anybody says, it closes its connections (4403) and goes on as another node; they come back, here or elsewhere.
///
/// Rooms stay: a replica may be the only one that still has what an engine has lost.
extension Gateway {
    /// To be called before anything is done for a client: costs one comparison.
    ///
    /// - Returns: whether this node has just begun anew.
    func fenceIfStale(_ now: NIODeadline) -> Bool {
        guard now >= self.staleAt else { return false }
        let pause = now - self.seenAliveAt
        self.noteAlive(now)
        guard self.hasOthers else { return false }
        self.fence(after: pause)
        return true
    }

    /// The loop runs.
    func noteAlive(_ now: NIODeadline) {
        self.seenAliveAt = now
        self.staleAt = now + .milliseconds(Int64(self.limits.pauseMilliseconds))
    }

    private func fence(after pause: TimeAmount) {
        let former = self.node
        // What was said before is on its way under the former name.
        self.sendMailNow()
        self.sendAcknowledgements()
        self.becomeAnotherNode()
        self.counters.fences += 1
        self.logger.warning(
            "This node stood still for longer than its lease: it closes its connections and goes on as another node.",
            metadata: [
                "milliseconds": "\(pause.nanoseconds / 1_000_000)", "was": "\(former)", "node": "\(self.node)",
                "open": "\(self.connections.count)",
            ]
        )
        // From the end: whoever is removed meanwhile is replaced by the last one, which was visited.
        for index in self.connections.indices.reversed() where index < self.connections.count {
            self.connections[index].fence()
        }
        self.forgetSessions()
        self.directory.becomeAnotherNode()
        _ = self.engine.release(former, on: self.eventLoop)
        self.heartbeat()
    }

    /// Their clients have them, and their rooms' logs: whatever node they come to reads it there.
    private func forgetSessions() {
        let sessions = (Array(self.sessions.values) + self.detachedSessions).sorted { $0.id < $1.id }
        self.sessions = [:]
        self.detachedSessions = []
        self.sessionsWithDelivered = []
        self.awaitingKeys = []
        for session in sessions {
            session.expectNobody()
            session.detach()
            session.life.end()
            session.isListedAsDetached = false
            for seat in session.seats { seat.host.release(seat) }
        }
    }
}

extension RoomDirectory {
    func becomeAnotherNode() {
        for host in self.hosts.values.sorted(by: { $0.id < $1.id }) { host.becomeAnotherNode() }
    }
}
