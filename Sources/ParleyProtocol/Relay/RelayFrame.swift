/// A signal on its way out: a new head, and the payload's bytes as they came in.
///
/// The length is known before anything is written, so that the WebSocket header can stand in front.
/// Nothing is allocated. Valid as long as the frame that the payload belongs to.
public struct RelayFrame {
    private let kind: MessageKind
    private let from: ParticipantID
    private let n: UInt64
    private let floor: UInt64?
    private let negotiation: UInt64?
    private let payload: UnsafeRawBufferPointer?

    /// How many bytes ``write(to:)`` writes.
    public let byteCount: Int

    /// - Parameter payload: one JSON value, raw; `nil` if the message has none.
    public init(
        kind: MessageKind,
        from: ParticipantID,
        n: UInt64,
        floor: UInt64?,
        negotiation: UInt64?,
        payload: UnsafeRawBufferPointer?
    ) {
        assert(kind.isSignal)
        self.kind = kind
        self.from = from
        self.n = n
        self.floor = floor
        self.negotiation = negotiation
        self.payload = payload
        var counter = ByteCounter()
        Self.visit(kind, from, n, floor, negotiation, payload, &counter)
        self.byteCount = counter.count
    }

    /// What a scanned signal becomes.
    public init(_ envelope: Envelope, in frame: UnsafeRawBufferPointer, from: ParticipantID) {
        self.init(
            kind: envelope.kind,
            from: from,
            n: envelope.n ?? 0,
            floor: envelope.floor,
            negotiation: envelope.negotiation,
            payload: envelope.payload?.bytes(in: frame)
        )
    }

    /// Writes exactly ``byteCount`` bytes.
    public func write(to buffer: UnsafeMutableRawBufferPointer) {
        assert(buffer.count >= self.byteCount)
        var writer = BytePlacer(buffer)
        Self.visit(self.kind, self.from, self.n, self.floor, self.negotiation, self.payload, &writer)
        assert(writer.offset == self.byteCount)
    }

    /// Once for counting and once for writing, so that the two cannot differ.
    @inline(__always)
    private static func visit(
        _ kind: MessageKind,
        _ from: ParticipantID,
        _ n: UInt64,
        _ floor: UInt64?,
        _ negotiation: UInt64?,
        _ payload: UnsafeRawBufferPointer?,
        _ sink: inout some ByteSink
    ) {
        sink.put("{\"type\":\"")
        if let text = kind.text { sink.put(text) }
        sink.put("\",\"from\":\"")
        sink.put(from)
        sink.put("\",\"n\":")
        sink.put(n)
        if let floor {
            sink.put(",\"floor\":")
            sink.put(floor)
        }
        if let negotiation {
            sink.put(",\"negotiation\":")
            sink.put(negotiation)
        }
        if let payload, let member = kind.payloadMember {
            sink.put(",\"")
            sink.put(member.text)
            sink.put("\":")
            sink.put(payload)
        }
        sink.put("}")
    }
}

/// A pulse on its way out; see ``RelayFrame``.
public struct PulseFrame {
    private let room: RoomID
    private let from: ParticipantID
    private let kind: UnsafeRawBufferPointer
    private let data: UnsafeRawBufferPointer?

    /// How many bytes ``write(to:)`` writes.
    public let byteCount: Int

    /// - Parameter kind: the text without quotes, checked by the scanner.
    /// - Parameter data: one JSON value, raw; `nil` if there is none.
    public init(
        room: RoomID,
        from: ParticipantID,
        kind: UnsafeRawBufferPointer,
        data: UnsafeRawBufferPointer?
    ) {
        self.room = room
        self.from = from
        self.kind = kind
        self.data = data
        var counter = ByteCounter()
        Self.visit(room, from, kind, data, &counter)
        self.byteCount = counter.count
    }

    /// What a scanned pulse becomes; `nil` if it was none.
    public init?(
        _ envelope: Envelope,
        in frame: UnsafeRawBufferPointer,
        room: RoomID,
        from: ParticipantID
    ) {
        guard let kind = envelope.pulseKind else { return nil }
        self.init(
            room: room,
            from: from,
            kind: kind.bytes(in: frame),
            data: envelope.payload?.bytes(in: frame)
        )
    }

    /// Writes exactly ``byteCount`` bytes.
    public func write(to buffer: UnsafeMutableRawBufferPointer) {
        assert(buffer.count >= self.byteCount)
        var writer = BytePlacer(buffer)
        Self.visit(self.room, self.from, self.kind, self.data, &writer)
        assert(writer.offset == self.byteCount)
    }

    @inline(__always)
    private static func visit(
        _ room: RoomID,
        _ from: ParticipantID,
        _ kind: UnsafeRawBufferPointer,
        _ data: UnsafeRawBufferPointer?,
        _ sink: inout some ByteSink
    ) {
        sink.put("{\"type\":\"pulse\",\"room\":\"")
        sink.put(room)
        sink.put("\",\"from\":\"")
        sink.put(from)
        sink.put("\",\"kind\":\"")
        sink.put(kind)
        sink.put("\"")
        if let data {
            sink.put(",\"data\":")
            sink.put(data)
        }
        sink.put("}")
    }
}
