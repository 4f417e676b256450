import ParleyProtocol

/// A server with one room and one other person in it, as plain as the protocol allows: what a client is compared with.
struct ModelServer {
    /// How a server answers a resume.
    enum Memory: CaseIterable {
        /// With the frames that were missed.
        case replays
        /// With a snapshot.
        case snapshots
        /// With a snapshot of a state that has lost the last command.
        case losesCommands
    }

    typealias LineID = UInt64

    static let room = RoomID(high: 1, low: 1)
    static let name = RoomAlias("blue-fox").map { RoomReference.alias($0) } ?? .new
    static let ada = ParticipantID(high: 2, low: 1)
    static let bob = ParticipantID(high: 2, low: 2)
    static let session = SessionID(high: 3, low: 1)

    let memory: Memory
    private(set) var line: LineID?
    private var secret = 0
    private var isJoined = false
    private(set) var state = ModelServer.emptyState
    private var position = Position(generation: 1, sequence: 1, uid: 1)
    private var log: [EventsMessage] = []
    private(set) var lastCommand: UInt64 = 0
    private var refused: Set<UInt64> = []
    private var undo: (state: JSONValue, lastCommand: UInt64)?
    /// From Bob, not yet acknowledged.
    private var mailbox: [RelayedSignal] = []
    private var bobsLast: UInt64 = 0
    /// What Bob was told, in order.
    private(set) var delivered: [JSONValue] = []

    init(_ memory: Memory) {
        self.memory = memory
    }

    // MARK: Bob

    mutating func bobSends(_ data: JSONValue) -> [ServerMessage] {
        self.bobsLast += 1
        let signal = RelayedSignal(
            from: Self.bob,
            n: self.bobsLast,
            floor: self.mailbox.first?.n ?? self.bobsLast,
            payload: .signal(data: data)
        )
        self.mailbox.append(signal)
        return [.signal(signal)]
    }

    mutating func bobShows(_ isShown: Bool) -> [ServerMessage] {
        [.events(self.append(Self.media(of: Self.bob, ["screen": .bool(isShown)])))]
    }

    // MARK: The client

    mutating func opened(_ line: LineID) { self.line = line }
    mutating func closed(_ line: LineID) { if self.line == line { self.line = nil } }

    mutating func receive(_ message: ClientMessage) -> [ServerMessage] {
        switch message {
        case .hello(let hello): return self.hello(hello)
        case .join(let join): return self.join(join)
        case .media(let media):
            return self.command(media.id) { $0.change(media) }
        case .leave(let leave):
            return self.command(leave.id) { _ in .value(["type": "left", "participant": .string(Self.ada.description)])
            }
        case .signal(let signal): return self.signal(signal)
        case .beat(let beat):
            self.acknowledge(beat.acknowledged)
            return []
        case .resync: return [self.snapshot(events: [])]
        case .meeting, .pulse, .networkChanged, .authenticate, .chat, .chatHistory, .roster, .watch: return []
        }
    }

    private mutating func hello(_ hello: Hello) -> [ServerMessage] {
        let isSame = hello.resume?.session == Self.session
        // The one before is good as well: a welcome may be lost.
        let secrets = [self.secret, self.secret - 1].map { "secret \($0)" }
        guard !isSame || secrets.contains(hello.resume?.secret ?? "") else { return [] }
        self.secret += 1
        let welcome = Welcome(
            session: Self.session,
            identity: IdentityID(high: 4, low: 1),
            resumed: isSame,
            resumeSecret: "secret \(self.secret)",
            limits: Limits(),
            features: ["resume", "resync", "network-changed"],
            iceServers: .array([]),
            time: Instant(milliseconds: 0)
        )
        guard let resume = hello.resume else { return [.welcome(welcome)] }
        self.acknowledge(resume.received)
        return [.welcome(welcome)] + self.missed(resume) + self.mailbox.map { .signal($0) }
            + [self.watermark]
    }

    private mutating func missed(_ resume: Hello.Resume) -> [ServerMessage] {
        guard self.isJoined else { return [] }
        if self.memory == .losesCommands, let undo = self.undo.take() {
            (self.state, self.lastCommand) = undo
            self.log = []
            self.position = Position(
                generation: self.position.generation + 1,
                sequence: self.position.sequence + 1,
                uid: self.position.uid + 100
            )
        }
        guard let at = resume.rooms?.first?.at, self.memory == .replays else { return [self.snapshot(events: [])] }
        if at == self.position { return [] }
        guard let index = self.log.firstIndex(where: { $0.after == at }) else { return [self.snapshot(events: [])] }
        return self.log[index...].map { .events($0) }
    }

    private mutating func join(_ join: JoinCommand) -> [ServerMessage] {
        guard !self.isJoined else { return [] }
        self.isJoined = true
        self.lastCommand = 1
        return [self.snapshot(events: [["type": "joined", "participant": .string(Self.ada.description)]])]
    }

    private enum Change {
        case value(JSONValue)
        case nothing
    }

    private mutating func command(_ id: UInt64, _ change: (ModelServer) -> Change) -> [ServerMessage] {
        var rejected = RejectedMessage(code: "no-change", message: "")
        rejected.of = "media"
        rejected.room = Self.room.description
        rejected.id = id
        guard id <= self.lastCommand + 1 else {
            rejected.code = "command-gap"
            rejected.expected = self.lastCommand + 1
            return [.rejected(rejected)]
        }
        // Decided before: its event was in the stream, or it is refused once more.
        guard id == self.lastCommand + 1 else { return self.refused.contains(id) ? [.rejected(rejected)] : [] }
        self.undo = (self.state, self.lastCommand)
        self.lastCommand = id
        guard case .value(.object(var event)) = change(self) else {
            self.refused.insert(id)
            return [.rejected(rejected)]
        }
        event.append("by", .string(Self.ada.description))
        event.append("id", .integer(Int64(id)))
        return [.events(self.append(.object(event)))]
    }

    private func change(_ media: MediaCommand) -> Change {
        let held = self.state["people"]?[Self.ada.description]?["media"]
        let wanted: [(String, Bool?)] = [("audio", media.audio), ("video", media.video), ("screen", media.screen)]
        var object = JSONObject()
        for (name, value) in wanted {
            if let value, held?[name] != .bool(value) { object.append(name, .bool(value)) }
        }
        return object.isEmpty ? .nothing : .value(Self.media(of: Self.ada, .object(object)))
    }

    private mutating func signal(_ signal: OutboundSignal) -> [ServerMessage] {
        guard case .signal(let data) = signal.payload, signal.n <= UInt64(self.delivered.count) + 1 else {
            var rejected = RejectedMessage(code: "signal-gap", message: "")
            rejected.to = signal.to.description
            rejected.n = signal.n
            rejected.expected = UInt64(self.delivered.count) + 1
            return [.rejected(rejected)]
        }
        guard signal.n == UInt64(self.delivered.count) + 1 else { return [] }
        self.delivered.append(data)
        return [self.watermark]
    }

    /// Bob acknowledges at once.
    private var watermark: ServerMessage {
        let mark = Watermark(participant: Self.bob, n: UInt64(self.delivered.count))
        return .beat(ServerBeat(time: Instant(milliseconds: 0), delivered: self.delivered.isEmpty ? [] : [mark]))
    }

    private mutating func acknowledge(_ marks: [Watermark]) {
        for mark in marks { self.mailbox.removeAll { $0.n <= mark.n } }
    }

    // MARK: The log

    private mutating func append(_ event: JSONValue) -> EventsMessage {
        let after = self.position
        self.position = Position(generation: after.generation, sequence: after.sequence + 1, uid: after.uid + 1)
        if let patch = event["patch"] { MergePatch.fold(patch, into: &self.state) }
        let message = EventsMessage(room: Self.room, at: self.position, after: after, events: [event])
        self.log.append(message)
        return message
    }

    private func snapshot(events: [JSONValue]) -> ServerMessage {
        .snapshot(
            Snapshot(
                room: Self.room,
                participant: Self.ada,
                at: self.position,
                state: self.state,
                hash: StateHash(of: self.state),
                lastCommand: self.lastCommand,
                events: events
            )
        )
    }

    private static func media(of participant: ParticipantID, _ media: JSONValue) -> JSONValue {
        [
            "type": "media-changed", "participant": .string(participant.description),
            "patch": .object(["people": .object(JSONObject(participant.description, ["media": media]))]),
        ]
    }

    private static var emptyState: JSONValue {
        let off: JSONValue = ["media": ["audio": false, "video": false, "screen": false]]
        var people = JSONObject(self.ada.description, off)
        people.append(self.bob.description, off)
        return .object(["room": ["alias": "blue-fox"], "people": .object(people)])
    }
}

extension JSONObject {
    init(_ name: String, _ value: JSONValue) {
        self.init()
        self.append(name, value)
    }
}
