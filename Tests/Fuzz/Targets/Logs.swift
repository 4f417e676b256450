import NIOCore
import ParleyEngine
import ParleyProtocol
import ParleyRooms
import ParleyServer

extension FuzzTarget {
    /// A line for each: a room's snapshot or an entry of its log, as an engine might give them to us.
    static let roomLog = FuzzTarget(name: "room-log") { input in
        var room = Room(id: RoomID(high: 1, low: 2))
        for line in lines(of: input).prefix(40) {
            guard let json = try? JSONParser.parse(line, depthMax: 64) else { continue }
            if let stored = try? Room(snapshot: json) { room = stored }
            guard let entry = RoomEntry(Self.entry(line)) else { continue }
            for event in entry.events {
                try demand((try? RoomEvent(json: event.json)) == event, "reads its own event differently: \(event)")
                _ = event.wire(patch: room.evolve(event).patch(for: .participant))
            }
        }
        // Before it is created a room has nothing that could be kept.
        if room.lifecycle == .absent { return }
        let snapshot = room.snapshot
        guard let again = try? Room(snapshot: snapshot) else {
            throw Finding(description: "cannot read its own snapshot")
        }
        try demand(again.snapshot.encoded == snapshot.encoded, "reads its own snapshot differently")
        _ = room.state(for: .participant)
    }

    static let chatLog = FuzzTarget(name: "chat-log") { input in
        for line in lines(of: input).prefix(40) {
            let entry = Self.entry(line)
            if let messages = ChatLogStateMachine.Entry(entry) {
                try demand(ChatLogStateMachine.Entry(Self.entry(messages.payload)) == messages, "another chat entry")
            }
            let stored = LogSnapshot(position: entry.position, payload: entry.payload)
            if let snapshot = ChatLogStateMachine.Snapshot(stored) {
                let again = LogSnapshot(position: entry.position, payload: snapshot.payload)
                try demand(ChatLogStateMachine.Snapshot(again) == snapshot, "another chat snapshot")
            }
        }
    }

    /// What the servers of one room say to each other.
    static let hints = FuzzTarget(name: "hints") { input in
        guard let (author, hint) = RoomHint.decode(ByteBuffer(bytes: input)) else { return }
        guard let again = RoomHint.decode(hint.encoded(author: author)) else {
            throw Finding(description: "cannot read its own hint")
        }
        try demand(again.author == author && again.hint == hint, "reads its own hint differently")
    }

    private static func entry(_ payload: [UInt8]) -> LogEntry { self.entry(ByteBuffer(bytes: payload)) }

    private static func entry(_ payload: ByteBuffer) -> LogEntry {
        LogEntry(after: .start, uid: 1, author: NodeID(high: 5, low: 6), payload: payload)
    }
}
