import NIOCore
import ParleyProtocol
import ParleyTransport

/// One client of a load, with its connection. Confined to its loop, like everything that it calls.
final class LoadPeer: WebSocketDelegate {
    let lane: LoadLane
    private let crew: any LoadCrew
    /// Among those of its crew.
    let index: Int
    let title: String
    var client: LoadClient
    var room: RoomReference?
    /// To which of the servers it goes.
    var endpoint = 0
    private(set) var connection: WebSocketConnection?
    private var isEnding = false
    /// Frames of its room are the same for all of them.
    var frames: LoadLane.Frames?

    // Nanoseconds; 0: not yet.
    /// When it was to come.
    var due: UInt64 = 0
    private(set) var began: UInt64 = 0
    private(set) var opened: UInt64 = 0
    private(set) var welcomed: UInt64 = 0

    init(_ crew: any LoadCrew, index: Int, title: String, room: RoomReference?) {
        self.lane = crew.lane
        self.crew = crew
        self.index = index
        self.title = title
        self.room = room
        let name = try? DisplayName(title, bytesMax: 128)
        self.client = LoadClient(name: name ?? nil, token: crew.lane.server.token)
    }

    var participant: ParticipantID? { self.client.participant }

    var isConnected: Bool { self.connection != nil }

    // MARK: Coming and going

    /// With the session that it has, if any.
    func connect() {
        self.began = self.lane.now
        self.isEnding = false
        let bound = NIOLoopBound(self, eventLoop: self.lane.eventLoop)
        let server = self.lane.server
        let target = server.target(self.endpoint, isReturn: self.client.session != nil)
        WebSocketClientConnection.connect(to: target, on: self.lane.transport) { connection in
            bound.value.begin(connection)
            return bound.value
        }.whenFailure { error in
            bound.value.lose { ConnectFault.words(of: error) }
        }
    }

    private func begin(_ connection: WebSocketConnection) {
        self.connection = connection
        self.opened = self.lane.now
        self.say(self.client.hello(joining: self.client.session == nil ? self.room : nil))
    }

    func say(_ message: ClientMessage) {
        var bytes: [UInt8] = []
        message.encode(into: &bytes)
        bytes.withUnsafeBytes { self.connection?.sendText($0) }
    }

    func acknowledge() {
        if let message = self.client.acknowledgement() { self.say(message) }
    }

    /// The network is gone, without a word.
    func cut() {
        self.isEnding = true
        self.connection?.closeNow()
        self.connection = nil
    }

    /// For good. What comes from now on is no fault.
    func end() {
        self.isEnding = true
        self.connection?.close(code: 1000)
    }

    func connectionClosed(_ connection: WebSocketConnection, code: UInt16?, end: WebSocketEnd) {
        guard self.connection === connection else { return }
        self.connection = nil
        guard !self.isEnding else { return }
        let words = code.map { CloseCode(rawValue: $0).map { "\($0.rawValue), \($0)" } ?? "\($0)" }
        self.lose { "\(self.title) lost its connection (\(words ?? "without a code"))." }
    }

    private func lose(_ words: () -> String) {
        if !self.crew.peerMayBeLost(self) { self.lane.fault(words()) }
        self.crew.peerIsGone(self)
    }

    // MARK: Hearing

    func connection(_ connection: WebSocketConnection, received text: UnsafeRawBufferPointer) {
        guard self.connection === connection else { return }
        switch ServerWord(text) {
        case .signal where self.crew.readsSignals:
            self.lane.heard += 1
            self.crew.peer(self, signal: text)
        case .events where !self.crew.takesMessages:
            guard let frame = self.lane.frame(text, self.frames) else { return self.faultUnreadable() }
            self.tell(self.client.hear(frame, &self.lane.verdict))
        case .snapshot where !self.crew.takesMessages && self.frames != nil:
            guard let (snapshot, hash) = self.frames?.states.snapshot(text) else { return self.faultUnreadable() }
            self.tell(self.client.hear(snapshot, hash: hash, &self.lane.verdict))
        case .signal, .events, .snapshot, .other: self.hear(text)
        case .unusual: self.lane.fault("\(self.title) was told something that no Parley server says.")
        }
    }

    func connectionReadComplete(_ connection: WebSocketConnection) { self.crew.peerHasRead(self) }

    private func faultUnreadable() { self.lane.fault("\(self.title) was told what cannot be read.") }

    private func hear(_ text: UnsafeRawBufferPointer) {
        guard let value = try? JSONParser.parse(text), let message = try? ServerMessage.decode(value)
        else {
            return self.faultUnreadable()
        }
        if self.crew.takesMessages, self.crew.peer(self, takes: message) { return }
        self.tell(self.client.hear(message, &self.lane.verdict))
    }

    private func tell(_ news: LoadClient.News) {
        switch news {
        case .nothing: return
        case .welcomed: self.welcomed = self.lane.now
        case .rejected(let rejection):
            if self.crew.peer(self, mayBeRefused: rejection) { return }
            self.lane.fault("\(self.title) was refused: \(rejection.code)\(Self.advice(rejection))")
        case .sessionLost(let why):
            self.lane.fault(
                "\(self.title) did not get its session back: \(why.map(\.rawValue) ?? "for no reason")"
            )
        case .entered, .snapshot, .frames, .signal, .chat: self.lane.heard += 1
        case .beat: break
        }
        self.crew.peer(self, heard: news)
    }

    /// Which number of the server stands behind a refusal (docs/LIMITS.md).
    private static func advice(_ rejection: RejectedMessage) -> String {
        switch rejection.knownCode {
        case .rateLimited?:
            " (--messages-per-second and --message-burst of the server; chat: 5 a second; rings: 20, then 1 in 3 s)"
        case .roomFull?: " (--room-capacity of the server)"
        case .busy?: " (1,000 commands a second in one room)"
        case .mailboxFull?: " (--unacknowledged-signals of the server)"
        case .tokenRequired?: " (--token-file or PARLEY_LOAD_TOKEN)"
        case .notPermitted?: " (the token, or a room for more people than its stage holds: --stage-max of the server)"
        case .unknownRoom?: " (a token for a load needs the grant \"create\" and \"room\": \"*\")"
        case .serverFull?, .tooManyRooms?: " (docs/LIMITS.md)"
        default: ""
        }
    }
}

/// What a message of a server is, by its first bytes: a Parley server writes `type` first, and no spaces.
enum ServerWord {
    case signal, events, snapshot, other, unusual

    private static let head = Array("{\"type\":\"".utf8)

    init(_ text: UnsafeRawBufferPointer) {
        let start = Self.head.count
        guard text.count > start + 4, text[..<start].elementsEqual(Self.head) else {
            self = .unusual
            return
        }
        self =
            switch (text[start], text[start + 1]) {
            case (UInt8(ascii: "s"), UInt8(ascii: "i")): .signal
            case (UInt8(ascii: "s"), UInt8(ascii: "n")): .snapshot
            case (UInt8(ascii: "e"), UInt8(ascii: "v")): .events
            default: .other
            }
    }
}
