package import NIOCore
package import ParleyEngine
import ParleyProtocol
package import ParleyRooms

// What is in a chat's log: an entry is a JSON array of messages, a snapshot has all that is kept, and the greatest
// number.

extension ChatLogStateMachine.Entry {
    package var payload: ByteBuffer {
        ByteBuffer(bytes: JSONValue.array(self.messages.map(\.json)).encoded)
    }

    /// `nil` if it was written by a version that means something else by it.
    package init?(_ entry: LogEntry) {
        guard let messages = JSONValue(entry.payload).flatMap({ [ChatMessage](json: $0) }) else { return nil }
        self.init(position: entry.position, after: entry.after, messages: messages)
    }
}

extension ChatLogStateMachine.Snapshot {
    package var payload: ByteBuffer {
        let object: JSONObject = [
            "last": .integer(Int64(clamping: self.last)), "messages": .array(self.messages.map(\.json)),
        ]
        return ByteBuffer(bytes: JSONValue.object(object).encoded)
    }

    package init?(_ snapshot: LogSnapshot) {
        guard let json = JSONValue(snapshot.payload), let last = json["last"]?.integer.flatMap({ UInt64(exactly: $0) }),
            let messages = json["messages"].flatMap({ [ChatMessage](json: $0) })
        else { return nil }
        self.init(position: snapshot.position, last: last, messages: messages)
    }
}

extension ChatLogStateMachine.Read {
    /// `nil` if any part of it cannot be understood.
    init?(_ read: LogRead) {
        var snapshot: ChatLogStateMachine.Snapshot?
        if let stored = read.snapshot {
            guard let decoded = ChatLogStateMachine.Snapshot(stored) else { return nil }
            snapshot = decoded
        }
        let entries = read.entries.compactMap { ChatLogStateMachine.Entry($0) }
        guard entries.count == read.entries.count else { return nil }
        self.init(continues: read.continues, snapshot: snapshot, entries: entries, top: read.top)
    }
}

extension ChatLogStateMachine.AppendOutcome {
    init(_ result: Result<AppendResult, any Error>) {
        switch result {
        case .success(.appended): self = .appended
        case .success(.engineChanged): self = .notAppended
        case .success(.conflict(let conflict)):
            let tail = conflict.tail?.compactMap { ChatLogStateMachine.Entry($0) }
            self = .conflict(top: conflict.top, tail: tail?.count == conflict.tail?.count ? tail : nil)
        case .failure(EngineError.unavailable), .failure(EngineError.invalid), .failure(EngineError.tooLarge):
            self = .unavailable
        case .failure: self = .unknown
        }
    }
}

extension [ChatMessage] {
    fileprivate init?(json: JSONValue) {
        guard let values = json.array else { return nil }
        let messages = values.compactMap { ChatMessage(json: $0) }
        guard messages.count == values.count else { return nil }
        self = messages
    }
}
