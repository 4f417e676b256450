/// The beat of a client as programs write it: `{"type":"beat"}` or `{"type":"beat","ack":{"p_…":7}}`, without a space.
///
/// After signals it is what is said most often. It is read where it lies; whatever is written in another way is decoded
/// in full, see ``ClientMessage``, with the same result.
public enum PlainBeat {
    /// A beat about more senders is decoded in full: names must not repeat, and comparing each with each is quick only
    /// for a few.
    private static let countMax = 16

    /// - Parameters:
    ///   - frame: UTF-8; the transport has checked that.
    ///   - marks: empty; what is acknowledged is appended in the order of the frame.
    /// - Returns: `false` if it is written differently; `marks` are then of no use.
    public static func read(_ frame: UnsafeRawBufferPointer, into marks: inout [Watermark]) -> Bool {
        var reader = PlainReader(frame)
        guard reader.skip("{\"type\":\"beat\"") else { return false }
        guard reader.skip(",\"ack\":{") else { return reader.skip("}") && reader.isAtEnd }
        repeat {
            guard marks.count < Self.countMax, reader.skip("\""),
                let sender: ParticipantID = reader.identifier(), reader.skip("\":"),
                let n = reader.watermark(), !marks.contains(where: { $0.participant == sender })
            else { return false }
            marks.append(Watermark(participant: sender, n: n))
        } while reader.skip(",")
        return reader.skip("}}") && reader.isAtEnd
    }
}

/// Reads what is written in exactly one way.
private struct PlainReader {
    private let frame: UnsafeRawBufferPointer
    private var offset = 0

    init(_ frame: UnsafeRawBufferPointer) {
        self.frame = frame
    }

    var isAtEnd: Bool { self.offset == self.frame.count }

    mutating func skip(_ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard self.frame.count - self.offset >= count, self.frame.holds(text, at: self.offset) else { return false }
        self.offset += count
        return true
    }

    mutating func identifier<Kind>() -> Identifier<Kind>? {
        guard self.frame.count - self.offset >= 24 else { return nil }
        let text = UnsafeRawBufferPointer(rebasing: self.frame[self.offset..<(self.offset + 24)])
        self.offset += 24
        return Identifier<Kind>(text: text)
    }

    /// 0 to 2⁵³ - 1, without a leading zero.
    mutating func watermark() -> UInt64? {
        let start = self.offset
        var value: UInt64 = 0
        while self.offset < self.frame.count, ASCII.isDigit(self.frame[self.offset]), self.offset - start < 16 {
            value = value * 10 + UInt64(self.frame[self.offset] - ASCII.zero)
            self.offset += 1
        }
        let isNumber = self.offset > start && (self.frame[start] != ASCII.zero || self.offset == start + 1)
        return isNumber && value <= countMax ? value : nil
    }
}
