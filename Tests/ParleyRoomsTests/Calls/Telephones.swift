import ParleyProtocol
import ParleyRooms
import Testing

/// Callers by name; "Bob's phone" is a device of Bob.
func callee(_ name: String) -> Callee { Callee(Meeting.identity(name), user: name.lowercased()) }

func rings(_ names: String..., mode: RingMode = .first, milliseconds: Int? = nil) -> RingRequest {
    RingRequest(names.map { callee($0) }, mode: mode, intent: .video, milliseconds: milliseconds)
}

extension Meeting {
    mutating func call(_ name: String, _ request: RingRequest, at instant: Instant = clock) -> String {
        self.join(name, at: instant) { join in
            join.kind = .call
            join.call = CallJoin(request: request)
        }
    }

    mutating func accept(
        _ name: String,
        _ ring: UInt64 = 1,
        answer: AttributeValue? = nil,
        at instant: Instant = clock
    ) -> String {
        self.join(name, at: instant) { $0.call = CallJoin(ring: ring, answer: answer) }
    }

    mutating func online(
        _ name: String,
        as who: String? = nil,
        status: LineStatus? = nil,
        media: MediaAbilities? = nil,
        at instant: Instant = clock
    ) -> String {
        self.join(name, media: media, at: instant) { join in
            join.kind = .line
            if let who { join.identity = Self.identity(who) }
            join.call = CallJoin()
            join.call?.status = status
            join.call?.user = "user-\(name.lowercased().prefix(3))"
        }
    }

    mutating func report(
        _ name: String,
        _ state: Ring.PersonState,
        _ ring: UInt64 = 1,
        message: String? = nil,
        at instant: Instant = clock
    ) -> String {
        let verdict = RingVerdict(state, message: message)
        return self.step(.report(ring: ring, Self.identity(name), verdict), at: instant)
    }

    /// So that `incoming` can be asked of a call that rings the owner of a line.
    mutating func deliver(
        _ call: Meeting,
        _ ring: UInt64 = 1,
        for name: String,
        caller: MediaAbilities? = nil,
        at instant: Instant = clock
    ) throws -> String {
        let incoming = try #require(call.room.incoming(ring, for: Self.identity(name)))
        return self.step(.deliver(incoming, caller: caller), at: instant)
    }
}

func after(_ milliseconds: Int) -> Instant { Meeting.clock.advanced(milliseconds: milliseconds) }
