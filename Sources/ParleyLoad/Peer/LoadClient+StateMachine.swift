package import ParleyProtocol

/// What one client of a load knows: its session, its place in at most one room, what it has received.
package struct LoadClient {
    /// What a message of the server is to the load.
    package enum News {
        case welcomed(resumed: Bool)
        /// The session that was wanted back is not there any more.
        case sessionLost(ResumeRefusal?)
        /// The join has succeeded.
        case entered([EventNote])
        /// Another snapshot, with what happened there.
        case snapshot([EventNote])
        /// In their order, those that were waited for with them.
        case frames([HeardFrame])
        /// For the first time and in its order.
        case signal(RelayedSignal)
        case chat(ChatMessage)
        /// A sign of life, with what of the own signals has been acknowledged.
        case beat(delivered: [Watermark])
        case rejected(RejectedMessage)
        case nothing
    }

    package let name: DisplayName?
    package var token: String?
    /// Where there are no tokens.
    package var user: String?
    package private(set) var room: FollowedRoom?
    package private(set) var session: SessionID?
    private var secret = ""
    private var attempt: UInt64 = 0
    /// Whether a welcome has come on this connection.
    package private(set) var isWelcome = false
    private var isEntering = false
    private var command: UInt64 = 1
    private var received: [ParticipantID: ArrivalOrder] = [:]
    private var unacknowledged: Set<ParticipantID> = []

    package init(name: DisplayName?, token: String?) {
        self.name = name
        self.token = token
    }

    package var participant: ParticipantID? { self.room?.participant }

    /// Of each who has signalled, up to which number everything has come.
    package var order: [ParticipantID: ArrivalOrder] { self.received }

    // MARK: Speaking

    /// The first message of a connection: a new session, or the one that it had.
    package mutating func hello(joining room: RoomReference?) -> ClientMessage {
        self.isWelcome = false
        self.attempt += 1
        var hello = Hello()
        hello.clientName = "parley-load"
        hello.token = self.token
        hello.user = self.user
        hello.abilities = Abilities(rollback: true, trickle: true, restart: true)
        if let session = self.session {
            let held = self.room.map {
                Hello.Resume.HeldRoom(
                    room: $0.id,
                    at: $0.position,
                    view: $0.view,
                    participant: $0.participant
                )
            }
            hello.resume = Hello.Resume(
                session: session,
                secret: self.secret,
                rooms: held.map { [$0] } ?? [],
                received: self.watermarks(of: self.received.keys.sorted()),
                attempt: self.attempt
            )
        }
        if let room {
            self.isEntering = true
            self.command = 1
            hello.join = JoinCommand(id: 1, room: room, name: self.name)
        }
        return .hello(hello)
    }

    /// The number of the next command in the room; that of a join is 1.
    package mutating func nextCommand() -> UInt64 {
        self.command += 1
        return self.command
    }

    /// What has come since the last time, if anything.
    package mutating func acknowledgement() -> ClientMessage? {
        guard !self.unacknowledged.isEmpty else { return nil }
        let marks = self.watermarks(of: self.unacknowledged.sorted())
        self.unacknowledged = []
        return marks.isEmpty ? nil : .beat(ClientBeat(acknowledged: marks))
    }

    private func watermarks(of senders: [ParticipantID]) -> [Watermark] {
        senders.prefix(Limits().peersPerSessionMax).compactMap { sender in
            guard let order = self.received[sender], order.highest > 0 else { return nil }
            let n = order.missing.min().map { $0 - 1 } ?? order.highest
            return n > 0 ? Watermark(participant: sender, n: n) : nil
        }
    }

    // MARK: Hearing

    package mutating func hear(_ message: ServerMessage, _ verdict: inout Verdict) -> News {
        switch message {
        case .welcome(let welcome): return self.hear(welcome)
        case .snapshot(let snapshot): return self.hear(snapshot, hash: StateHash(of: snapshot.state), &verdict)
        case .events(let events): return self.hear(HeardFrame(events), &verdict)
        case .signal(let signal): return self.hear(signal, &verdict)
        case .chat(let frame): return frame.room == self.room?.id ? .chat(frame.message) : .nothing
        case .rejected(let rejection): return .rejected(rejection)
        case .beat(let beat):
            for room in beat.rooms { self.room?.compare(room, &verdict) }
            return .beat(delivered: beat.delivered)
        case .pulse, .iceServers, .restarter, .chatHistory, .roster, .presence, .goaway, .stay, .authenticated,
            .tokenExpiring,
            .tokenExpired, .unknown:
            return .nothing
        }
    }

    private mutating func hear(_ welcome: Welcome) -> News {
        let wasSomebody = self.session
        self.session = welcome.session
        self.secret = welcome.resumeSecret
        self.isWelcome = true
        if wasSomebody != nil, !welcome.resumed {
            self.room = nil
            self.received = [:]
            return .sessionLost(welcome.resumeRefused)
        }
        return .welcomed(resumed: welcome.resumed)
    }

    /// - Parameter hash: of the state in it.
    package mutating func hear(_ snapshot: Snapshot, hash: StateHash, _ verdict: inout Verdict) -> News {
        self.room = FollowedRoom(snapshot, hash: hash, &verdict)
        let notes = snapshot.events.map { EventNote($0) }
        guard self.isEntering else { return .snapshot(notes) }
        self.isEntering = false
        return .entered(notes)
    }

    package mutating func hear(_ frame: HeardFrame, _ verdict: inout Verdict) -> News {
        guard frame.message.room == self.room?.id else { return .nothing }
        return .frames(self.room?.follow(frame, &verdict) ?? [])
    }

    private mutating func hear(_ signal: RelayedSignal, _ verdict: inout Verdict) -> News {
        self.unacknowledged.insert(signal.from)
        let arrival = self.received[signal.from, default: ArrivalOrder()].arrive(signal.n)
        return verdict.note(arrival) ? .signal(signal) : .nothing
    }

    /// Nothing comes any more.
    package mutating func settle(_ verdict: inout Verdict) -> [HeardFrame] {
        self.room?.settle(&verdict) ?? []
    }

    /// The room is left, or over.
    package mutating func forgetRoom() {
        self.room = nil
        self.received = [:]
        self.unacknowledged = []
    }
}
