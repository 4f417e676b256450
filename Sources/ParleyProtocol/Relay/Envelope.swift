/// Some bytes of a frame.
public struct ByteRange: Hashable, Sendable, BitwiseCopyable {
    public var offset: UInt32
    public var length: UInt32

    @inline(__always)
    public init(_ start: Int, _ end: Int) {
        self.offset = UInt32(truncatingIfNeeded: start)
        self.length = UInt32(truncatingIfNeeded: end &- start)
    }

    /// The bytes, as long as the frame lives.
    @inline(__always)
    public func bytes(in frame: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        let start = Int(self.offset)
        return UnsafeRawBufferPointer(rebasing: frame[start..<(start &+ Int(self.length))])
    }
}

/// What the relay path needs to know of a message: where its parts are, and its numbers.
///
/// A trivial value without references; copying it is free of reference counting. The ranges of strings
/// are without their quotes and raw, escapes included; what the scanner has made of them is beside them.
public struct Envelope: Sendable, BitwiseCopyable {
    public var kind = MessageKind.unknown
    /// The text of `type`, if it is a string.
    public var type: ByteRange?
    /// The text of `to`, if it is a string.
    public var to: ByteRange?
    /// What `to` says, in signals and pulses. Signals always have it.
    public var recipient: ParticipantID?
    /// The text of `room`, if it is a string.
    public var room: ByteRange?
    /// What `room` says, in pulses, which always have it.
    public var roomID: RoomID?
    /// The text of a pulse's `kind`, checked.
    public var pulseKind: ByteRange?
    /// The raw bytes of the payload member, with the quotes if it is a string; see ``payloadMember``.
    public var payload: ByteRange?
    /// The number of a command.
    public var id: UInt64?
    /// The number of a signal. Signals always have it.
    public var n: UInt64?
    /// At most `n`. Signals always have it.
    public var floor: UInt64?
    /// Offers, answers and candidates always have it.
    public var negotiation: UInt64?

    public init() {}

    /// Where the payload of this kind of message is.
    public var payloadMember: EnvelopeMember? { self.kind.payloadMember }

    /// Whether it is a pulse of that kind, however that is written.
    public func isPulse(_ word: StaticString, in frame: UnsafeRawBufferPointer) -> Bool {
        // An escape makes it longer, never shorter.
        guard let kind = self.pulseKind, kind.length >= word.utf8CodeUnitCount else { return false }
        return JSONText.withPlain(kind.bytes(in: frame), bytesMax: word.utf8CodeUnitCount) { plain in
            plain.count == word.utf8CodeUnitCount && plain.holds(word, at: 0)
        }
    }

    /// A refusal of this message, with what tells its sender which one it was. Allocates: not for the
    /// relay path's good days.
    public func rejection(
        _ code: RejectionCode,
        member: String? = nil,
        in frame: UnsafeRawBufferPointer
    ) -> Rejection {
        var rejection = Rejection(code, of: Self.quotable(self.type, in: frame), member: member)
        rejection.room = Self.quotable(self.room, in: frame)
        rejection.to = Self.quotable(self.to, in: frame)
        rejection.id = self.id
        rejection.n = self.n
        return rejection
    }

    /// What was received is said back only if it is short: a refusal must not be as long as what it
    /// refuses.
    private static func quotable(_ range: ByteRange?, in frame: UnsafeRawBufferPointer) -> String? {
        guard let range, range.length <= 64 else { return nil }
        return JSONText.decode(range.bytes(in: frame))
    }
}

/// The members that route: none of them may be there twice, however its name is written.
public enum EnvelopeMember: UInt8, CaseIterable, Hashable, Sendable, BitwiseCopyable {
    case type, to, room, n, floor, id, negotiation, kind, sdp, candidate, reason, data

    public var text: StaticString {
        switch self {
        case .type: "type"
        case .to: "to"
        case .room: "room"
        case .n: "n"
        case .floor: "floor"
        case .id: "id"
        case .negotiation: "negotiation"
        case .kind: "kind"
        case .sdp: "sdp"
        case .candidate: "candidate"
        case .reason: "reason"
        case .data: "data"
        }
    }
}

extension MessageKind {
    /// The member that brings the payload of signals and pulses.
    public var payloadMember: EnvelopeMember? {
        switch self {
        case .offer, .answer: .sdp
        case .iceCandidate: .candidate
        case .hangup: .reason
        case .signal, .pulse: .data
        case .hello, .join, .leave, .media, .meeting, .iceRestart, .beat, .resync, .networkChanged, .authenticate,
            .chat, .chatHistory,
            .roster, .watch, .unknown:
            nil
        }
    }
}

/// Why a frame cannot go on, with as much of it as could be read.
public struct ScanFault: Error, Sendable, BitwiseCopyable {
    public var code: RejectionCode
    /// The member that is missing or wrong.
    public var member: EnvelopeMember?
    /// Empty if the frame is malformed.
    public var envelope: Envelope

    public func rejection(in frame: UnsafeRawBufferPointer) -> Rejection {
        self.envelope.rejection(self.code, member: self.member.map { "\($0.text)" }, in: frame)
    }
}
