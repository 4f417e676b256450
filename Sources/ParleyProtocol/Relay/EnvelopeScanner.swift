/// Reads what routes a message, and checks in the same pass that all of it is one well-formed object.
///
/// Checked: the grammar (RFC 8259), depth, surrogate pairs, control characters in strings, no
/// duplicate among the members that route, and that members fit the type of message. **Not** checked:
/// UTF-8; the transport has done that (RFC 6455, section 8.1) before a text frame gets here.
/// Nothing is allocated.
public enum EnvelopeScanner {
    /// - Parameter depthMax: how many arrays and objects may be nested; at most 64.
    public static func scan(
        _ frame: UnsafeRawBufferPointer,
        depthMax: Int = Limits().depthMax,
        pulseKindBytesMax: Int = Limits().pulseKindBytesMax
    ) throws(ScanFault) -> Envelope {
        var plain = Envelope()
        if PlainSignal.read(frame, depthMax: depthMax, into: &plain) { return plain }
        return try self.scanInFull(frame, depthMax: depthMax, pulseKindBytesMax: pulseKindBytesMax)
    }

    /// However it is written.
    package static func scanInFull(
        _ frame: UnsafeRawBufferPointer,
        depthMax: Int,
        pulseKindBytesMax: Int
    ) throws(ScanFault) -> Envelope {
        var members = ScannedMembers()
        guard members.scan(frame, depthMax: depthMax) else {
            throw ScanFault(code: .malformed, member: nil, envelope: Envelope())
        }
        return try members.envelope(in: frame, pulseKindBytesMax: pulseKindBytesMax)
    }
}

/// Where the values of the members that route are.
struct ScannedMembers: BitwiseCopyable {
    /// Start and end of its value, see ``place(of:)``. 0, where the object's brace is, if it is absent. Properties,
    /// because an array would be allocated, and a tuple copied for each look at it.
    private var type: UInt64 = 0
    private var to: UInt64 = 0
    private var room: UInt64 = 0
    private var n: UInt64 = 0
    private var floor: UInt64 = 0
    private var id: UInt64 = 0
    private var negotiation: UInt64 = 0
    private var kind: UInt64 = 0
    private var sdp: UInt64 = 0
    private var candidate: UInt64 = 0
    private var reason: UInt64 = 0
    private var data: UInt64 = 0

    @inline(__always)
    func place(of member: EnvelopeMember) -> (start: Int, end: Int)? {
        let place =
            switch member {
            case .type: self.type
            case .to: self.to
            case .room: self.room
            case .n: self.n
            case .floor: self.floor
            case .id: self.id
            case .negotiation: self.negotiation
            case .kind: self.kind
            case .sdp: self.sdp
            case .candidate: self.candidate
            case .reason: self.reason
            case .data: self.data
            }
        return place == 0 ? nil : (Int(place &>> 32), Int(place & 0xFFFF_FFFF))
    }

    /// `false` if that member was there before.
    @inline(__always)
    private mutating func keep(_ member: EnvelopeMember, _ start: Int, _ end: Int) -> Bool {
        let place = UInt64(truncatingIfNeeded: start) &<< 32 | UInt64(truncatingIfNeeded: end)
        switch member {
        case .type: return Self.keep(place, in: &self.type)
        case .to: return Self.keep(place, in: &self.to)
        case .room: return Self.keep(place, in: &self.room)
        case .n: return Self.keep(place, in: &self.n)
        case .floor: return Self.keep(place, in: &self.floor)
        case .id: return Self.keep(place, in: &self.id)
        case .negotiation: return Self.keep(place, in: &self.negotiation)
        case .kind: return Self.keep(place, in: &self.kind)
        case .sdp: return Self.keep(place, in: &self.sdp)
        case .candidate: return Self.keep(place, in: &self.candidate)
        case .reason: return Self.keep(place, in: &self.reason)
        case .data: return Self.keep(place, in: &self.data)
        }
    }

    @inline(__always)
    private static func keep(_ place: UInt64, in kept: inout UInt64) -> Bool {
        guard kept == 0 else { return false }
        kept = place
        return true
    }

    /// `false`: malformed.
    mutating func scan(_ frame: UnsafeRawBufferPointer, depthMax: Int) -> Bool {
        guard depthMax >= 1, frame.count <= Int(UInt32.max) else { return false }
        var offset = JSONLexer.afterSpace(frame, 0)
        guard offset < frame.count, frame[offset] == ASCII.openBrace else { return false }
        offset = JSONLexer.afterSpace(frame, offset &+ 1)
        guard offset < frame.count else { return false }
        if frame[offset] == ASCII.closeBrace { return Self.isEnd(frame, offset &+ 1) }
        while true {
            guard offset < frame.count, frame[offset] == ASCII.quote else { return false }
            let nameEnd = JSONLexer.closingQuote(frame, from: offset &+ 1)
            guard nameEnd >= 0 else { return false }
            let name = ByteRange(offset &+ 1, nameEnd)
            let start = JSONLexer.afterColon(frame, nameEnd &+ 1)
            guard start >= 0 else { return false }
            offset = JSONLexer.afterValue(frame, start, depthMax: depthMax &- 1)
            guard offset >= 0, self.note(name, start, offset, in: frame) else { return false }
            offset = JSONLexer.afterSpace(frame, offset)
            guard offset < frame.count else { return false }
            if frame[offset] == ASCII.closeBrace { return Self.isEnd(frame, offset &+ 1) }
            guard frame[offset] == ASCII.comma else { return false }
            offset = JSONLexer.afterSpace(frame, offset &+ 1)
        }
    }

    /// Whether nothing but white space follows.
    private static func isEnd(_ frame: UnsafeRawBufferPointer, _ offset: Int) -> Bool {
        JSONLexer.afterSpace(frame, offset) == frame.count
    }

    /// Keeps the place of a value if its member routes; `false` if that member was there before.
    @inline(__always)
    private mutating func note(
        _ name: ByteRange,
        _ start: Int,
        _ end: Int,
        in frame: UnsafeRawBufferPointer
    ) -> Bool {
        let bytes = name.bytes(in: frame)
        guard let member = EnvelopeMember(bytes) ?? Self.escapedMember(bytes) else { return true }
        return self.keep(member, start, end)
    }

    /// The member whose name is written with escapes, as in `"t\u006f"`. Without this a frame could say
    /// one recipient to us and another to a reader that decodes names.
    @inline(never)
    private static func escapedMember(_ name: UnsafeRawBufferPointer) -> EnvelopeMember? {
        guard name.contains(ASCII.backslash) else { return nil }
        return JSONText.withPlain(name, bytesMax: 11) { EnvelopeMember($0) }
    }
}

extension EnvelopeMember {
    /// The member of that name. The length picks the candidates.
    @inline(__always)
    init?(_ name: UnsafeRawBufferPointer) {
        switch name.count {
        case 1:
            guard name[0] == 0x6E else { return nil }
            self = .n
        case 2:
            switch UInt16(bigEndian: name.loadUnaligned(as: UInt16.self)) {
            case 0x746F: self = .to
            case 0x6964: self = .id
            default: return nil
            }
        case 3:
            guard name.holds("sdp", at: 0) else { return nil }
            self = .sdp
        case 4:
            switch UInt32(bigEndian: name.loadUnaligned(as: UInt32.self)) {
            case 0x7479_7065: self = .type
            case 0x726F_6F6D: self = .room
            case 0x6461_7461: self = .data
            case 0x6B69_6E64: self = .kind
            default: return nil
            }
        case 5:
            guard name.holds("floor", at: 0) else { return nil }
            self = .floor
        case 6:
            guard name.holds("reason", at: 0) else { return nil }
            self = .reason
        case 9:
            guard name.holds("candidate", at: 0) else { return nil }
            self = .candidate
        case 11:
            guard name.holds("negotiation", at: 0) else { return nil }
            self = .negotiation
        default: return nil
        }
    }
}
