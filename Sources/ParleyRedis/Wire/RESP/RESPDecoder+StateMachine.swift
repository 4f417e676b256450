package import NIOCore
package import ParleyProtocol

/// Why what a server says is no RESP, or too much of it.
package enum RESPViolation: Error, Hashable, Sendable {
    case malformed
    case tooLong
    case tooDeep
}

/// Finds whole values in what is read, however it is cut.
///
/// First it looks for the end of a value, and remembers how far it has come; only a whole one is built, of slices. So
/// each byte of a header is looked at twice and each byte of a text not at all.
package struct RESPDecoderStateMachine: Sendable {
    private let limits: Limits
    private var unread = ByteBuffer()
    /// Of the value that is looked at, relative to its first byte: where the next header begins.
    private var offset = 0
    /// No line ends before it.
    private var searched = 0
    /// How many values are still to come in each array that is open.
    private var open: [Int] = []
    private var elements = 0
    private var isEnded = false

    package init(limits: Limits) { self.limits = limits }

    package mutating func feed(_ bytes: ByteBuffer) {
        if self.unread.readableBytes == 0 {
            self.unread = bytes
        } else {
            self.unread.writeImmutableBuffer(bytes)
        }
    }

    /// Nil if the next value is not whole yet. After a violation there is none any more.
    package mutating func next() throws(RESPViolation) -> RESPValue? {
        guard !self.isEnded else { return nil }
        do throws(RESPViolation) {
            guard try self.findEnd() else { return nil }
            guard var value = self.unread.readSlice(length: self.offset) else { return nil }
            (self.offset, self.searched, self.elements) = (0, 0, 0)
            return try RESPBuilder.value(&value)
        } catch {
            self.isEnded = true
            self.unread = ByteBuffer()
            throw error
        }
    }

    /// - Returns: whether all bytes up to `offset` are there and make one value.
    private mutating func findEnd() throws(RESPViolation) -> Bool {
        let view = self.unread.readableBytesView
        while self.offset == 0 || !self.open.isEmpty {
            guard let end = try self.lineEnd(in: view) else { return false }
            let first = view.startIndex + self.offset
            let header = RESPHeader(view[first])
            let line = view[(first + 1)..<(view.startIndex + end)]
            self.offset = end + 2
            self.searched = self.offset
            var opened = 0
            switch header {
            case .line: break
            case .text(let canBeNull):
                let length = try RESPHeader.length(line, canBeNull: canBeNull)
                if length >= 0 { self.offset = try self.offset(after: length) }
            case .values(let each, let extra, let canBeNull):
                let count = try RESPHeader.length(line, canBeNull: canBeNull)
                // A bound above which no number overflows below.
                guard count <= self.limits.redisElementsMax else { throw .tooLong }
                opened = max(0, count) * each + extra
            case nil: throw .malformed
            }
            guard self.offset <= self.limits.redisAnswerBytesMax else { throw .tooLong }
            try self.count(opened)
        }
        return self.offset <= view.count
    }

    /// One value has begun, with so many inside.
    private mutating func count(_ opened: Int) throws(RESPViolation) {
        if opened > 0 {
            guard self.open.count < self.limits.redisDepthMax else { throw .tooDeep }
            self.elements += opened
            guard self.elements <= self.limits.redisElementsMax else { throw .tooLong }
            self.open.append(opened)
            return
        }
        while let left = self.open.last {
            guard left == 1 else {
                self.open[self.open.count - 1] = left - 1
                return
            }
            self.open.removeLast()
        }
    }

    private func offset(after length: Int) throws(RESPViolation) -> Int {
        guard length <= self.limits.redisAnswerBytesMax - min(self.offset, self.limits.redisAnswerBytesMax) else {
            throw .tooLong
        }
        return self.offset + length + 2
    }

    /// Relative to the value's first byte, where the line that begins at `offset` has its CR.
    private mutating func lineEnd(in view: ByteBufferView) throws(RESPViolation) -> Int? {
        guard self.offset < view.count else { return nil }
        let from = view.startIndex + max(self.searched, self.offset)
        guard let newline = view[from...].firstIndex(of: UInt8(ascii: "\n")) else {
            self.searched = view.count
            // With the CR, which may be there already.
            guard view.count - self.offset <= self.limits.redisLineBytesMax + 1 else { throw .tooLong }
            return nil
        }
        let end = newline - view.startIndex - 1
        guard end - self.offset <= self.limits.redisLineBytesMax else { throw .tooLong }
        guard end > self.offset, view[newline - 1] == UInt8(ascii: "\r") else { throw .malformed }
        return end
    }
}

/// What the first byte of a value says of it.
enum RESPHeader {
    /// It ends with its line.
    case line
    /// So many bytes and an end of line follow.
    case text(canBeNull: Bool)
    /// So many times `each` values follow, and `extra` ones.
    case values(each: Int, extra: Int, canBeNull: Bool)

    init?(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: ":"), UInt8(ascii: "_"), UInt8(ascii: ","),
            UInt8(ascii: "#"), UInt8(ascii: "("):
            self = .line
        case UInt8(ascii: "$"): self = .text(canBeNull: true)
        case UInt8(ascii: "="), UInt8(ascii: "!"): self = .text(canBeNull: false)
        case UInt8(ascii: "*"): self = .values(each: 1, extra: 0, canBeNull: true)
        case UInt8(ascii: "~"), UInt8(ascii: ">"): self = .values(each: 1, extra: 0, canBeNull: false)
        case UInt8(ascii: "%"): self = .values(each: 2, extra: 0, canBeNull: false)
        // Attributes stand before the value that they belong to.
        case UInt8(ascii: "|"): self = .values(each: 2, extra: 1, canBeNull: false)
        default: return nil
        }
    }

    /// -1 is null where that can be; no other negative number is a length.
    static func length(_ digits: some Collection<UInt8>, canBeNull: Bool) throws(RESPViolation) -> Int {
        if canBeNull, digits.elementsEqual("-1".utf8) { return -1 }
        guard !digits.isEmpty else { throw .malformed }
        var length = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { throw .malformed }
            let (product, isTooLarge) = length.multipliedReportingOverflow(by: 10)
            let (sum, isTooMuch) = product.addingReportingOverflow(Int(digit - UInt8(ascii: "0")))
            guard !isTooLarge, !isTooMuch else { throw .tooLong }
            length = sum
        }
        return length
    }
}
