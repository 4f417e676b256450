package import NIOCore
package import ParleyEngine
import ParleyProtocol
package import ParleyRooms

// What is in a room's log: an entry is a JSON array of events, a snapshot is the room's JSON. JSON because a log
// outlives the program that wrote it, and an operator can read it.

extension [RoomEvent] {
    package var payload: ByteBuffer {
        ByteBuffer(bytes: JSONValue.array(self.map(\.json)).encoded)
    }
}

extension Room {
    package var payload: ByteBuffer {
        ByteBuffer(bytes: self.snapshot.encoded)
    }
}

extension JSONValue {
    /// `nil` if it is no JSON. A log's values are deeper and longer than what a client may send.
    init?(_ payload: ByteBuffer) {
        guard let value = try? payload.withUnsafeReadableBytes({ try JSONParser.parse($0, depthMax: 64) }) else {
            return nil
        }
        self = value
    }
}

extension RoomEntry {
    /// `nil` if it was written by a version with events that this one does not know.
    package init?(_ entry: LogEntry) {
        guard let events = JSONValue(entry.payload)?.array else { return nil }
        guard let decoded = try? events.map({ try RoomEvent(json: $0) }) else { return nil }
        self.init(position: entry.position, after: entry.after, author: entry.author, events: decoded)
    }
}

extension RoomRead {
    /// `nil` if any part of it cannot be understood: a room is held as a whole or not at all.
    init?(_ read: LogRead) {
        var snapshot: Snapshot?
        if let stored = read.snapshot {
            guard let json = JSONValue(stored.payload), let room = try? Room(snapshot: json) else { return nil }
            snapshot = Snapshot(position: stored.position, room: room)
        }
        let entries = read.entries.compactMap { RoomEntry($0) }
        guard entries.count == read.entries.count else { return nil }
        self.init(continues: read.continues, snapshot: snapshot, entries: entries, top: read.top)
    }
}

extension RoomAppendResult {
    init(_ result: Result<AppendResult, any Error>) {
        switch result {
        case .success(.appended): self = .appended
        case .success(.engineChanged(let incarnation)): self = .engineChanged(incarnation)
        case .success(.conflict(let conflict)):
            let tail = conflict.tail?.compactMap { RoomEntry($0) }
            self = .conflict(top: conflict.top, tail: tail?.count == conflict.tail?.count ? tail : nil)
        case .failure(let error): self = .failed(error as? EngineError ?? .ambiguous)
        }
    }
}
