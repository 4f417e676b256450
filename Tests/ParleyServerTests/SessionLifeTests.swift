import NIOCore
import ParleyProtocol
import ParleyServer
import Testing

@Suite("The life of a session")
struct SessionLifeTests {
    private var life = SessionLife(debounceMilliseconds: 1_000, graceMilliseconds: 30_000)

    @Test("who is back within a second was never away")
    mutating func hidden() {
        self.life.detach(now: 0)
        #expect(self.life.tick(now: ms(999)) == .none)
        #expect(self.life.attach() == .hidden)
        #expect(self.life.tick(now: ms(60_000)) == .none)
    }

    @Test("who is away for longer is interrupted once, and everybody hears of the return")
    mutating func visible() {
        self.life.detach(now: 0)
        #expect(self.life.tick(now: ms(1_000)) == .interrupt)
        #expect(self.life.isInterrupted)
        #expect(self.life.tick(now: ms(2_000)) == .none)
        #expect(self.life.attach() == .visible)
        #expect(self.life.isAttached)
    }

    @Test("who was silent for long is interrupted at once")
    mutating func dark() {
        self.life.detach(now: 0)
        #expect(self.life.tellAtOnce() == true)
        #expect(self.life.tellAtOnce() == false)
        #expect(self.life.tick(now: ms(1_000)) == .none)
        #expect(self.life.attach() == .visible)
    }

    @Test("who stays away has left once, counted from the loss of the socket")
    mutating func expired() {
        self.life.detach(now: ms(5))
        #expect(self.life.tick(now: ms(1_005)) == .interrupt)
        #expect(self.life.tick(now: ms(30_004)) == .none)
        #expect(self.life.tick(now: ms(30_005)) == .expire)
        #expect(self.life.tick(now: ms(30_006)) == .none)
        #expect(self.life.attach() == .refused)
    }

    @Test("each loss begins a debounce and a grace of its own")
    mutating func again() {
        self.life.detach(now: 0)
        #expect(self.life.tick(now: ms(1_000)) == .interrupt)
        #expect(self.life.attach() == .visible)
        self.life.detach(now: ms(29_000))
        #expect(self.life.tick(now: ms(29_999)) == .none)
        #expect(self.life.tick(now: ms(30_000)) == .interrupt)
        #expect(self.life.tick(now: ms(58_999)) == .none)
        #expect(self.life.tick(now: ms(59_000)) == .expire)
    }

    @Test("a socket's end that is heard twice changes nothing; a newer socket wins over a living one")
    mutating func races() {
        #expect(self.life.attach() == .hidden)
        self.life.detach(now: 0)
        self.life.detach(now: ms(900))
        #expect(self.life.tick(now: ms(1_000)) == .interrupt)
    }

    @Test("after the end nothing comes")
    mutating func ended() {
        self.life.end()
        self.life.detach(now: 0)
        #expect(self.life.tick(now: ms(90_000)) == .none)
        #expect(self.life.attach() == .refused)
        #expect(self.life.isOver)
    }
}

@Suite("The frames that are kept")
struct ReplayRingTests {
    private func position(_ sequence: UInt64, uid: UInt64? = nil) -> Position {
        Position(generation: 1, sequence: sequence, uid: uid ?? sequence)
    }

    private func ring(_ count: UInt64, entriesMax: Int = 4, bytesMax: Int = 1_000, bytes: Int = 10) -> ReplayRing {
        var limits = Limits()
        limits.replayEntriesMax = entriesMax
        limits.replayBytesMax = bytesMax
        var ring = ReplayRing(limits: limits)
        for sequence in 1...count {
            let bytes = ByteBuffer(repeating: UInt8(truncatingIfNeeded: sequence), count: bytes)
            ring.append(.init(at: self.position(sequence), after: self.position(sequence - 1), bytes: bytes))
        }
        return ring
    }

    @Test("what follows a position comes in order, and nothing follows the newest")
    func replay() {
        let ring = self.ring(3)
        #expect(ring.frames(after: self.position(1))?.map(\.at.sequence) == [2, 3])
        #expect(ring.frames(after: self.position(0))?.map(\.at.sequence) == [1, 2, 3])
        #expect(ring.frames(after: self.position(3))?.isEmpty == true)
    }

    @Test("a position that is too old, of the future, or of another history is not known")
    func unknown() {
        let ring = self.ring(9)
        #expect(ring.frames(after: self.position(4)) == nil)
        #expect(ring.frames(after: self.position(5))?.count == 4)
        #expect(ring.frames(after: self.position(10)) == nil)
        #expect(ring.frames(after: self.position(8, uid: 77)) == nil)
        #expect(ring.frames(after: self.position(9, uid: 77)) == nil)
        #expect(ring.frames(after: Position(generation: 2, sequence: 8, uid: 8)) == nil)
    }

    @Test("entries and bytes are bounded; a frame that is longer than everything is not kept")
    func bounds() {
        #expect(self.ring(100).frames(after: self.position(96))?.count == 4)
        let short = self.ring(100, entriesMax: 100, bytesMax: 55)
        #expect(short.frames(after: self.position(95))?.count == 5)
        #expect(short.frames(after: self.position(94)) == nil)
        let long = self.ring(2, bytesMax: 5)
        #expect(long.frames(after: self.position(1)) == nil)
    }

    @Test("nothing leads over a reset")
    func reset() {
        var ring = self.ring(3)
        ring.removeAll()
        #expect(ring.frames(after: self.position(3)) == nil)
    }
}

private func ms(_ milliseconds: UInt64) -> UInt64 { milliseconds * 1_000_000 }
