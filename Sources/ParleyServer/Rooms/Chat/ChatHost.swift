import Logging
import NIOCore
import ParleyEngine
import ParleyProtocol
import ParleyRooms
import ParleyTransport

/// One room's chat on this node: performs what ``ChatLogStateMachine`` decides, and tells the people of the room who
/// are here.
///
/// Beside the room, and begun when the first one writes or asks: a room without a chat has none. Confined to the
/// gateway's event loop. Everybody in the room is a number, the next message that they are to be told, so that nobody
/// waits for a slow reader and nothing is queued.
final class ChatHost {
    private let gateway: Gateway
    private let room: RoomID
    private let log: LogID
    /// `nil` once it is over.
    private var host: RoomHost?
    private var machine: ChatLogStateMachine
    private var subscription: Subscription?
    private var isFlushScheduled = false
    /// Questions that came before the log was read. At most `chatPendingMax`.
    private var questions: [(request: ChatHistoryRequest, seat: Seat)] = []
    /// Of the messages that are being told, so that each is encoded once for all.
    private var frames: [UInt64: ByteBuffer] = [:]

    init(_ host: RoomHost) {
        self.gateway = host.gateway
        self.room = host.id
        self.log = LogID(.chat, host.id.description)
        self.host = host
        self.machine = ChatLogStateMachine(limits: host.gateway.sharedLimits)
        self.subscribe()
    }

    // MARK: Input

    /// Whether that was said before: it costs nothing to say it again.
    func knows(_ cid: String, from seat: Seat) -> Bool { self.machine.knows(cid, from: seat.id) }

    func say(_ draft: ChatLogStateMachine.Draft) { self.perform { $0.submit(draft, &$1) } }

    func answer(_ request: ChatHistoryRequest, to seat: Seat) {
        guard self.machine.isLoaded else {
            guard self.questions.count < self.gateway.limits.chatPendingMax else {
                return self.gateway.refuse(.busy, request, seat.session, retryAfterMilliseconds: 1_000)
            }
            return self.questions.append((request, seat))
        }
        guard let host = self.host, let participant = host.room.participant(seat.id) else { return }
        guard let connection = seat.session.connection, connection.isWritable else {
            return self.gateway.refuse(.busy, request, seat.session, retryAfterMilliseconds: 1_000)
        }
        // Whoever may not read the history has read what was written since they came.
        let readsAll = host.room.permits(seat.id, .roster)
        let messages = self.machine.window.page(
            before: request.before,
            limit: request.limit,
            bytesMax: self.gateway.limits.chatPageBytesMax
        ) { $0.isVisible(to: seat.id) && (readsAll || $0.time >= participant.joinedAt) }
        let told = messages.map { $0.from == seat.id ? $0 : $0.forOthers }
        connection.send(.chatHistory(ChatHistory(room: self.room, messages: told)), counters: &self.gateway.counters)
    }

    /// Somebody else says that there is more than is known here; or it is time to ask.
    func check() {
        self.gateway.engine.heads([self.log], on: self.gateway.eventLoop).assumeIsolated().whenSuccess { tops in
            guard let top = tops.first else { return }
            self.perform { $0.receivedTop(top, &$1) }
        }
    }

    func close() {
        guard self.host != nil else { return }
        self.perform { $0.end(&$1) }
        self.host = nil
        self.questions = []
        self.unsubscribe()
    }

    private func perform(_ step: (inout ChatLogStateMachine, inout [ChatLogStateMachine.Effect]) -> Void) {
        var effects: [ChatLogStateMachine.Effect] = []
        step(&self.machine, &effects)
        for effect in effects { self.perform(effect) }
        guard self.machine.wantsAppend, !self.isFlushScheduled else { return }
        self.isFlushScheduled = true
        self.gateway.eventLoop.assumeIsolated().execute {
            self.isFlushScheduled = false
            let uid = self.gateway.makeEntryUID()
            self.perform { $0.flush(uid: uid, &$1) }
        }
    }

    // MARK: Effects

    private func perform(_ effect: ChatLogStateMachine.Effect) {
        switch effect {
        case .read(let position): self.read(after: position)
        case .append(let entry): self.append(entry)
        case .told: self.tellAll()
        case .again(let message):
            guard let seat = self.host?.seats[message.from] else { return }
            self.send(message, to: seat)
        case .refused(let draft, let code):
            guard let seat = self.host?.seats[draft.from] else { return }
            let wait: UInt64? = code == .busy || code == .engineUnavailable ? 1_000 : nil
            self.gateway.refuse(code, chat: draft.cid, in: self.room, seat.session, retryAfterMilliseconds: wait)
        case .scheduleRetry:
            self.gateway.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(250)) {
                self.perform { $0.retryTimerFired(&$1) }
            }
        case .writeSnapshot(let snapshot):
            _ = self.gateway.engine.writeSnapshot(
                LogSnapshot(position: snapshot.position, payload: snapshot.payload),
                keepFrom: snapshot.position.sequence,
                to: self.log,
                on: self.gateway.eventLoop
            )
        }
    }

    private func append(_ entry: ChatLogStateMachine.Entry) {
        let gateway = self.gateway
        gateway.engine.append(
            LogEntry(position: entry.position, after: entry.after, author: gateway.node, payload: entry.payload),
            to: self.log,
            retention: .milliseconds(Int64(gateway.limits.chatMilliseconds)),
            in: gateway.engine.incarnation,
            on: gateway.eventLoop
        ).assumeIsolated().whenComplete { result in
            let outcome = ChatLogStateMachine.AppendOutcome(result)
            self.perform { $0.appendCompleted(outcome, of: entry.position, &$1) }
            // Nodes that have nobody who writes may not hold the chat yet.
            if outcome == .appended { self.host?.publish(.chat) }
        }
    }

    private func read(after position: Position?) {
        let gateway = self.gateway
        gateway.engine.read(self.log, after: position, on: gateway.eventLoop).assumeIsolated().whenComplete { result in
            if case .success(let read) = result, let decoded = ChatLogStateMachine.Read(read) {
                self.perform { $0.readCompleted(decoded, &$1) }
                let questions = self.questions
                self.questions = []
                for (request, seat) in questions where seat.phase != .gone { self.answer(request, to: seat) }
            } else {
                if case .success = result {
                    gateway.logger.error("A room's chat cannot be read.", metadata: ["room": "\(self.room)"])
                }
                self.perform { $0.readFailed(&$1) }
            }
        }
    }

    // MARK: Hints

    /// Before the first read, so that nothing falls between.
    private func subscribe() {
        let gateway = self.gateway
        let bound = NIOLoopBound(self, eventLoop: gateway.eventLoop)
        gateway.engine.subscribe(to: self.log, as: gateway.node, on: gateway.eventLoop) { hint in
            bound.value.hear(hint)
        }.assumeIsolated().whenComplete { result in
            switch result {
            case .success(let subscription):
                self.subscription = subscription
                if self.host == nil { self.unsubscribe() }
                self.perform { $0.start(&$1) }
            case .failure:
                guard self.host != nil else { return }
                gateway.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(250)) { self.subscribe() }
            }
        }
    }

    private func unsubscribe() {
        guard let subscription = self.subscription else { return }
        self.subscription = nil
        _ = self.gateway.engine.unsubscribe(subscription, on: self.gateway.eventLoop)
    }

    private func hear(_ hint: LogHint) {
        switch hint {
        case .committed(let entry):
            // The own append's result says the same.
            guard entry.author != self.gateway.node, let decoded = ChatLogStateMachine.Entry(entry) else { return }
            self.perform { $0.received(decoded, &$1) }
        case .reseeded(let top), .retired(let top): self.perform { $0.receivedTop(top, &$1) }
        case .mail, .ephemeral: break
        }
    }

    // MARK: Telling

    private func tellAll() {
        for seat in self.host?.present ?? [] { self.tell(seat) }
        self.frames.removeAll(keepingCapacity: true)
    }

    /// What that seat lacks, until its connection is full; the rest follows when it has drained. Never before the room
    /// itself: a message is not read before the event that shows its sender.
    func tell(_ seat: Seat) {
        guard self.machine.isLoaded else { return }
        let next = seat.nextMessage ?? self.firstMessage(of: seat)
        seat.nextMessage = next
        guard self.machine.window.last >= next else { return }
        for message in self.machine.window.after(next - 1) {
            guard seat.isCaughtUp else { return }
            seat.nextMessage = message.n + 1
            if message.isVisible(to: seat.id) { self.send(message, to: seat) }
        }
    }

    /// The number of what is written next, as far as this node knows; `nil` until it does.
    var nextNumber: UInt64? { self.machine.isLoaded ? self.machine.window.last + 1 : nil }

    /// Somebody new is in the room: what was known here when they asked to come in is history, and so is what was
    /// written before they came. What has come between may be an answer to their coming: on another node they may have
    /// been seen earlier than here.
    func seated(_ seat: Seat) {
        guard self.machine.isLoaded else { return }
        seat.nextMessage = max(seat.nextMessage ?? 0, self.firstMessage(of: seat))
    }

    /// A newcomer has read nothing of what was written since; who comes from another node asks for what is missing.
    private func firstMessage(of seat: Seat) -> UInt64 {
        guard !seat.wasElsewhere, let participant = self.host?.room.participant(seat.id) else {
            return self.machine.window.last + 1
        }
        return self.machine.window.firstNumber(since: participant.joinedAt)
    }

    /// Another connection: what the last one was sent shortly before it was lost may not have been read. Read twice, a
    /// message is known by its number.
    func returned(_ seat: Seat) {
        guard let next = seat.nextMessage, let lostAt = seat.session.lostAt else { return }
        let doubtful = lostAt.advanced(milliseconds: -2 * self.gateway.limits.darkMilliseconds)
        let joinedAt = self.host?.room.participant(seat.id)?.joinedAt ?? doubtful
        seat.nextMessage = min(next, self.machine.window.firstNumber(since: max(doubtful, joinedAt)))
    }

    private func send(_ message: ChatMessage, to seat: Seat) {
        guard let connection = seat.session.connection, connection.isWritable else { return }
        let isOwn = message.from == seat.id
        let frame = isOwn ? self.frame(of: message) : self.sharedFrame(of: message.forOthers)
        connection.sendFrame(frame)
        self.gateway.counters.chatDelivered += 1
        self.gateway.counters.bytesSent += frame.readableBytes
    }

    private func sharedFrame(of message: ChatMessage) -> ByteBuffer {
        if let frame = self.frames[message.n] { return frame }
        let frame = self.frame(of: message)
        self.frames[message.n] = frame
        return frame
    }

    private func frame(of message: ChatMessage) -> ByteBuffer {
        var bytes: [UInt8] = []
        ServerMessage.chat(ChatFrame(room: self.room, message: message)).encode(into: &bytes)
        return WebSocketConnection.frame(text: bytes)
    }
}

extension ChatMessage {
    /// As others read it: what its sender calls it is no business of theirs.
    fileprivate var forOthers: ChatMessage {
        var message = self
        message.cid = nil
        return message
    }
}
