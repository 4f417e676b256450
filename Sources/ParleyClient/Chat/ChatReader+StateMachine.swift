package import ParleyProtocol

/// What others write in one room: each message is told once, in the order of the numbers; and the history.
///
/// ```
///            resumed: what is newer than the last one told?
/// listening ------------------------------------------------> catching up: what comes is held
///     ^                                                            |   ^
///     |   a page that reaches back to the last one told, or none   |   | an older page is needed
///     +------------------------------------------------------------+---+
/// ```
///
/// A server to which the session has moved does not know what the last one has told, so after every return the client
/// asks. Questions have no name by which an answer could be known: one is under way at a time.
package struct ChatReader: Sendable {
    package typealias RequestID = UInt64

    private struct Question: Hashable {
        /// `nil`: to catch up.
        let request: RequestID?
        let before: UInt64?
        let limit: Int
    }

    /// So many questions of the app wait; one more fails.
    package static let waitingMax = 64
    /// So many messages are held while it catches up, more than a server keeps; then they are told as they are.
    package static let heldMax = 2_048
    package static let pageMax = 100
    /// Most returns have missed little: the first page is a small one.
    package static let firstPage = 8
    private static let retryDelay = Duration.seconds(1)

    /// The greatest number that was told.
    private var toldUpTo: UInt64 = 0
    /// By number, while it catches up.
    private var held: [UInt64: ChatMessage]?
    /// The first one is under way if ``isUnderWay``.
    private var questions: [Question] = []
    private var isUnderWay = false
    /// There is no place in the room, and another one is on its way.
    private var isPaused = false
    private var retryAt: Duration?

    package init() {}

    // MARK: Asking

    package mutating func ask(
        before: UInt64?,
        limit: Int,
        request: RequestID,
        _ effects: inout [Chat.Effect]
    ) {
        guard self.questions.count(where: { $0.request != nil }) < Self.waitingMax else {
            return effects.append(.failed(request, .tooManyWaiting))
        }
        let limit = min(max(1, limit), Self.pageMax)
        self.questions.append(Question(request: request, before: before, limit: limit))
        self.flush(&effects)
    }

    private mutating func flush(_ effects: inout [Chat.Effect]) {
        guard !self.isUnderWay, !self.isPaused, let question = self.questions.first else { return }
        self.isUnderWay = true
        effects.append(.ask(before: question.before, limit: question.limit))
    }

    // MARK: Hearing

    package mutating func received(_ message: ChatMessage, _ effects: inout [Chat.Effect]) {
        // Told again: the server was not sure that it had arrived.
        guard message.n > self.toldUpTo else { return }
        if self.held != nil {
            self.held?[message.n] = message
            if self.held?.count ?? 0 > Self.heldMax { self.caughtUp(&effects) }
        } else {
            self.toldUpTo = message.n
            effects.append(.tell(message))
        }
    }

    /// - Parameter joinedAt: since when this participant has been in the room: what was written before is history.
    package mutating func received(_ page: [ChatMessage], joinedAt: Instant, _ effects: inout [Chat.Effect]) {
        // Ignored: the answer to a question that was asked on an earlier connection, and is asked again.
        guard self.isUnderWay, let question = self.questions.first, page.count <= question.limit,
            page.allSatisfy({ $0.n < question.before ?? .max })
        else { return }
        self.questions.removeFirst()
        self.isUnderWay = false
        if let request = question.request {
            effects.append(.read(request, page))
        } else {
            self.catchUp(page, joinedAt: joinedAt, &effects)
        }
        self.flush(&effects)
    }

    private mutating func catchUp(_ page: [ChatMessage], joinedAt: Instant, _ effects: inout [Chat.Effect]) {
        guard self.held != nil else { return }
        // Without a last one that was told, nothing was heard since the join.
        let missed = page.filter { $0.n > self.toldUpTo && (self.toldUpTo > 0 || $0.time >= joinedAt) }
        for message in missed { self.held?[message.n] = message }
        // What others wrote to each other has a number too: a gap alone does not tell that something is missing.
        guard let oldest = missed.first, missed.count == page.count, oldest.n > self.toldUpTo + 1,
            self.held?.count ?? 0 <= Self.heldMax
        else { return self.caughtUp(&effects) }
        self.questions.insert(Question(request: nil, before: oldest.n, limit: Self.pageMax), at: 0)
    }

    private mutating func caughtUp(_ effects: inout [Chat.Effect]) {
        let messages = (self.held ?? [:]).values.sorted { $0.n < $1.n }
        self.held = nil
        self.toldUpTo = messages.last?.n ?? self.toldUpTo
        effects += messages.map { .tell($0) }
    }

    package mutating func rejected(_ rejected: RejectedMessage, _ moment: Moment, _ effects: inout [Chat.Effect]) {
        guard self.isUnderWay, let question = self.questions.first else { return }
        if let delay = rejected.chatDelay(or: Self.retryDelay) {
            self.retryAt = moment.time + delay
            return effects.append(.wake(at: moment.time + delay))
        }
        self.questions.removeFirst()
        self.isUnderWay = false
        if let request = question.request {
            effects.append(.failed(request, .rejected(rejected)))
        } else {
            self.caughtUp(&effects)
        }
        self.flush(&effects)
    }

    // MARK: Coming back

    package mutating func tick(_ moment: Moment, _ effects: inout [Chat.Effect]) {
        guard let retryAt = self.retryAt else { return }
        guard moment.time >= retryAt else { return effects.append(.wake(at: retryAt)) }
        self.retryAt = nil
        self.isUnderWay = false
        self.flush(&effects)
    }

    /// The same session on a new connection, perhaps with another server.
    package mutating func resumed(_ effects: inout [Chat.Effect]) {
        self.held = self.held ?? [:]
        self.questions.removeAll { $0.request == nil }
        self.questions.insert(Question(request: nil, before: nil, limit: Self.firstPage), at: 0)
        self.retryAt = nil
        self.isUnderWay = false
        self.flush(&effects)
    }

    package mutating func pause() {
        self.isPaused = true
        self.isUnderWay = false
        self.retryAt = nil
    }

    /// A new membership. In another room other messages have the numbers.
    package mutating func restart(isSameRoom: Bool, _ effects: inout [Chat.Effect]) {
        self.isPaused = false
        if isSameRoom { return self.resumed(&effects) }
        self.close(.renewed, &effects)
        self = ChatReader()
    }

    package mutating func close(_ error: ClientError, _ effects: inout [Chat.Effect]) {
        effects += self.questions.compactMap { question in question.request.map { .failed($0, error) } }
        self.questions = []
        self.isUnderWay = false
        self.retryAt = nil
        self.held = nil
    }
}
