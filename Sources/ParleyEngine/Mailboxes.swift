public import NIOCore
public import ParleyProtocol

/// One mailbox per participant: signals wait there until the recipient has acknowledged them.
///
/// Rules, per (sender, recipient), with `last` the greatest stored `n`, or `floor - 1` if that is greater:
/// `n <= last` is a duplicate, `n > last + 1` a gap, and what is over the limits finds the mailbox full.
/// The floor is what lets a pair go on after an engine has lost its memory of it.
public protocol Mailboxes: Sendable {
    /// Stores the signals of one tick, for any number of recipients, each entry by itself and in order.
    ///
    /// Cost: nothing per signal but its bytes; one answer per batch. The engine does not change the batch
    /// and does not keep it beyond completion, so the caller may clear it and fill it again.
    func append(
        _ batch: MailboxBatch,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<[MailboxVerdict]>

    /// What is not yet acknowledged, in the order in which it was stored.
    func read(_ mailbox: MailboxID, on eventLoop: any EventLoop) -> EventLoopFuture<[StoredSignal]>

    /// Recipients have received, each from one sender, everything up to `n`: what one tick has heard, any number of
    /// mailboxes together. The entries are named by content, never by their place in the mailbox: places are used
    /// again after a loss. A number beyond what is stored counts as the last stored one.
    ///
    /// - Returns: for each the delivered watermark after it, 0 for a sender that was never heard of.
    func acknowledge(
        _ batch: [MailboxAcknowledgement],
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<[UInt64]>

    /// How far this sender's signals have come; zeros: never heard of. Either may be lost with the engine's memory, and
    /// then be less than it was: by that a node finds out that signals are missing, and has them sent again. The
    /// recipient knows those that it has.
    func marks(
        from sender: ParticipantID,
        in mailbox: MailboxID,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<MailboxMarks>

    /// The recipient has left for good.
    func drop(_ mailbox: MailboxID, on eventLoop: any EventLoop) -> EventLoopFuture<Void>
}

/// The room is a part of the name so that an engine can keep a room's things together.
public struct MailboxID: Hashable, Sendable {
    public let room: RoomID
    public let recipient: ParticipantID

    public init(room: RoomID, recipient: ParticipantID) {
        self.room = room
        self.recipient = recipient
    }
}

/// One signal of a sender, or all up to it.
public struct SignalNumber: Hashable, Sendable {
    public let sender: ParticipantID
    /// Dense from 1 per (sender, recipient).
    public let n: UInt64

    public init(sender: ParticipantID, n: UInt64) {
        self.sender = sender
        self.n = n
    }
}

/// What the recipient of a mailbox has received from one sender.
public struct MailboxAcknowledgement: Hashable, Sendable {
    public let mailbox: MailboxID
    public let sender: ParticipantID
    public let n: UInt64

    public init(mailbox: MailboxID, sender: ParticipantID, n: UInt64) {
        self.mailbox = mailbox
        self.sender = sender
        self.n = n
    }
}

/// How far a sender's signals have come in one mailbox.
public struct MailboxMarks: Hashable, Sendable {
    /// The greatest stored `n`, acknowledged or not.
    public let stored: UInt64
    /// Up to here they were acknowledged.
    public let delivered: UInt64

    public init(stored: UInt64 = 0, delivered: UInt64 = 0) {
        self.stored = stored
        self.delivered = delivered
    }
}

public struct StoredSignal: Hashable, Sendable {
    public let sender: ParticipantID
    public let n: UInt64
    public let bytes: ByteBuffer

    public init(sender: ParticipantID, n: UInt64, bytes: ByteBuffer) {
        self.sender = sender
        self.n = n
        self.bytes = bytes
    }
}

/// What became of one entry of a batch.
public enum MailboxVerdict: Hashable, Sendable {
    case stored
    /// It was stored before; as good as stored.
    case duplicate
    /// Send again from `last + 1`.
    case gap(last: UInt64)
    /// Too many or too many bytes are unacknowledged.
    case full
}
