import ParleyClient
import ParleyProtocol

/// A client and a ``ModelServer``, frame by frame, with a line that is cut where the test says.
struct Conversation {
    /// What can be told apart from outside.
    struct Outcome: Hashable {
        /// Of each request, in the order of their numbers.
        var requests: [UInt64: String] = [:]
        /// What Ada's own commands brought about, in order.
        var events: [String] = []
        var signals: [JSONValue] = []
        /// What Bob got.
        var delivered: [JSONValue] = []
        /// The number of Ada's last signal that is known to be delivered.
        var deliveredUpTo: UInt64 = 0
        var isStateEqual = false
        var state: JSONValue?
    }

    enum Step {
        case join
        case media(audio: Bool?, video: Bool?)
        case send(JSONValue)
        case bobSends(JSONValue)
        case bobShows(Bool)
    }

    private enum Frame {
        case up(ClientMessage)
        case down(ServerMessage)
    }

    private var client = ClientStateMachine(ClientSetup())
    private var server: ModelServer
    /// In flight, oldest first in each direction; they take turns.
    private var frames: [Frame] = []
    private var line: UInt64?
    private var time = Duration.zero
    private var alarms: [Duration] = []
    private var lastRequest: UInt64 = 0
    private var cuts: [Int]
    private(set) var frameCount = 0
    private(set) var outcome = Outcome()
    private(set) var lossCount = 0

    /// - Parameter cuts: the line is cut behind so many frames, each counted from the start.
    init(_ memory: ModelServer.Memory, cuts: [Int] = []) {
        self.server = ModelServer(memory)
        self.cuts = cuts
    }

    static func run(_ steps: [Step], _ memory: ModelServer.Memory, cuts: [Int] = []) -> Conversation {
        var conversation = Conversation(memory, cuts: cuts)
        conversation.perform { $0.start($1, &$2) }
        conversation.settle { $0.client.replica(of: ModelServer.room) == nil && $0.client.session == nil }
        for step in steps { conversation.take(step) }
        conversation.settle { $0.isUnfinished }
        conversation.finish()
        return conversation
    }

    // MARK: Steps

    private mutating func take(_ step: Step) {
        switch step {
        case .join:
            let request = self.nextRequest()
            self.perform { client, _, effects in
                client.join(ModelServer.name, name: nil, devices: nil, request: request, &effects)
            }
            // Whoever asks for more has to know the room.
            self.settle { $0.outcome.requests[request] == nil }
        case .media(let audio, let video):
            let request = self.nextRequest()
            self.perform {
                $0.command(.media(.init(audio: audio, video: video)), in: ModelServer.room, request: request, &$2)
            }
        case .send(let data):
            self.perform { client, _, effects in
                _ = client.signal(.signal(data: data), to: ModelServer.bob, negotiation: nil, &effects)
            }
        case .bobSends(let data): self.down(self.server.bobSends(data))
        case .bobShows(let isShown): self.down(self.server.bobShows(isShown))
        }
        // What is in flight stays there when somebody does something: one frame moves for each step.
        self.move()
    }

    private mutating func nextRequest() -> UInt64 {
        self.lastRequest += 1
        return self.lastRequest
    }

    private var isUnfinished: Bool {
        self.line == nil || self.outcome.requests.count < Int(self.lastRequest)
            || self.server.line == nil || self.outcome.deliveredUpTo < UInt64(self.server.delivered.count)
    }

    // MARK: The line

    private mutating func down(_ messages: [ServerMessage]) {
        guard self.server.line != nil, self.server.line == self.line else { return }
        self.frames += messages.map { .down($0) }
    }

    /// One frame arrives, or is lost with the line.
    private mutating func move() {
        guard !self.frames.isEmpty else { return }
        let frame = self.frames.removeFirst()
        self.frameCount += 1
        switch frame {
        case .up(let message): self.down(self.server.receive(message))
        case .down(let message):
            if let line = self.line { self.perform { $0.received(message, on: line, $1, &$2) } }
        }
        guard let cut = self.cuts.first, self.frameCount >= cut, let line = self.line else { return }
        self.cuts.removeFirst()
        self.lossCount += 1
        self.hangUp(line)
        self.perform { $0.ended(line, .closed(code: nil), isFinal: false, $1, &$2) }
    }

    private mutating func hangUp(_ line: UInt64) {
        guard line == self.line else { return }
        self.line = nil
        self.frames = []
        self.server.closed(line)
    }

    /// Frames, and then time, until `isWaiting` is false and nothing is in flight.
    private mutating func settle(while isWaiting: (Conversation) -> Bool) {
        for _ in 0..<1_000 {
            if !self.frames.isEmpty {
                self.move()
            } else if isWaiting(self), let next = self.alarms.min() {
                self.time = max(self.time, next)
                self.alarms.removeAll { $0 <= self.time }
                self.perform { $0.tick($1, &$2) }
            } else {
                return
            }
        }
    }

    private mutating func perform(_ step: (inout ClientStateMachine, Moment, inout [ClientStateMachine.Effect]) -> Void)
    {
        var effects: [ClientStateMachine.Effect] = []
        step(&self.client, Moment(time: self.time, chance: 0.5), &effects)
        for effect in effects { self.perform(effect) }
    }

    private mutating func perform(_ effect: ClientStateMachine.Effect) {
        switch effect {
        case .open(let line, _):
            self.line = line
            self.frames = []
            self.server.opened(line)
            self.perform { $0.opened(line, $1, &$2) }
        case .send(let line, let message):
            if line == self.line { self.frames.append(.up(message)) }
        case .drop(let line), .goodbye(let line): self.hangUp(line)
        case .joined(let request, _), .succeeded(let request): self.note(request, "done")
        case .failed(let request, let error): self.note(request, "\(error)")
        case .tell(let event): self.note(event)
        case .wake(let time): self.alarms.append(time)
        case .watch, .expect, .welcomed, .said, .read, .watched: break
        case .ended(let error): self.outcome.events.append("ended: \(error)")
        }
    }

    // MARK: What came of it

    private mutating func note(_ request: UInt64, _ result: String) {
        // Told twice is told wrong.
        let before = self.outcome.requests[request]
        self.outcome.requests[request] = before.map { "\($0), \(result)" } ?? result
    }

    private mutating func note(_ event: ClientEvent) {
        switch event {
        case .signal(let signal):
            if case .signal(let data) = signal.payload { self.outcome.signals.append(data) }
        case .delivered(_, let n): self.outcome.deliveredUpTo = n
        case .room(let notice, _):
            self.outcome.events.append("\(notice.type) \(notice.json["id"]?.integer ?? 0)")
        case .reconnecting, .resumed, .resynced: break
        case .undelivered, .rejected, .postponed, .renewed, .rejoined, .closed, .disagreed, .leavingServer,
            .degraded, .iceServers, .restarter, .authenticated, .tokenExpiring, .tokenExpired, .chat, .roster, .pulse,
            .presence, .incoming, .incomingEnded, .moved, .ended:
            self.outcome.events.append("unexpected \(event)")
        }
    }

    private mutating func finish() {
        let replica = self.client.replica(of: ModelServer.room)
        self.outcome.state = replica?.state
        self.outcome.isStateEqual = replica?.state == self.server.state
        self.outcome.delivered = self.server.delivered
    }
}
