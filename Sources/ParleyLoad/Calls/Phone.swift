import ParleyProtocol

/// A device of somebody: a client of a load that is on its person's line, and in at most one call.
final class Phone {
    let peer: LoadPeer
    private(set) var identity: IdentityID?
    private(set) var line: FollowedRoom?
    private(set) var call: FollowedRoom?

    /// - Parameter user: by which the person is the same on each device; where there are tokens, theirs says it.
    init(_ peer: LoadPeer, person: Int, user: String) {
        self.peer = peer
        peer.client.user = user
        let tokens = peer.lane.server.tokens
        if !tokens.isEmpty { peer.client.token = tokens[person % tokens.count] }
    }

    // MARK: Saying

    func goOnline(_ status: LineStatus) {
        var join = JoinCommand(id: 1, room: .new, name: self.peer.client.name)
        join.kind = .line
        join.call = CallJoin()
        join.call?.status = status
        self.peer.say(.join(join))
    }

    func call(_ person: IdentityID) {
        var join = JoinCommand(id: 1, room: .new, name: self.peer.client.name)
        join.kind = .call
        join.call = CallJoin(request: RingRequest([Callee(person)]))
        self.peer.say(.join(join))
    }

    func accept(_ room: RoomID, ring: UInt64) {
        var join = JoinCommand(id: 1, room: .id(room), name: self.peer.client.name)
        join.call = CallJoin(ring: ring)
        self.peer.say(.join(join))
    }

    func hangUp() {
        guard let call = self.call else { return }
        self.peer.say(.leave(LeaveCommand(id: 2, room: call.id, code: .normal)))
    }

    // MARK: Hearing

    enum News {
        case online
        case inCall(RoomID)
        /// In its order, and from which room.
        case event(JSONValue, RoomID)
    }

    /// - Returns: what it says of the line or the call; `nil`: it is about something else.
    func hear(_ message: ServerMessage, _ verdict: inout Verdict) -> [News]? {
        switch message {
        case .welcome(let welcome):
            self.identity = welcome.identity
            return nil
        case .snapshot(let snapshot): return self.hear(snapshot, &verdict)
        case .events(let events):
            let frame = HeardFrame(events)
            var taken: [HeardFrame] = []
            if events.room == self.line?.id {
                taken = self.line?.follow(frame, &verdict) ?? []
            } else if events.room == self.call?.id {
                taken = self.call?.follow(frame, &verdict) ?? []
            }
            return taken.flatMap { frame in frame.message.events.map { .event($0, events.room) } }
        case .beat(let beat):
            for room in beat.rooms {
                self.line?.compare(room, &verdict)
                self.call?.compare(room, &verdict)
            }
            return nil
        case .pulse, .iceServers, .restarter, .chat, .chatHistory, .roster, .presence, .goaway, .stay, .signal,
            .rejected, .authenticated, .tokenExpiring, .tokenExpired, .unknown:
            return nil
        }
    }

    private func hear(_ snapshot: Snapshot, _ verdict: inout Verdict) -> [News] {
        let room = FollowedRoom(snapshot, &verdict)
        var news: [News] = []
        if snapshot.state["room"]?["kind"] == "line" {
            self.line = room
            news.append(.online)
        } else {
            self.call = room
            news.append(.inCall(room.id))
        }
        return news + snapshot.events.map { .event($0, room.id) }
    }

    func forgetCall() { self.call = nil }

    /// Rings that its line shows.
    var ringing: Int { self.line?.stand.state["incoming"]?.object?.count ?? 0 }
}
