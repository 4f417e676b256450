package import ParleyProtocol

/// What people write to each other.
extension ClientStateMachine {
    // MARK: Asking

    package mutating func write(
        _ draft: ChatOutbox.Draft,
        in room: RoomID,
        request: RequestID,
        _ effects: inout [Effect]
    ) {
        if let end = self.end { return effects.append(.failed(request, end)) }
        guard self.memberships[room] != nil else { return effects.append(.failed(request, .notInRoom)) }
        self.withChat(of: room, &effects) { $0.outbox.push(draft, request: request, &$1) }
    }

    package mutating func readChat(
        of room: RoomID,
        before: UInt64?,
        limit: Int,
        request: RequestID,
        _ effects: inout [Effect]
    ) {
        if let end = self.end { return effects.append(.failed(request, end)) }
        guard self.memberships[room] != nil else { return effects.append(.failed(request, .notInRoom)) }
        self.withChat(of: room, &effects) { $0.reader.ask(before: before, limit: limit, request: request, &$1) }
    }

    mutating func withChat(
        of room: RoomID,
        _ effects: inout [Effect],
        _ step: (inout Chat, inout [Chat.Effect]) -> Void
    ) {
        var steps: [Chat.Effect] = []
        // In place: a copy of the chat would be a copy of what it holds.
        guard let index = self.memberships.index(forKey: room) else { return }
        step(&self.memberships.values[index].chat, &steps)
        for step in steps {
            switch step {
            case .say(let cid, let draft):
                self.say(.chat(ChatCommand(room: room, cid: cid, text: draft.text, to: draft.to)), &effects)
            case .ask(let before, let limit):
                self.say(.chatHistory(ChatHistoryRequest(room: room, before: before, limit: limit)), &effects)
            case .said(let request, let message): effects.append(.said(request, message))
            case .read(let request, let messages): effects.append(.read(request, messages))
            case .tell(let message): effects.append(.tell(.chat(ChatFrame(room: room, message: message))))
            case .failed(let request, let error): effects.append(.failed(request, error))
            case .wake(let time): effects.append(.wake(at: time))
            }
        }
    }

    // MARK: Hearing

    mutating func received(_ chat: ChatFrame, _ effects: inout [Effect]) {
        // Ignored: of a room that is history here.
        guard let membership = self.memberships[chat.room], !self.joins.isRejoining(chat.room) else { return }
        let isOwn = chat.message.from == membership.replica.participant
        self.withChat(of: chat.room, &effects) { $0.received(chat.message, isOwn: isOwn, &$1) }
    }

    mutating func received(_ history: ChatHistory, _ effects: inout [Effect]) {
        guard let joinedAt = self.memberships[history.room]?.joinedAt, !self.joins.isRejoining(history.room) else {
            return
        }
        self.withChat(of: history.room, &effects) {
            $0.reader.received(history.messages, joinedAt: joinedAt, &$1)
        }
    }

    /// - Returns: whether it was about a chat.
    mutating func receivedOfChat(_ rejected: RejectedMessage, _ moment: Moment, _ effects: inout [Effect]) -> Bool {
        guard let room = rejected.room.flatMap({ RoomID($0) }), rejected.of == "chat" || rejected.of == "chat-history"
        else { return false }
        // What becomes of it is decided with the next place.
        guard !self.joins.isRejoining(room) else { return true }
        self.withChat(of: room, &effects) { chat, effects in
            if rejected.of == "chat" {
                chat.outbox.rejected(rejected, moment, &effects)
            } else {
                chat.reader.rejected(rejected, moment, &effects)
            }
        }
        return true
    }
}
