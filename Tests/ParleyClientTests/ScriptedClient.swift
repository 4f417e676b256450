import ParleyClient
import ParleyProtocol

/// A client's machine, and what a script lets it hear. Its rooms have Ada, who is the client, and Bob.
struct ScriptedClient {
    typealias Effect = ClientStateMachine.Effect

    static let ada = ParticipantID(high: 2, low: 1)
    static let bob = ParticipantID(high: 2, low: 2)

    private(set) var machine: ClientStateMachine
    /// The socket that was opened last.
    private(set) var line: UInt64 = 0
    private var time = Duration.zero

    init(_ setup: ClientSetup = ClientSetup(endpoints: 2)) {
        self.machine = ClientStateMachine(setup)
    }

    mutating func take(
        _ step: (inout ClientStateMachine, Moment, inout [Effect]) -> Void
    ) -> [Effect] {
        var effects: [Effect] = []
        step(&self.machine, Moment(time: self.time, chance: 0), &effects)
        for case .open(let line, _) in effects { self.line = line }
        return effects
    }

    mutating func hear(_ message: ServerMessage) -> [Effect] {
        let line = self.line
        return self.take { $0.received(message, on: line, $1, &$2) }
    }

    /// Time passes.
    mutating func pass(_ duration: Duration) -> [Effect] {
        self.time += duration
        return self.take { $0.tick($1, &$2) }
    }

    /// The first connection, up to and with the welcome.
    mutating func start(features: [String] = []) -> [Effect] {
        _ = self.take { $0.start($1, &$2) }
        return self.open() + self.welcome(session: 1, resumed: false, features: features)
    }

    mutating func open() -> [Effect] {
        let line = self.line
        return self.take { $0.opened(line, $1, &$2) }
    }

    mutating func lose(_ error: ClientError = .closed(code: nil)) -> [Effect] {
        let line = self.line
        return self.take { $0.ended(line, error, isFinal: false, $1, &$2) }
    }

    /// Lost, and another connection is open and has said hello.
    mutating func reopen() -> [Effect] {
        self.lose() + self.pass(.zero) + self.open()
    }

    mutating func welcome(
        session: UInt64,
        resumed: Bool,
        features: [String] = [],
        selves: [Welcome.Place] = [],
        endpoints: [String] = []
    ) -> [Effect] {
        var welcome = Welcome(
            session: SessionID(high: 3, low: session),
            identity: IdentityID(high: 4, low: 1),
            resumed: resumed,
            resumeSecret: "secret",
            limits: Limits(),
            features: features,
            iceServers: .array([]),
            time: Instant(milliseconds: 0)
        )
        welcome.selves = selves
        welcome.endpoints = endpoints
        return self.hear(.welcome(welcome))
    }

    /// In that room, with that number; request 1 asks for the first one.
    mutating func join(_ room: UInt64 = 1) -> [Effect] {
        self.take { client, _, effects in
            client.join(.id(Self.room(room)), name: nil, devices: nil, request: room, &effects)
        } + self.hear(Self.snapshot(room))
    }

    // MARK: What servers say

    static func room(_ number: UInt64) -> RoomID { RoomID(high: 1, low: number) }

    static func at(_ sequence: UInt64) -> Position { Position(generation: 1, sequence: sequence, uid: sequence) }

    static func snapshot(
        _ number: UInt64 = 1,
        self participant: ParticipantID = Self.ada,
        sequence: UInt64 = 1,
        hash: StateHash? = nil,
        listsBob: Bool = true,
        audience: Int64 = 0,
        lastCommand: UInt64? = nil
    ) -> ServerMessage {
        let off: JSONValue = ["media": ["audio": false, "video": false, "screen": false]]
        var people: JSONObject = [participant.description: off]
        if listsBob { people.append(Self.bob.description, off) }
        var members: JSONObject = ["room": ["lifecycle": "open"], "people": .object(people)]
        if audience > 0 { members.append("audience", ["count": .integer(audience)]) }
        let state = JSONValue.object(members)
        return .snapshot(
            Snapshot(
                room: Self.room(number),
                participant: participant,
                at: Self.at(sequence),
                state: state,
                hash: hash ?? StateHash(of: state),
                lastCommand: lastCommand,
                events: []
            )
        )
    }

    /// The frame from `sequence - 1` to `sequence`.
    static func event(_ sequence: UInt64, _ event: JSONValue, room: UInt64 = 1) -> ServerMessage {
        .events(
            EventsMessage(room: Self.room(room), at: Self.at(sequence), after: Self.at(sequence - 1), events: [event])
        )
    }

    static func signal(_ n: UInt64) -> ServerMessage {
        .signal(RelayedSignal(from: Self.bob, n: n, floor: 1, payload: .signal(data: true)))
    }

    static func rejected(_ of: String, _ code: RejectionCode, room: UInt64 = 1, id: UInt64? = nil) -> ServerMessage {
        var rejected = RejectedMessage(code: code.rawValue, message: code.message)
        rejected.of = of
        rejected.room = Self.room(room).description
        rejected.id = id
        return .rejected(rejected)
    }
}

extension [ClientStateMachine.Effect] {
    /// What goes out.
    var sent: [ClientMessage] {
        self.compactMap { if case .send(_, let message) = $0 { message } else { nil } }
    }

    var told: [ClientEvent] {
        self.compactMap { if case .tell(let event) = $0 { event } else { nil } }
    }

    var hello: Hello? {
        self.sent.lazy.compactMap { if case .hello(let hello) = $0 { hello } else { nil } }.first
    }
}
