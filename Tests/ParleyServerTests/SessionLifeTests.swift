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

    @Test("who is seen at another node has longer to be in all of its rooms there")
    mutating func moving() {
        self.life = SessionLife(debounceMilliseconds: 1_000, moveMilliseconds: 3_000, graceMilliseconds: 30_000)
        self.life.detach(now: 0)
        self.life.moveAway(now: ms(500))
        #expect(self.life.tick(now: ms(4_499)) == .none)
        // Seen once more, in the next room.
        self.life.moveAway(now: ms(600))
        #expect(self.life.tick(now: ms(4_599)) == .none)
        #expect(self.life.tick(now: ms(4_600)) == .interrupt)
        self.life.moveAway(now: ms(5_000))
        #expect(self.life.tick(now: ms(33_599)) == .none)
        #expect(self.life.tick(now: ms(33_600)) == .expire)
        self.life.moveAway(now: ms(33_601))
        #expect(self.life.isOver)
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

    @Test("whose absence the room shows late, since the engine was away, has the whole grace from then on")
    mutating func toldLate() {
        self.life.detach(now: 0)
        #expect(self.life.tick(now: ms(1_000)) == .interrupt)
        self.life.told(now: ms(1_900))
        #expect(self.life.tick(now: ms(29_999)) == .none)
        self.life.told(now: ms(29_999))
        #expect(self.life.tick(now: ms(59_998)) == .none)
        #expect(self.life.tick(now: ms(59_999)) == .expire)
        self.life.told(now: ms(60_000))
        #expect(self.life.isOver)
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

    @Test("a connection that is lost before it had the session begins the grace anew")
    mutating func almost() {
        self.life.detach(now: 0)
        #expect(self.life.tick(now: ms(1_000)) == .interrupt)
        self.life.detachAgain(now: ms(25_000))
        #expect(self.life.isInterrupted)
        #expect(self.life.tick(now: ms(54_999)) == .none)
        #expect(self.life.tick(now: ms(55_000)) == .expire)
        self.life.detachAgain(now: ms(56_000))
        #expect(self.life.isOver)
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

private func ms(_ milliseconds: UInt64) -> UInt64 { milliseconds * 1_000_000 }
