/// Whether what was scanned fits the type of message.
extension ScannedMembers {
    func envelope(
        in frame: UnsafeRawBufferPointer,
        pulseKindBytesMax: Int
    ) throws(ScanFault) -> Envelope {
        var envelope = Envelope()
        envelope.type = self.text(.type, in: frame)
        envelope.to = self.text(.to, in: frame)
        envelope.room = self.text(.room, in: frame)
        envelope.id = self.number(.id, in: frame)
        guard let type = envelope.type else { throw Self.invalid(.type, envelope) }
        envelope.kind = Self.kind(type.bytes(in: frame))
        switch envelope.kind {
        case .offer, .answer, .iceCandidate, .hangup, .iceRestart, .signal:
            try self.readSignal(&envelope, in: frame)
        case .pulse:
            try self.readPulse(&envelope, in: frame, kindBytesMax: pulseKindBytesMax)
        case .hello, .join, .leave, .media, .meeting, .beat, .resync, .networkChanged, .authenticate, .chat,
            .chatHistory,
            .roster, .watch, .unknown:
            // All but the last are decoded in full, see ``ClientMessage``.
            break
        }
        return envelope
    }

    private func readSignal(
        _ envelope: inout Envelope,
        in frame: UnsafeRawBufferPointer
    ) throws(ScanFault) {
        envelope.n = self.number(.n, in: frame)
        envelope.floor = self.number(.floor, in: frame)
        envelope.recipient = Self.identifier(envelope.to, in: frame)
        guard envelope.recipient != nil else { throw Self.invalid(.to, envelope) }
        guard let n = envelope.n else { throw Self.invalid(.n, envelope) }
        guard let floor = envelope.floor, floor <= n else { throw Self.invalid(.floor, envelope) }
        if envelope.kind.isNegotiation {
            envelope.negotiation = self.number(.negotiation, in: frame)
            guard envelope.negotiation != nil else { throw Self.invalid(.negotiation, envelope) }
        }
        guard let member = envelope.payloadMember else { return }
        guard self.isPayload(member, of: envelope.kind, in: frame) else {
            throw Self.invalid(member, envelope)
        }
        envelope.payload = self.range(member)
    }

    private func readPulse(
        _ envelope: inout Envelope,
        in frame: UnsafeRawBufferPointer,
        kindBytesMax: Int
    ) throws(ScanFault) {
        envelope.roomID = Self.identifier(envelope.room, in: frame)
        guard envelope.roomID != nil else { throw Self.invalid(.room, envelope) }
        envelope.recipient = Self.identifier(envelope.to, in: frame)
        guard envelope.recipient != nil || !self.has(.to) else { throw Self.invalid(.to, envelope) }
        guard let kind = self.text(.kind, in: frame) else { throw Self.invalid(.kind, envelope) }
        let isWord = JSONText.withPlain(kind.bytes(in: frame), bytesMax: kindBytesMax) { plain in
            isPlainWord(plain, bytesMax: kindBytesMax)
        }
        guard isWord else {
            throw ScanFault(code: .invalidKind, member: .kind, envelope: envelope)
        }
        envelope.pulseKind = kind
        envelope.payload = self.range(.data)
    }

    /// Whether the payload is there, if it must be, and of the right type.
    private func isPayload(
        _ member: EnvelopeMember,
        of kind: MessageKind,
        in frame: UnsafeRawBufferPointer
    ) -> Bool {
        guard let place = self.place(of: member) else { return kind == .hangup }
        let first = frame[place.start]
        switch kind {
        case .offer, .answer, .hangup: return first == ASCII.quote
        case .iceCandidate: return first == ASCII.openBrace || first == 0x6E
        case .signal, .pulse: return true
        case .hello, .join, .leave, .media, .meeting, .iceRestart, .beat, .resync, .networkChanged, .authenticate,
            .chat, .chatHistory,
            .roster, .watch, .unknown:
            return false
        }
    }

    // MARK: - Members

    @inline(__always)
    private func has(_ member: EnvelopeMember) -> Bool { self.place(of: member) != nil }

    @inline(__always)
    private func range(_ member: EnvelopeMember) -> ByteRange? {
        guard let place = self.place(of: member) else { return nil }
        return ByteRange(place.start, place.end)
    }

    /// What is between the quotes; `nil` if it is absent or no string.
    @inline(__always)
    private func text(_ member: EnvelopeMember, in frame: UnsafeRawBufferPointer) -> ByteRange? {
        guard let place = self.place(of: member), frame[place.start] == ASCII.quote else { return nil }
        return ByteRange(place.start &+ 1, place.end &- 1)
    }

    /// A number from 1 to 2⁵³ - 1 in plain digits; `nil` if it is absent or anything else. JavaScript
    /// counts no further exactly.
    @inline(__always)
    private func number(_ member: EnvelopeMember, in frame: UnsafeRawBufferPointer) -> UInt64? {
        guard let place = self.place(of: member), place.end &- place.start <= 16 else { return nil }
        var value: UInt64 = 0
        for index in place.start..<place.end {
            guard ASCII.isDigit(frame[index]) else { return nil }
            value = value &* 10 &+ UInt64(frame[index] &- ASCII.zero)
        }
        return value >= 1 && value <= countMax ? value : nil
    }

    /// Plain first: escapes in an identifier are legal and unheard of.
    @inline(__always)
    private static func identifier<Kind>(
        _ range: ByteRange?,
        in frame: UnsafeRawBufferPointer
    ) -> Identifier<Kind>? {
        guard let bytes = range?.bytes(in: frame) else { return nil }
        if let identifier = Identifier<Kind>(text: bytes) { return identifier }
        return JSONText.withPlain(bytes, bytesMax: 24) { Identifier<Kind>(text: $0) }
    }

    @inline(__always)
    private static func kind(_ type: UnsafeRawBufferPointer) -> MessageKind {
        let kind = MessageKind(type: type)
        guard kind == .unknown else { return kind }
        return JSONText.withPlain(type, bytesMax: MeetingAction.typeBytesMax) { MessageKind(type: $0) }
    }

    private static func invalid(_ member: EnvelopeMember, _ envelope: Envelope) -> ScanFault {
        ScanFault(code: .invalidMember, member: member, envelope: envelope)
    }
}

/// The highest number that a counter on the wire may have: 2⁵³ - 1.
package let countMax: UInt64 = 9_007_199_254_740_991

extension MessageKind {
    /// Whether it belongs to a numbered negotiation.
    public var isNegotiation: Bool {
        switch self {
        case .offer, .answer, .iceCandidate: true
        case .hello, .join, .leave, .media, .meeting, .hangup, .iceRestart, .signal, .pulse, .beat, .resync,
            .networkChanged, .authenticate, .chat, .chatHistory, .roster, .watch, .unknown:
            false
        }
    }

    /// The kind of that `type`, compared byte by byte. Length and first bytes leave one candidate.
    init(type: UnsafeRawBufferPointer) {
        let candidate: MessageKind =
            switch (type.count, type.first) {
            case (4, 0x6A): .join
            case (4, 0x62): .beat
            case (4, 0x63): .chat
            case (5, 0x68): .hello
            case (5, 0x6C): .leave
            case (5, 0x6D): .media
            case (5, 0x6F): .offer
            case (5, 0x70): .pulse
            case (5, 0x77): .watch
            case (6, 0x61): .answer
            case (6, 0x73): .signal
            case (6, 0x68): .hangup
            case (6, 0x72): type[1] == 0x65 ? .resync : .roster
            case (11, _): .iceRestart
            case (12, 0x61): .authenticate
            case (12, _): .chatHistory
            case (13, _): .iceCandidate
            case (15, _): .networkChanged
            default: .unknown
            }
        let isExact = candidate.text.map { type.holds($0, at: 0) } ?? false
        self = isExact ? candidate : MeetingAction.isType(type) ? .meeting : .unknown
    }
}
