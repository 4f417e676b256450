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
        var members = ScannedMembers()
        guard members.scan(frame, depthMax: depthMax) else {
            throw ScanFault(code: .malformed, member: nil, envelope: Envelope())
        }
        return try members.envelope(in: frame, pulseKindBytesMax: pulseKindBytesMax)
    }
}

/// Where the values of the members that route are.
struct ScannedMembers: BitwiseCopyable {
    /// One word for each ``EnvelopeMember``: start and end of its value. 0, where the object's brace is, if
    /// it is absent. A tuple because an array would be allocated.
    private var places:
        (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) =
            (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)

    @inline(__always)
    func place(of member: EnvelopeMember) -> (start: Int, end: Int)? {
        let place = withUnsafeBytes(of: self.places) { bytes in
            bytes.load(fromByteOffset: Int(member.rawValue) &* 8, as: UInt64.self)
        }
        return place == 0 ? nil : (Int(place &>> 32), Int(place & 0xFFFF_FFFF))
    }

    @inline(__always)
    private mutating func setPlace(of member: EnvelopeMember, _ start: Int, _ end: Int) {
        let place = UInt64(truncatingIfNeeded: start) &<< 32 | UInt64(truncatingIfNeeded: end)
        withUnsafeMutableBytes(of: &self.places) { bytes in
            bytes.storeBytes(of: place, toByteOffset: Int(member.rawValue) &* 8, as: UInt64.self)
        }
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
        guard self.place(of: member) == nil else { return false }
        self.setPlace(of: member, start, end)
        return true
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
            if name.holds("to", at: 0) {
                self = .to
            } else if name.holds("id", at: 0) {
                self = .id
            } else {
                return nil
            }
        case 3:
            guard name.holds("sdp", at: 0) else { return nil }
            self = .sdp
        case 4:
            if name.holds("type", at: 0) {
                self = .type
            } else if name.holds("room", at: 0) {
                self = .room
            } else if name.holds("data", at: 0) {
                self = .data
            } else if name.holds("kind", at: 0) {
                self = .kind
            } else {
                return nil
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
