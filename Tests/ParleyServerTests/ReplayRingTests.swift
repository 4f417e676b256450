import NIOCore
import ParleyProtocol
import ParleyServer
import Testing

@Suite("The frames that are kept")
struct ReplayRingTests {
    private func position(_ sequence: UInt64, uid: UInt64? = nil) -> Position {
        Position(generation: 1, sequence: sequence, uid: uid ?? sequence)
    }

    /// The frame that leads to position n has number n - 1, for the first one has number 0.
    private func ring(_ count: UInt64, entriesMax: Int = 4, bytesMax: Int = 1_000, bytes: Int = 10) -> ReplayRing {
        var limits = Limits()
        limits.replayEntriesMax = entriesMax
        limits.replayBytesMax = bytesMax
        var ring = ReplayRing(limits: limits)
        for sequence in 1...count {
            #expect(ring.append(self.frame(sequence, bytes: bytes)) == sequence - 1)
        }
        return ring
    }

    private func frame(_ sequence: UInt64, bytes: Int = 10) -> ReplayRing.Frame {
        let bytes = ByteBuffer(repeating: UInt8(truncatingIfNeeded: sequence), count: bytes)
        return .init(at: self.position(sequence), after: self.position(sequence - 1), bytes: bytes)
    }

    @Test("the frame after a position has a number, and nothing follows the newest yet")
    func replay() {
        let ring = self.ring(3)
        #expect(ring.number(after: self.position(0)) == 0)
        #expect(ring.number(after: self.position(1)) == 1)
        #expect(ring.number(after: self.position(3)) == 3)
        #expect(ring[1]?.at == self.position(2))
        #expect(ring[3] == nil)
    }

    @Test("numbers go on and name the same frames, however much is forgotten")
    func numbers() {
        let ring = self.ring(100)
        #expect(ring.numbers == 96..<100)
        #expect(ring[95] == nil)
        #expect(ring.numbers.map { ring[$0]?.at.sequence } == [97, 98, 99, 100])
        #expect(ring.number(after: self.position(98)) == 98)
    }

    @Test("a position that is too old, of the future, or of another history is not known")
    func unknown() {
        let ring = self.ring(9)
        #expect(ring.number(after: self.position(4)) == nil)
        #expect(ring.number(after: self.position(5)) == 5)
        #expect(ring.number(after: self.position(10)) == nil)
        #expect(ring.number(after: self.position(8, uid: 77)) == nil)
        #expect(ring.number(after: self.position(9, uid: 77)) == nil)
        #expect(ring.number(after: Position(generation: 2, sequence: 8, uid: 8)) == nil)
    }

    @Test("entries and bytes are bounded; a frame that is longer than everything is not kept, and counted")
    func bounds() {
        #expect(self.ring(100).numbers.count == 4)
        let short = self.ring(100, entriesMax: 100, bytesMax: 55)
        #expect(short.numbers == 95..<100)
        #expect(short.number(after: self.position(94)) == nil)
        var long = self.ring(2, bytesMax: 5)
        #expect(long.numbers == 2..<2)
        #expect(long.number(after: self.position(1)) == nil)
        #expect(long.append(self.frame(3, bytes: 5)) == 2)
        #expect(long.numbers == 2..<3)
    }

    @Test("nothing leads over a reset, and no number comes back")
    func reset() {
        var ring = self.ring(3)
        ring.removeAll()
        #expect(ring.number(after: self.position(3)) == nil)
        #expect(ring.numbers == 3..<3)
        #expect(ring.append(self.frame(2)) == 3)
        #expect(ring[3]?.at == self.position(2))
    }
}
