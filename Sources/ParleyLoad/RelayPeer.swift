import NIOCore
import ParleyProtocol
import ParleyTransport

/// One side of a pair. Confined to its loop, like everything that it calls.
final class RelayPeer: WebSocketDelegate {
    private let room: RoomReference
    private let name: DisplayName?
    private let lane: RelayLane
    private(set) var id: ParticipantID?
    private(set) var peer: RelayPeer?
    private var connection: WebSocketConnection?
    private var text: SignalText?
    private var isEnding = false

    private(set) var sent: UInt64 = 0
    /// Of what this one has sent, so much has arrived at the other.
    private(set) var arrived: UInt64 = 0
    private var delivered: UInt64 = 0
    private var received: UInt64 = 0
    private var acknowledged: UInt64 = 0
    /// Behind ``received``, and not there.
    private(set) var missing: Set<UInt64> = []
    /// Beyond that they are lost at once.
    private static let missingMax = 4_096
    /// Nanoseconds at which the signals that are under way should have left, by number.
    private var dueTimes: [UInt64]
    /// When the next one is due, with a rate.
    private var nextDue: Double = 0

    init(lane: RelayLane, room: RoomReference, name: DisplayName?) {
        self.lane = lane
        self.room = room
        self.name = name
        self.dueTimes = Array(repeating: 0, count: lane.plan.window)
    }

    private var title: String { self.name?.text ?? "Somebody" }

    func meet(_ peer: RelayPeer) { self.peer = peer }

    // MARK: Coming and going

    func begin(_ connection: WebSocketConnection) {
        self.connection = connection
        var hello = Hello()
        hello.clientName = "parley-load"
        hello.token = self.lane.server.token
        hello.join = JoinCommand(id: 1, room: self.room, name: self.name)
        self.say(.hello(hello))
    }

    private func say(_ message: ClientMessage) {
        var bytes: [UInt8] = []
        message.encode(into: &bytes)
        bytes.withUnsafeBytes { self.connection?.sendText($0) }
    }

    /// What comes from now on is no fault.
    func end() {
        self.isEnding = true
        self.connection?.close(code: 1000)
    }

    func connectionClosed(_ connection: WebSocketConnection, code: UInt16?, end: WebSocketEnd) {
        self.connection = nil
        guard !self.isEnding else { return }
        self.lane.fault("\(self.title) lost its connection (\(code.map(String.init) ?? "without a code")).")
    }

    // MARK: Sending

    /// Everybody is there.
    ///
    /// - Parameter share: 0 to 1: how far into its first pause this one begins, so that not all send at once.
    func start(at now: UInt64, share: Double) {
        guard let peer = self.peer?.id else { return }
        self.text = SignalText(to: peer, bytes: self.lane.plan.bytes)
        self.nextDue = Double(now) + share * (self.lane.pauseNanoseconds ?? 0)
        self.sendWhatIsDue(at: now)
    }

    func sendWhatIsDue(at now: UInt64) {
        guard self.lane.isSending, let text = self.text, let connection = self.connection else { return }
        while self.sent - self.arrived < UInt64(self.dueTimes.count) {
            var due = now
            if let pause = self.lane.pauseNanoseconds {
                guard self.nextDue <= Double(now) else { return }
                due = UInt64(self.nextDue)
                self.nextDue += pause
            }
            self.sent += 1
            self.dueTimes[Int(self.sent % UInt64(self.dueTimes.count))] = due
            let (n, floor) = (self.sent, self.delivered + 1)
            connection.sendText(length: text.length(n, floor: floor)) { text.write(n, floor: floor, to: $0) }
        }
    }

    // MARK: Receiving

    func connection(_ connection: WebSocketConnection, received text: UnsafeRawBufferPointer) {
        switch ServerWord(text) {
        case .signal: self.receiveSignal(text)
        case .snapshot, .beat, .rejected: self.receiveRarely(text)
        case .other: break
        case .unusual: self.lane.fault("\(self.title) was told something that no Parley server says.")
        }
    }

    func connectionReadComplete(_ connection: WebSocketConnection) {
        if self.received - self.acknowledged >= RelayLane.acknowledgeAfter { self.acknowledge() }
    }

    func acknowledge() {
        guard self.received > self.acknowledged, let peer = self.peer?.id else { return }
        self.acknowledged = self.received
        self.say(.beat(ClientBeat(acknowledged: [Watermark(participant: peer, n: self.received)])))
    }

    private func receiveSignal(_ text: UnsafeRawBufferPointer) {
        guard let signal = ArrivedSignal(text) else { return self.lane.fault("A signal has no number.") }
        if !signal.isWhole { self.lane.verdict.altered += 1 }
        guard signal.n > self.received else {
            if self.missing.remove(signal.n) == nil {
                self.lane.verdict.twice += 1
            } else {
                self.lane.verdict.disordered += 1
            }
            return
        }
        for number in (self.received + 1)..<signal.n { self.miss(number) }
        self.received = signal.n
        self.peer?.hasArrived(signal.n)
    }

    /// It is lost, unless it comes yet.
    private func miss(_ number: UInt64) {
        if self.missing.count < Self.missingMax {
            self.missing.insert(number)
        } else {
            self.lane.verdict.lost += 1
        }
    }

    private func hasArrived(_ n: UInt64) {
        let now = NIODeadline.now().uptimeNanoseconds
        self.lane.record(nanoseconds: now - self.dueTimes[Int(n % UInt64(self.dueTimes.count))])
        self.arrived = n
        self.sendWhatIsDue(at: now)
    }

    private func receiveRarely(_ text: UnsafeRawBufferPointer) {
        guard let value = try? JSONParser.parse(text), let message = try? ServerMessage.decode(value) else {
            return self.lane.fault("\(self.title) was told what cannot be read.")
        }
        if case .snapshot(let snapshot) = message, self.id == nil {
            self.id = snapshot.participant
            self.lane.hasJoined()
        } else if case .rejected(let rejection) = message {
            self.lane.fault("\(self.title) was refused: \(rejection.code)")
        } else if case .beat(let beat) = message, let peer = self.peer?.id {
            for watermark in beat.delivered where watermark.participant == peer {
                self.delivered = max(self.delivered, watermark.n)
            }
        }
    }
}

/// What a message of a server is, by its first bytes: a Parley server writes `type` first, and no spaces.
enum ServerWord {
    case signal, snapshot, beat, rejected, other, unusual

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
            case (UInt8(ascii: "b"), _): .beat
            case (UInt8(ascii: "r"), UInt8(ascii: "e")): .rejected
            default: .other
            }
    }
}
