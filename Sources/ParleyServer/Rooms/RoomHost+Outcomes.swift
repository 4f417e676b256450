import NIOCore
import ParleyProtocol
import ParleyRooms
import ParleyTransport

/// What those hear whose commands were judged, where it is no event.
extension RoomHost {
    /// One room must not take the time of all others.
    ///
    /// - Returns: for how long a command of that kind has to wait; `nil`: it may come. Whoever goes never waits.
    func wait(for action: RoomCommand.Action, now: UInt64) -> UInt64? {
        if case .leave = action { return nil }
        guard case .retryAfterMilliseconds(let wait) = self.commands.take(now: now) else { return nil }
        return wait
    }

    /// For a simulation in which acknowledgements overtake the stream.
    func acknowledgeBesideStream(_ number: UInt64, _ seat: Seat) {
        guard !self.gateway.configuration.mechanisms.contains(.orderedAcknowledgement) else { return }
        let frame: JSONValue = [
            "type": "accepted", "room": .string(self.id.description), "id": .integer(Int64(clamping: number)),
        ]
        frame.encoded.withUnsafeBytes { seat.session.connection?.sendText($0) }
    }

    func reject(_ code: RejectionCode, _ type: String, _ number: UInt64, _ seat: Seat) {
        // Whoever has left has heard that, and may be here again as somebody else.
        guard seat.phase != .gone else { return }
        var rejection = Rejection(code, of: type)
        rejection.room = self.id.description
        rejection.id = number
        rejection.member = seat.faults.removeValue(forKey: number)
        rejection.expected = code == .commandGap ? seat.commands.next : nil
        rejection.retryAfterMilliseconds = code == .busy || code == .engineUnavailable ? 1_000 : nil
        seat.session.reject(rejection, counters: &self.gateway.counters)
    }

    func refuseJoin(_ code: RejectionCode, _ seat: Seat) {
        let join = seat.join
        self.remove(seat)
        guard let join else { return assertionFailure("a join is answered once") }
        let session = seat.session
        let code = code == .roomEnded ? self.room.codeOfEnd(to: session.identity) : code
        // The last person left while this one was on the way: the word is free, so it means a new room.
        if code == .roomEnded, join.namesWord, session.life.isOver == false {
            // Not at once: this host is still to be taken out of the directory.
            return self.gateway.eventLoop.assumeIsolated().execute {
                guard session.life.isOver == false else { return }
                self.gateway.join(join, session: session)
            }
        }
        self.gateway.refuse(code, join, at: seat.unknownRoomAt, session)
        self.endIfUnused()
    }
}

extension JoinCommand {
    /// Whether it names a room by a word that may mean another one by now; that of a person's line nobody says.
    fileprivate var namesWord: Bool {
        if case .alias = self.room { true } else { self.kind == .line }
    }
}
