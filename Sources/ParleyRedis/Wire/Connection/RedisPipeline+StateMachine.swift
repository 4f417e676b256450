import DequeModule
package import NIOCore
package import ParleyProtocol

/// Which answer belongs to which command: the first to the first.
///
/// ```
/// add ──> waiting ── flushed ──> written ── answered ──> done
///            │                      ├────── too late ──> its place stays: ambiguous
///            └── lost: unavailable  └────── lost ──────> ambiguous
/// ```
package struct RedisPipelineStateMachine<Request> {
    package enum Owner {
        case request(Request)
        /// Somebody waited, and does not any more; the answer that may still come is nobody's.
        case abandoned
        /// Asked by ourselves, to hear whether the server is there.
        case ping
    }

    /// What a look at the clock brings.
    package struct Due {
        package var ambiguous: [Request] = []
        package var isPingDue = false
        package var isDead = false
    }

    private struct Slot {
        var owner: Owner
        let deadline: NIODeadline
    }

    private let limits: Limits
    private var slots: Deque<Slot> = []
    /// Those in front are written.
    private var written = 0
    /// Those in front are abandoned or will be noticed by their own answers: nothing before has a deadline to come.
    private var judged = 0
    private var lastHeard: NIODeadline

    package init(limits: Limits, now: NIODeadline) {
        self.limits = limits
        self.lastHeard = now
    }

    package var count: Int { self.slots.count }

    package var hasPlace: Bool { self.slots.count < self.limits.redisRequestsMax }

    /// Ask first whether there is a place for it.
    package mutating func add(_ request: Request, now: NIODeadline) {
        self.slots.append(Slot(owner: .request(request), deadline: self.deadline(now)))
    }

    package mutating func addPing(now: NIODeadline) {
        self.slots.append(Slot(owner: .ping, deadline: self.deadline(now)))
    }

    /// Everything that waits has been given to the socket: from now on nobody knows what became of it.
    package mutating func flushed() { self.written = self.slots.count }

    /// - Returns: whose answer it is; nil if nothing was asked, which no server does.
    package mutating func answered(now: NIODeadline) -> Owner? {
        self.lastHeard = now
        guard self.written > 0, let slot = self.slots.popFirst() else { return nil }
        self.written -= 1
        self.judged = max(0, self.judged - 1)
        return slot.owner
    }

    /// Something has come that answers nothing.
    package mutating func heard(now: NIODeadline) { self.lastHeard = now }

    package mutating func tick(now: NIODeadline) -> Due {
        var due = Due()
        while self.judged < self.slots.count, self.slots[self.judged].deadline <= now {
            switch self.slots[self.judged].owner {
            case .request(let request): due.ambiguous.append(request)
            case .abandoned, .ping: break
            }
            self.slots[self.judged].owner = .abandoned
            self.judged += 1
        }
        let silence = now - self.lastHeard
        if self.slots.isEmpty {
            due.isPingDue = silence >= .milliseconds(Int64(self.limits.redisPingMilliseconds))
        } else {
            due.isDead = silence >= .milliseconds(Int64(self.limits.redisSilenceMilliseconds))
        }
        return due
    }

    /// The connection has ended.
    package mutating func lost() -> (ambiguous: [Request], unavailable: [Request]) {
        var lost: (ambiguous: [Request], unavailable: [Request]) = ([], [])
        for (index, slot) in self.slots.enumerated() {
            switch slot.owner {
            case .request(let request):
                if index < self.written { lost.ambiguous.append(request) } else { lost.unavailable.append(request) }
            case .abandoned, .ping: break
            }
        }
        self.slots = []
        (self.written, self.judged) = (0, 0)
        return lost
    }

    private func deadline(_ now: NIODeadline) -> NIODeadline {
        now + .milliseconds(Int64(self.limits.redisAnswerMilliseconds))
    }
}
