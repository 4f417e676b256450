package import ParleyProtocol

/// What a load wants to know of an event.
package struct EventNote: Hashable, Sendable {
    package var type: String
    package var participant: ParticipantID?
    /// Whose command it answers, and which.
    package var by: ParticipantID?
    package var id: UInt64?

    package init(_ event: JSONValue) {
        self.type = event["type"]?.string ?? ""
        self.participant = event["participant"]?.string.flatMap { ParticipantID($0) }
        self.by = event["by"]?.string.flatMap { ParticipantID($0) }
        self.id = event["id"]?.integer.flatMap { UInt64(exactly: $0) }
    }
}

/// The state of a room at a place of its log.
package struct RoomStand: Hashable, Sendable {
    package var position: Position
    package var state: JSONValue
    package var hash: StateHash

    package init(position: Position, state: JSONValue, hash: StateHash) {
        self.position = position
        self.state = state
        self.hash = hash
    }

    package func after(_ message: EventsMessage) -> RoomStand {
        var next = self
        next.position = message.at
        for event in message.events {
            guard let patch = event["patch"] else { continue }
            MergePatch.fold(patch, into: &next.state, hash: &next.hash)
        }
        return next
    }
}

/// A frame of events, read once for all that are told the same bytes. What it makes of a room is kept as well: whoever
/// held the same before holds the same behind it.
package final class HeardFrame {
    package let message: EventsMessage
    package let notes: [EventNote]
    private var fold: (before: StateHash, after: RoomStand)?

    package init(_ message: EventsMessage) {
        self.message = message
        self.notes = message.events.map { EventNote($0) }
    }

    package func applied(to stand: RoomStand) -> RoomStand {
        if let fold = self.fold, fold.before == stand.hash { return fold.after }
        let after = stand.after(self.message)
        self.fold = (stand.hash, after)
        return after
    }
}

/// The newest frames of a room, by their bytes.
struct FrameCache {
    private static let framesMax = 32
    private var frames: [(bytes: [UInt8], frame: HeardFrame)] = []
    private var next = 0

    /// - Returns: `nil`: it is not one that can be read.
    mutating func frame(_ text: UnsafeRawBufferPointer) -> HeardFrame? {
        for (bytes, frame) in self.frames where bytes.count == text.count && text.elementsEqual(bytes) {
            return frame
        }
        guard let value = try? JSONParser.parse(text),
            case .events(let message)? = try? ServerMessage.decode(value)
        else { return nil }
        let entry = (bytes: Array(text), frame: HeardFrame(message))
        if self.frames.count < Self.framesMax {
            self.frames.append(entry)
        } else {
            self.frames[self.next] = entry
            self.next = (self.next + 1) % Self.framesMax
        }
        return entry.frame
    }
}
