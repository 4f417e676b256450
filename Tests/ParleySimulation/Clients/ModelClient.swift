import NIOCore
import ParleyProtocol
import ParleyTransport

/// One person's program: a small implementation of docs/PROTOCOL.md that shares nothing with the server but JSON, the
/// hash and the WebSocket codec, and that tells the journal what it does and sees.
///
/// ```
///  idle --back-off--> connecting --101--> greeting --welcome--> live
///   ^                     |                  |                    |
///   +---------------------+------ socket over, or silence --------+
/// ```
final class ModelClient {
    enum Phase {
        case idle
        case connecting
        case greeting
        case live
        /// It has said goodbye and does not come back.
        case gone
    }

    /// What a page keeps over a reload.
    struct Credentials {
        let session: String
        let secret: String
        let identity: String
    }

    let number: Int
    let loop: SimulatedEventLoop
    let journal: Journal
    var dice: Dice
    let transport: TransportLoop
    let findNode: (ModelClient) -> SimulatedNode?

    private(set) var phase = Phase.idle
    private(set) var channel: VirtualChannel?
    private(set) var connection: WebSocketConnection?
    private(set) var node: SimulatedNode?
    private var attempts = 0
    /// Connections that it has begun for its session, also those that failed.
    var sessionAttempts = 1
    /// Names each attempt: what comes of an earlier one is ignored.
    private var attempt = 0
    private var lastHeard: NIODeadline
    private(set) var isReading = true

    var credentials: Credentials?
    /// Whether it knows what it knew when it had those credentials.
    var hasMemory = false
    /// What a mutant leaves out.
    let resubmits: Bool
    /// Everybody that it has been.
    private var selves: Set<String> = []
    /// By room id, in the order in which they were joined.
    var rooms: [ClientRoom] = []
    /// The aliases that it wants to be in.
    var wishes: Set<String> = []
    /// Joins whose outcome is not known.
    var joining: Set<String> = []
    /// The connection that takes over when it has the session; the first one works meanwhile.
    var second: SecondConnection?
    /// Another device of the same person, which has begun before this one.
    weak var twin: ModelClient?
    /// What the room shall do about several devices of a person, if this client creates it.
    var deviceRule: String?
    /// A second connection has said hello, so that a server may have taken the session from the first.
    var hasRival = false
    /// Names the newest `goaway` that holds; `nil` if none does.
    var goaway: Int?
    var goaways = 0
    /// By room: where it stood when the second connection took over, which tells some of that again.
    var toldBefore: [String: ClientPosition] = [:]
    /// By room: whose snapshot it waits for, having doubted.
    var doubts: Set<String> = []
    var acknowledgesNothing = false
    var isAcknowledgementScheduled = false
    var unacknowledged = 0

    init(
        number: Int,
        loop: SimulatedEventLoop,
        journal: Journal,
        seed: UInt64,
        mechanisms: Mechanisms,
        findNode: @escaping (ModelClient) -> SimulatedNode?
    ) {
        self.number = number
        self.loop = loop
        self.journal = journal
        self.dice = Dice(seed: seed &+ UInt64(number) << 32, "client")
        self.resubmits = mechanisms.contains(.resubmission)
        self.findNode = findNode
        var limits = TransportLimits()
        limits.upgradeTime = .seconds(3)
        limits.messageBytesMax = 32_768
        let masks = RandomSource.seeded(self.dice.next())
        self.transport = loop.enter { TransportLoop(eventLoop: loop, limits: limits, random: masks) }
        self.lastHeard = loop.now
        self.trouble()
    }

    var name: String { "client \(self.number)" }
    var isLive: Bool { self.phase == .live }

    /// Something happens that others may hear of as `interrupted`.
    func trouble() {
        self.journal.trouble(of: self.number)
    }

    // MARK: Connecting

    func start() {
        self.watchSilence()
        // Its page may have been loaded again before.
        if self.phase == .idle, self.attempt == 0 { self.scheduleAttempt() }
    }

    /// Full jitter; the first try comes soon.
    private func scheduleAttempt() {
        let most = min(250.0 * Double(1 << min(self.attempts, 6)), 5_000)
        self.attempts += 1
        self.attempt += 1
        let attempt = self.attempt
        self.later(self.dice.time(0...most)) { client in
            if client.phase == .idle, client.attempt == attempt { client.connect() }
        }
    }

    private func connect() {
        guard let node = self.findNode(self) else { return self.scheduleAttempt() }
        self.phase = .connecting
        self.sessionAttempts += 1
        self.node = node
        let attempt = self.attempt
        let channel = node.connect(from: self.loop)
        self.channel = channel
        let target = WebSocketClientConnection.Target(host: "localhost", port: 8080, subprotocols: ["parley.v1"])
        do {
            let done = try WebSocketClientConnection.shakeHands(on: channel, with: target, loop: self.transport) {
                if self.attempt == attempt { self.opened($0) } else { $0.closeNow() }
                return self
            }
            done.assumeIsolated().whenFailure { _ in
                if self.attempt == attempt, self.phase == .connecting { self.lost() }
            }
        } catch {
            self.lost()
        }
    }

    private func opened(_ connection: WebSocketConnection) {
        self.connection = connection
        self.phase = .greeting
        self.lastHeard = self.loop.now
        self.send(self.hello)
    }

    /// - Returns: whether it is that participant for the first time.
    func becomes(_ participant: String) -> Bool {
        self.selves.insert(participant).inserted
    }

    func welcomed() {
        self.hasRival = false
        self.phase = .live
        self.attempts = 0
    }

    /// The socket is over, or as good as over.
    func lost() {
        guard self.phase != .gone else { return }
        self.trouble()
        self.abandon()
        self.phase = .idle
        self.scheduleAttempt()
    }

    private func abandon() {
        self.dropSecond()
        self.connection?.closeNow()
        self.connection = nil
        self.channel?.close(promise: nil)
        self.channel = nil
        self.setReading(true)
        self.goaway = nil
        self.doubts = []
        self.toldBefore = [:]
    }

    /// Says goodbye, for good.
    func goodbye() {
        self.dropSecond()
        self.connection?.close(code: 1000)
        self.phase = .gone
    }

    /// A page is loaded again: all that is left is who it was.
    func reload() {
        guard self.phase != .gone else { return }
        self.dropSecond()
        if let connection = self.connection {
            connection.close(code: 1001)
        } else {
            self.channel?.close(promise: nil)
        }
        self.connection = nil
        self.channel = nil
        self.isReading = true
        self.journal.sessionOver(self)
        self.rooms = []
        self.joining = []
        self.doubts = []
        self.toldBefore = [:]
        self.goaway = nil
        self.hasMemory = false
        self.trouble()
        self.phase = .idle
        self.scheduleAttempt()
    }

    /// It is never heard of again.
    ///
    /// - Parameter code: what its browser still says, if anything.
    func vanish(code: UInt16?) {
        self.trouble()
        self.dropSecond()
        if let code { self.connection?.close(code: code) } else { self.abandon() }
        self.phase = .gone
    }

    /// The world is over.
    func dismantle() {
        self.phase = .gone
        self.second = nil
        self.connection = nil
        self.channel = nil
    }

    /// From here on the session is there.
    func take(_ second: SecondConnection, _ connection: WebSocketConnection, phase: Phase) {
        let first = (connection: self.connection, channel: self.channel)
        self.second = nil
        self.goaway = nil
        self.doubts = []
        self.toldBefore = [:]
        for room in self.rooms { self.toldBefore[room.id] = room.position }
        self.channel = second.channel
        self.node = second.node
        self.connection = connection
        self.isReading = true
        self.lastHeard = self.loop.now
        self.phase = phase
        // Nobody listens to it any more.
        first.connection?.closeNow()
        first.channel?.close(promise: nil)
    }

    private func watchSilence() {
        self.later(.milliseconds(500)) { client in
            switch client.phase {
            case .greeting, .live:
                // Two beats missed: the server's ping would have been heard.
                if client.loop.now - client.lastHeard > .milliseconds(4_500) { client.lost() }
            case .idle, .connecting, .gone: break
            }
            if client.phase != .gone { client.watchSilence() }
        }
    }

    // MARK: Faults

    /// - Returns: whether there was a wire to tear.
    func tear(_ tear: Network.Tear, in network: Network) -> Bool {
        guard let channel = self.channel else { return false }
        self.trouble()
        network.tear(channel, tear)
        return true
    }

    func setReading(_ isReading: Bool) {
        self.isReading = isReading
        self.channel?.setReading(isReading)
    }

    // MARK: Means

    func later(_ delay: TimeAmount, _ body: @escaping (ModelClient) -> Void) {
        self.loop.scheduler.schedule(in: delay, on: self.loop) { [weak self] in
            if let self { body(self) }
        }
    }

    func send(_ frame: JSONValue) {
        guard let connection = self.connection else { return }
        let bytes = frame.encoded
        self.journal.trace("\(self.name) > \(String(decoding: bytes, as: UTF8.self))")
        bytes.withUnsafeBytes { connection.sendText($0) }
    }
}

extension ModelClient: WebSocketDelegate {
    func connection(_ connection: WebSocketConnection, received text: UnsafeRawBufferPointer) {
        guard connection === self.connection else { return self.heardOnSecond(connection, text) }
        self.lastHeard = self.loop.now
        self.loop.scheduler.note(text)
        self.journal.trace("\(self.name) < \(String(decoding: text, as: UTF8.self))")
        guard let frame = try? JSONParser.parse(text, depthMax: 64) else {
            return self.journal.violate("\(self.name) was sent something that is no JSON")
        }
        self.handle(frame)
    }

    func connectionClosed(_ connection: WebSocketConnection, code: UInt16?, end: WebSocketEnd) {
        guard connection === self.connection else { return self.secondClosed(connection) }
        self.journal.trace("\(self.name) closed \(code.map(String.init) ?? "-") \(end)")
        if code == CloseCode.superseded.rawValue, let second = self.second, let next = second.connection {
            // By the second one, whose welcome is on its way.
            return self.take(second, next, phase: .greeting)
        }
        let isOurDoing = code == CloseCode.superseded.rawValue && self.hasRival
        if end == .peerClosed, let code, let known = CloseCode(rawValue: code), !known.isRetryable, !isOurDoing {
            self.journal.violate("\(self.name) was thrown out: \(code)")
        }
        self.lost()
    }
}
