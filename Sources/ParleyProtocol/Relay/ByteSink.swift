/// Takes the parts of a frame in their order.
protocol ByteSink {
    mutating func put(_ text: StaticString)
    mutating func put(_ bytes: UnsafeRawBufferPointer)
    mutating func put(_ number: UInt64)
    mutating func put(_ identifier: Identifier<some IdentifierKind>)
}

/// Counts what would be written.
struct ByteCounter: ByteSink {
    var count = 0

    @inline(__always)
    mutating func put(_ text: StaticString) { self.count &+= text.utf8CodeUnitCount }
    @inline(__always)
    mutating func put(_ bytes: UnsafeRawBufferPointer) { self.count &+= bytes.count }
    @inline(__always)
    mutating func put(_ number: UInt64) { self.count &+= Decimal.count(number) }
    @inline(__always)
    mutating func put(_ identifier: Identifier<some IdentifierKind>) { self.count &+= 24 }
}

/// Writes into memory that is long enough: whoever makes one has counted first, with the same visitor, so that what is
/// put here never ends behind ``ByteCounter/count`` bytes. That, and not a check for each part, is why it stays within
/// its memory.
struct BytePlacer: ByteSink {
    private let base: UnsafeMutableRawPointer?
    private(set) var offset = 0

    init(_ buffer: UnsafeMutableRawBufferPointer) {
        self.base = buffer.baseAddress
    }

    @inline(__always)
    mutating func put(_ text: StaticString) {
        self.put(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    @inline(__always)
    mutating func put(_ bytes: UnsafeRawBufferPointer) {
        guard let target = self.base, let source = bytes.baseAddress else { return }
        (target + self.offset).copyMemory(from: source, byteCount: bytes.count)
        self.offset &+= bytes.count
    }

    @inline(__always)
    mutating func put(_ number: UInt64) {
        self.offset &+= Decimal.write(number, to: self.rest(20))
    }

    @inline(__always)
    mutating func put(_ identifier: Identifier<some IdentifierKind>) {
        identifier.write(to: self.rest(24))
        self.offset &+= 24
    }

    /// What the next part is written to, which is not longer than that.
    @inline(__always)
    private func rest(_ bytesMax: Int) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: self.base.map { $0 + self.offset }, count: bytesMax)
    }
}
