import ParleyProtocol
import ParleyServer
import Testing

@Suite("Lines on which nobody is")
struct LineShelfTests {
    private static let line = RoomID(high: 1, low: 1)
    private static let other = RoomID(high: 1, low: 2)
    private static let end = Instant(milliseconds: 900)

    private func shelf(asleep: Int = 1) -> LineShelf {
        var limits = Limits()
        limits.lineIdleMilliseconds = 500
        limits.linesAsleepMax = asleep
        return LineShelf(limits: limits)
    }

    @Test("a line leaves the memory once it was idle for so long, and no sooner")
    func idle() {
        var shelf = self.shelf()
        shelf.changed(Self.line, isIdle: true, now: 1_000)
        shelf.changed(Self.line, isIdle: true, now: 1_400)
        #expect(shelf.toClose(now: 1_499) == [])
        #expect(shelf.toClose(now: 1_500) == [Self.line])
        shelf.changed(Self.line, isIdle: false, now: 1_500)
        #expect(shelf.toClose(now: 9_000) == [], "somebody has come")
        #expect(shelf.idleCount == 0)
    }

    @Test("one that is asleep is ended when its time is over, unless it is held again")
    func asleep() {
        var shelf = self.shelf()
        shelf.changed(Self.line, isIdle: true, now: 0)
        shelf.closed(Self.line, end: Self.end)
        #expect(shelf.toClose(now: 9_000) == [])
        #expect(shelf.toEnd(at: Instant(milliseconds: 899)) == [])
        #expect(shelf.toEnd(at: Self.end) == [Self.line])
        shelf.changed(Self.line, isIdle: true, now: 1)
        #expect((shelf.asleepCount, shelf.idleCount) == (0, 1))
    }

    @Test("of one more than so many the end is nobody's business here")
    func bound() {
        var shelf = self.shelf()
        for line in [Self.line, Self.other] {
            shelf.changed(line, isIdle: true, now: 0)
            shelf.closed(line, end: Self.end)
        }
        #expect(shelf.toEnd(at: Self.end) == [Self.line])
        shelf.closed(Self.other, end: nil)
        #expect((shelf.asleepCount, shelf.idleCount) == (1, 0))
    }
}
