/// A signal as programs write it: `{"type":"signal","to":"p_…","n":7,"floor":3,"data":…}`, its members in this order
/// and without a space.
///
/// Most messages are that. Where everything has to be is known, so that it is compared a word at a time; only the value
/// is lexed. Whatever is written in another way, is wrong or short, is left to ``ScannedMembers``, with the same result
/// for what is read here.
enum PlainSignal {
    /// So many bytes at least. All in front of the value ends before byte 145: 9 of `type`, 13 of its text at most, 8
    /// of `to`, 24, 6 of `n`, 16 digits at most, 9 of `floor`, 16, 15 of `negotiation`, 16, and 13 of `candidate`. A
    /// word that is loaded begins within that, so it ends before byte 153: this is why nothing below asks how much is
    /// left.
    private static let bytesMin = 160
    private static let digitsMax = 16

    /// - Parameter envelope: as it was made; of no use if the answer is `false`.
    @inline(__always)
    static func read(_ frame: UnsafeRawBufferPointer, depthMax: Int, into envelope: inout Envelope) -> Bool {
        guard frame.count >= self.bytesMin, frame.count <= Int(UInt32.max), depthMax >= 1 else { return false }
        // {"type":"
        guard self.word(frame, 0) == 0x7B22_7479_7065_223A, frame[8] == ASCII.quote else { return false }
        var offset = self.readKind(frame, into: &envelope)
        // ","to":"
        guard offset > 0, self.word(frame, offset) == 0x222C_2274_6F22_3A22 else { return false }
        envelope.type = ByteRange(9, offset)
        let to = ByteRange(offset &+ 8, offset &+ 32)
        envelope.to = to
        envelope.recipient = ParticipantID(text: to.bytes(in: frame))
        offset &+= 32
        // ","n":
        guard envelope.recipient != nil, self.word(frame, offset) &>> 16 == 0x222C_226E_223A else { return false }
        offset &+= 6
        guard let n = self.number(frame, &offset) else { return false }
        // ,"floor":
        guard self.word(frame, offset) == 0x2C22_666C_6F6F_7222, frame[offset &+ 8] == ASCII.colon else { return false }
        offset &+= 9
        guard let floor = self.number(frame, &offset), floor <= n else { return false }
        envelope.n = n
        envelope.floor = floor
        if envelope.kind != .signal {
            // ,"negotiation":
            guard self.word(frame, offset) == 0x2C22_6E65_676F_7469,
                self.word(frame, offset &+ 7) == 0x6961_7469_6F6E_223A
            else { return false }
            offset &+= 15
            envelope.negotiation = self.number(frame, &offset)
            guard envelope.negotiation != nil else { return false }
        }
        offset = self.valueStart(frame, offset, envelope.kind)
        guard offset > 0 else { return false }
        let end = JSONLexer.afterValue(frame, offset, depthMax: depthMax &- 1)
        guard end > 0, end &+ 1 == frame.count, frame[end] == ASCII.closeBrace else { return false }
        envelope.payload = ByteRange(offset, end)
        return true
    }

    /// - Returns: where the closing quote of the type has to be; 0: it is none of those that are read here.
    @inline(__always)
    private static func readKind(_ frame: UnsafeRawBufferPointer, into envelope: inout Envelope) -> Int {
        switch self.word(frame, 9) {
        // signal",
        case 0x7369_676E_616C_222C:
            envelope.kind = .signal
            return 15
        // ice-cand
        case 0x6963_652D_6361_6E64:
            // andidate
            guard self.word(frame, 14) == 0x616E_6469_6461_7465 else { return 0 }
            envelope.kind = .iceCandidate
            return 22
        // offer","
        case 0x6F66_6665_7222_2C22:
            envelope.kind = .offer
            return 14
        // answer",
        case 0x616E_7377_6572_222C:
            envelope.kind = .answer
            return 15
        default: return 0
        }
    }

    /// - Returns: where the payload begins; 0: it is not next, or none that this kind may have.
    @inline(__always)
    private static func valueStart(_ frame: UnsafeRawBufferPointer, _ offset: Int, _ kind: MessageKind) -> Int {
        let word = self.word(frame, offset)
        // ,"data":
        if kind == .signal { return word == 0x2C22_6461_7461_223A ? offset &+ 8 : 0 }
        if kind == .iceCandidate {
            // ,"candid and didate":
            guard word == 0x2C22_6361_6E64_6964, self.word(frame, offset &+ 5) == 0x6469_6461_7465_223A else {
                return 0
            }
            // An object or null.
            let first = frame[offset &+ 13]
            return first == ASCII.openBrace || first == 0x6E ? offset &+ 13 : 0
        }
        // ,"sdp":"
        return word == 0x2C22_7364_7022_3A22 ? offset &+ 7 : 0
    }

    /// 1 to 2⁵³ - 1, without a leading zero; `nil` for anything else.
    @inline(__always)
    private static func number(_ frame: UnsafeRawBufferPointer, _ offset: inout Int) -> UInt64? {
        guard frame[offset] != ASCII.zero else { return nil }
        let end = offset &+ self.digitsMax
        var value: UInt64 = 0
        while offset < end, ASCII.isDigit(frame[offset]) {
            value = value &* 10 &+ UInt64(frame[offset] &- ASCII.zero)
            offset &+= 1
        }
        // Without a digit, or with one too many, what follows is not what has to.
        return value >= 1 && value <= countMax ? value : nil
    }

    /// Eight bytes, the first one highest.
    @inline(__always)
    private static func word(_ frame: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
        UInt64(bigEndian: frame.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
}
