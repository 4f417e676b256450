package import ParleyEngine
package import ParleyProtocol
package import ParleyRooms

/// A command on its way, and the name by which its outcome is told.
package struct Submission: Hashable, Sendable {
    /// Made by the driver, different for each submission to one host.
    package struct ID: RawRepresentable, Hashable, Sendable {
        package let rawValue: UInt64

        package init(rawValue: UInt64) {
            self.rawValue = rawValue
        }
    }

    package let id: ID
    package let command: RoomCommand

    package init(id: ID, command: RoomCommand) {
        self.id = id
        self.command = command
    }
}

/// Every submission has exactly one.
package enum Outcome: Hashable, Sendable {
    /// The log has it, at that position. Whoever asked hears it in the stream, and nowhere else.
    case accepted(Position)
    /// Decided before: accepted (`nil`) or refused with that code.
    case duplicate(RejectionCode?)
    /// Decided against the room as the log has it.
    case rejected(RejectionCode)
}

/// A log entry of a room, decoded.
package struct RoomEntry: Hashable, Sendable {
    package let position: Position
    package let after: Position
    package let author: NodeID
    package let events: [RoomEvent]

    package init(position: Position, after: Position, author: NodeID, events: [RoomEvent]) {
        self.position = position
        self.after = after
        self.author = author
        self.events = events
    }
}

/// What a read of a room's log found, decoded; see `LogRead`.
package struct RoomRead: Hashable, Sendable {
    package struct Snapshot: Hashable, Sendable {
        package let position: Position
        package let room: Room

        package init(position: Position, room: Room) {
            self.position = position
            self.room = room
        }
    }

    package let continues: Bool
    package let snapshot: Snapshot?
    package let entries: [RoomEntry]
    package let top: Position

    package init(continues: Bool, snapshot: Snapshot?, entries: [RoomEntry], top: Position) {
        self.continues = continues
        self.snapshot = snapshot
        self.entries = entries
        self.top = top
    }
}

/// The outcome of an append, decoded.
package enum RoomAppendResult: Hashable, Sendable {
    case appended
    /// See `LogConflict`.
    case conflict(top: Position, tail: [RoomEntry]?)
    case engineChanged(EngineIncarnation)
    case failed(EngineError)
}

/// What the log and this replica disagree about, beyond what reading on could settle.
package enum Healing: Hashable, Sendable {
    /// The engine's log is shorter than this replica (`top` is `Position.start` if it is missing): the
    /// engine lost its tail, or somebody has retired the room and its last entry was not heard here.
    case behind(top: Position)
    /// The engine's history does not hold this replica's position: it forked, or it was trimmed
    /// beyond a replica that had slept. The replica has been replaced by the engine's.
    case replaced(before: Position)
}

/// What the driver of a room host is to do, in this order.
package enum RoomHostEffect: Hashable, Sendable {
    /// Read the log, answer with `readCompleted` or `readFailed`.
    case read(after: Position?)
    /// Append `events` as one entry, answer with `appendCompleted`.
    indirect case append(RoomAppend)
    /// One more entry is a fact: tell everybody here.
    indirect case deliver(RoomDelivery)
    /// The replica is another one now, without a way from the old one: everybody here gets a snapshot.
    indirect case reset(RoomRead.Snapshot)
    case outcome(Submission.ID, Outcome)
    /// Call `retryTimerFired` then.
    case scheduleRetry(milliseconds: Int64)
    /// Call `barrierTimerFired` then, with the life of the engine that the machine knows now.
    case scheduleBarrier(milliseconds: Int64)
    /// Others shall let this node go first: tell them.
    case askForTurn(after: UInt64)
    /// Call `turnTimerFired` then, with that number.
    case scheduleTurnEnd(milliseconds: Int64, number: UInt64)
    /// Write it; whether that succeeds is of no concern.
    indirect case writeSnapshot(RoomRead.Snapshot, keepFrom: UInt64)
    /// The room has ended and this host wrote it: call `retireTimerFired` then. Meanwhile others can read
    /// the end.
    case scheduleRetire(milliseconds: Int64)
    case retire(expecting: Position)
    /// This host has nothing left to do.
    case finished
    case heal(Healing)
}

package struct RoomAppend: Hashable, Sendable {
    package let position: Position
    package let after: Position
    package let events: [RoomEvent]
    package let retention: Retention
    package let incarnation: EngineIncarnation
}

package struct RoomDelivery: Hashable, Sendable {
    package let entry: RoomEntry
    /// What each event of the entry changed.
    package let patches: [StatePatches]
    /// By whose will each of them happened.
    package let origins: [EventOrigin]
    /// Right after the entry: what somebody who joined in it gets as a snapshot.
    package let room: Room
}
