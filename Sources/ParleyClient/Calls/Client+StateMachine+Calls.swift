package import ParleyProtocol

/// Calls: the line of this client's own person, what rings there, and how others are.
extension ClientStateMachine {
    /// Of this client's own person, while this device is online.
    package var line: RoomID? { self.memberships.values.first { $0.isLine }?.replica.id }

    package mutating func online(_ wish: JoinWish, request: RequestID, _ effects: inout [Effect]) {
        if let end = self.end { return effects.append(.failed(request, end)) }
        if self.joins.wait(forLine: request) { return }
        if let held = self.memberships.values.first(where: \.isLine), !held.commands.isLeaving {
            return effects.append(.joined(request, held.replica))
        }
        self.join(.new, wish, request: request, &effects)
    }

    package mutating func accept(
        _ call: RoomID,
        _ wish: JoinWish,
        request: RequestID,
        _ effects: inout [Effect]
    ) {
        self.incoming.accepts(call)
        self.join(.id(call), wish, request: request, &effects)
    }

    mutating func withIncoming(
        _ effects: inout [Effect],
        _ step: (inout IncomingCalls, inout [IncomingCalls.Effect]) -> Void
    ) {
        var steps: [IncomingCalls.Effect] = []
        step(&self.incoming, &steps)
        for step in steps {
            switch step {
            case .rings(let incoming): effects.append(.tell(.incoming(incoming)))
            case .ended(let incoming, let end): effects.append(.tell(.incomingEnded(incoming, end)))
            case .wake(let time): effects.append(.wake(at: time))
            }
        }
    }

    /// - Parameter events: what was said of that room with its state.
    mutating func compareLine(
        _ room: RoomID,
        _ events: [JSONValue],
        _ moment: Moment,
        _ effects: inout [Effect]
    ) {
        guard let membership = self.memberships[room], membership.isLine else { return }
        var reasons: [RoomID: String] = [:]
        for event in events where event["type"] == "incoming-ended" {
            guard let call = event["call"]?.string.flatMap({ RoomID($0) }) else { continue }
            reasons[call] = event["reason"]?.string
        }
        let rows = membership.replica.incomingRows
        self.withIncoming(&effects) { $0.compare(rows, reasons, moment, &$1) }
    }

    /// The people of a call go on in another one.
    mutating func follow(_ event: JSONValue, from replica: RoomReplica, _ effects: inout [Effect]) {
        guard replica.kind == .call, let room = event["room"]?.string.flatMap({ RoomID($0) }),
            let ticket = event["ticket"]?.string, self.memberships[room] == nil
        else { return }
        var wish = self.memberships[replica.id]?.wish.again ?? JoinWish()
        wish.ticket = ticket
        self.joins.follow(to: .id(room), wish, from: replica.id)
        self.flushJoins(&effects)
    }

    // MARK: Presence

    /// - Returns: `false` if those would be too many.
    package mutating func watch(_ people: Set<String>, as id: UInt64, _ effects: inout [Effect]) -> Bool {
        var isTaken = false
        self.withWatches(&effects) { isTaken = $0.add(people, as: id, &$1) }
        return isTaken
    }

    package mutating func unwatch(_ id: UInt64, _ effects: inout [Effect]) {
        self.withWatches(&effects) { $0.remove(id, &$1) }
    }

    mutating func withWatches(
        _ effects: inout [Effect],
        _ step: (inout Watches, inout [Watches.Effect]) -> Void
    ) {
        var steps: [Watches.Effect] = []
        step(&self.watches, &steps)
        for step in steps {
            switch step {
            case .send(let people): self.say(.watch(WatchRequest(people)), &effects)
            case .tell(let id, let entry): effects.append(.watched(id, entry))
            case .wake(let time): effects.append(.wake(at: time))
            }
        }
    }
}
