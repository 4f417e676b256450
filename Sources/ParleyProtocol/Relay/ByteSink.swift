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

/// Writes into memory that is long enough: whoever makes one has counted first.
struct BytePlacer: ByteSink {
    private let buffer: UnsafeMutableRawBufferPointer
    private(set) var offset = 0

    init(_ buffer: UnsafeMutableRawBufferPointer) {
        self.buffer = buffer
    }

    @inline(__always)
    mutating func put(_ text: StaticString) {
        self.put(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    @inline(__always)
    mutating func put(_ bytes: UnsafeRawBufferPointer) {
        self.rest.copyMemory(from: bytes)
        self.offset &+= bytes.count
    }

    @inline(__always)
    mutating func put(_ number: UInt64) {
        self.offset &+= Decimal.write(number, to: self.rest)
    }

    @inline(__always)
    mutating func put(_ identifier: Identifier<some IdentifierKind>) {
        identifier.write(to: self.rest)
        self.offset &+= 24
    }

    @inline(__always)
    private var rest: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: self.buffer[self.offset...])
    }
}
