import ParleyServer
import Testing

@Suite("How far a connection has come")
struct StreamCursorTests {
    private var cursor = StreamCursor(next: .frame(7), patienceMilliseconds: 30_000)

    @Test("frames come in order, and then nothing")
    mutating func order() {
        for number in UInt64(7)..<10 {
            #expect(self.cursor.step(kept: 5..<10, now: 0) == .frame(number))
            self.cursor.sent(number)
        }
        #expect(self.cursor.step(kept: 5..<10, now: 0) == .none)
        #expect(self.cursor.next == .frame(10))
    }

    @Test("what is not said to be sent is asked for again")
    mutating func unsent() {
        #expect(self.cursor.step(kept: 5..<10, now: 0) == .frame(7))
        #expect(self.cursor.step(kept: 5..<10, now: 0) == .frame(7))
    }

    @Test("the oldest frame that is kept is still in time, the one before it is not")
    mutating func edge() {
        #expect(self.cursor.step(kept: 7..<9, now: 0) == .frame(7))
        #expect(self.cursor.step(kept: 8..<9, now: 0) == .resync)
    }

    @Test("who fell behind gets one snapshot and goes on from there")
    mutating func resync() {
        #expect(self.cursor.step(kept: 20..<30, now: seconds(1)) == .resync)
        self.cursor.seek(30)
        #expect(self.cursor.step(kept: 20..<31, now: seconds(1)) == .frame(30))
    }

    @Test("a resync that could not be sent is a snapshot to be sent, and no second loss")
    mutating func unsentResync() {
        #expect(self.cursor.step(kept: 20..<30, now: seconds(1)) == .resync)
        #expect(self.cursor.step(kept: 40..<50, now: seconds(2)) == .snapshot(namesJoin: false))
    }

    @Test("a second time within 30 s is too slow, after that it is a first time")
    mutating func tooSlow() {
        #expect(self.cursor.step(kept: 20..<30, now: seconds(1)) == .resync)
        self.cursor.seek(30)
        var other = self.cursor
        #expect(self.cursor.step(kept: 40..<50, now: seconds(31) - 1) == .tooSlow)
        #expect(other.step(kept: 40..<50, now: seconds(31)) == .resync)
        other.seek(50)
        #expect(other.step(kept: 60..<70, now: seconds(60)) == .tooSlow)
    }

    @Test("another connection is not blamed for the earlier one")
    mutating func forgiven() {
        #expect(self.cursor.step(kept: 20..<30, now: seconds(1)) == .resync)
        self.cursor.forgive()
        self.cursor.seek(25)
        #expect(self.cursor.step(kept: 40..<50, now: seconds(2)) == .resync)
    }

    @Test("a snapshot for another reason is no loss, and answers the join if that is still to be answered")
    mutating func otherSnapshots() {
        self.cursor.needSnapshot()
        #expect(self.cursor.step(kept: 0..<99, now: 0) == .snapshot(namesJoin: false))
        self.cursor.needSnapshot(namesJoin: true)
        self.cursor.needSnapshot()
        #expect(self.cursor.step(kept: 0..<99, now: 0) == .snapshot(namesJoin: true))
        self.cursor.seek(99)
        #expect(self.cursor.step(kept: 200..<201, now: 0) == .resync)
    }
}

private func seconds(_ seconds: UInt64) -> UInt64 { seconds * 1_000_000_000 }
