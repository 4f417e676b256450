/// A beat that tells a sender what has been delivered; see ``RelayFrame``. It says what ``ServerBeat`` says, and is not
/// allocated: several are told each second, to everybody who signals.
public struct DeliveredFrame {
    private let time: Instant
    private let delivered: [Watermark]

    /// How many bytes ``write(to:)`` writes.
    public let byteCount: Int

    /// - Parameter delivered: not empty, and each sender once.
    public init(time: Instant, delivered: [Watermark]) {
        assert(!delivered.isEmpty)
        self.time = time
        self.delivered = delivered
        var counter = ByteCounter()
        Self.visit(time, delivered, &counter)
        self.byteCount = counter.count
    }

    /// Writes exactly ``byteCount`` bytes.
    public func write(to buffer: UnsafeMutableRawBufferPointer) {
        assert(buffer.count >= self.byteCount)
        var writer = BytePlacer(buffer)
        Self.visit(self.time, self.delivered, &writer)
        assert(writer.offset == self.byteCount)
    }

    @inline(__always)
    private static func visit(_ time: Instant, _ delivered: [Watermark], _ sink: inout some ByteSink) {
        sink.put("{\"type\":\"beat\",\"time\":")
        sink.put(UInt64(max(0, time.milliseconds)))
        sink.put(",\"delivered\":{")
        for index in delivered.indices {
            sink.put(index == 0 ? "\"" : ",\"")
            sink.put(delivered[index].participant)
            sink.put("\":")
            sink.put(delivered[index].n)
        }
        sink.put("}}")
    }
}
