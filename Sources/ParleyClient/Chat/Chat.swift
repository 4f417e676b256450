package import ParleyProtocol

/// The chat of one membership: what this client writes, and what it reads.
package struct Chat: Sendable {
    package enum Effect: Hashable, Sendable {
        case say(cid: String, ChatOutbox.Draft)
        case ask(before: UInt64?, limit: Int)
        case said(UInt64, ChatMessage)
        case read(UInt64, [ChatMessage])
        /// Something new; its number is greater than all that were told.
        case tell(ChatMessage)
        case failed(UInt64, ClientError)
        /// Call ``Chat/tick(_:_:)`` then.
        case wake(at: Duration)
    }

    package var outbox = ChatOutbox()
    package var reader = ChatReader()

    package init() {}

    package mutating func received(_ message: ChatMessage, isOwn: Bool, _ effects: inout [Effect]) {
        if isOwn { self.outbox.received(message, &effects) }
        self.reader.received(message, &effects)
    }

    package mutating func tick(_ moment: Moment, _ effects: inout [Effect]) {
        self.outbox.tick(moment, &effects)
        self.reader.tick(moment, &effects)
    }

    package mutating func resumed(_ effects: inout [Effect]) {
        self.reader.resumed(&effects)
        self.outbox.resumed(&effects)
    }

    package mutating func pause(_ effects: inout [Effect]) {
        self.outbox.pause(&effects)
        self.reader.pause()
    }

    /// - Parameter isSameRoom: whether the numbers go on.
    package mutating func restart(isSameRoom: Bool, _ effects: inout [Effect]) {
        self.reader.restart(isSameRoom: isSameRoom, &effects)
        self.outbox.restart(&effects)
    }

    package mutating func close(_ error: ClientError, _ effects: inout [Effect]) {
        self.outbox.close(error, &effects)
        self.reader.close(error, &effects)
    }
}
