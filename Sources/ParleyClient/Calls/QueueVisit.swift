package import ParleyProtocol

/// What becomes of a client that waits in a queue for the call that it is taken to.
///
/// ```
///            taken                 somebody else is there, or the queue lets it go
/// waits ------------> goes to a room ------------------------------------------> (in the call)
///   ^                       |
///   '---- not taken any more: the other has not come
/// ```
struct QueueVisit: Hashable, Sendable {
    let request: UInt64
    /// Where it is expected.
    var room: RoomID?
}

extension ClientStateMachine {
    /// The request has its answer when this client is in the call, and somebody else as well.
    package mutating func visit(from queue: RoomID, request: RequestID, _ effects: inout [Effect]) {
        if let end = self.end { return effects.append(.failed(request, end)) }
        guard let earlier = self.memberships[queue] else { return effects.append(.failed(request, .notInRoom)) }
        if let visit = earlier.visit { effects.append(.failed(visit.request, .notInRoom)) }
        self.memberships[queue]?.visit = QueueVisit(request: request, room: nil)
        self.lookAtQueue(queue, &effects)
    }

    /// Something has changed in a room: a queue, or a call that somebody was taken to.
    mutating func compareQueues(_ room: RoomID, _ effects: inout [Effect]) {
        self.lookAtQueue(room, &effects)
        guard let call = self.memberships[room]?.replica, call.people.contains(where: { $0 != call.participant })
        else { return }
        for queue in self.memberships.keys.sorted() { self.arrive(in: call, from: queue, &effects) }
    }

    private mutating func arrive(in call: RoomReplica, from queue: RoomID, _ effects: inout [Effect]) {
        guard let visit = self.memberships[queue]?.visit, visit.room == call.id else { return }
        self.memberships[queue]?.visit = nil
        effects.append(.joined(visit.request, call))
    }

    private mutating func lookAtQueue(_ room: RoomID, _ effects: inout [Effect]) {
        guard let queue = self.memberships[room], let visit = queue.visit else { return }
        let taken = queue.replica.takenTo
        guard taken != visit.room else { return }
        self.memberships[room]?.visit?.room = taken
        // The other has not come, and this client stands in the line again.
        if let before = visit.room, self.memberships[before] != nil {
            self.withCommands(of: before, &effects) { $0.push(.leave(nil), request: 0, &$1) }
        }
        guard let taken else { return }
        self.join(.id(taken), JoinWish(name: queue.wish.name), request: 0, &effects)
        if let call = self.memberships[taken]?.replica, call.people.count > 1 {
            self.arrive(in: call, from: room, &effects)
        }
    }

    /// - Parameter gone: a membership that is over. Whoever is in the call by then was let go by the queue.
    mutating func endVisit(of gone: Membership, _ error: ClientError, _ effects: inout [Effect]) {
        guard let visit = gone.visit else { return }
        if let call = visit.room.flatMap({ self.memberships[$0]?.replica }) {
            effects.append(.joined(visit.request, call))
        } else {
            effects.append(.failed(visit.request, error))
        }
    }
}
