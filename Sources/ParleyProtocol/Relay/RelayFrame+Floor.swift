extension RelayFrame {
    /// The floor in what ``write(to:)`` has written, without looking at the payload: `floor` stands right behind `n`,
    /// and `n` behind two strings of ours, in which there is no comma.
    ///
    /// - Returns: 1, as for a signal without a floor, for bytes that no relay frame has written.
    public static func floor(in frame: UnsafeRawBufferPointer) -> UInt64 {
        var offset = 0
        let headMax = min(frame.count, 128)
        while offset < headMax, !Self.stands(",\"n\":", in: frame, at: offset) { offset += 1 }
        guard offset < headMax else { return 1 }
        offset += 5
        while offset < frame.count, Self.digit(frame[offset]) != nil { offset += 1 }
        guard Self.stands(",\"floor\":", in: frame, at: offset) else { return 1 }
        offset += 9
        var floor: UInt64 = 0
        while offset < frame.count, let digit = Self.digit(frame[offset]) {
            let (tens, tooMany) = floor.multipliedReportingOverflow(by: 10)
            let (sum, tooMuch) = tens.addingReportingOverflow(digit)
            guard !tooMany, !tooMuch else { return 1 }
            floor = sum
            offset += 1
        }
        return max(1, floor)
    }

    private static func stands(_ word: StaticString, in frame: UnsafeRawBufferPointer, at offset: Int) -> Bool {
        offset <= frame.count - word.utf8CodeUnitCount && frame.holds(word, at: offset)
    }

    private static func digit(_ byte: UInt8) -> UInt64? {
        (0x30...0x39).contains(byte) ? UInt64(byte - 0x30) : nil
    }
}
