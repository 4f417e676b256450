import ParleyRooms
import ParleyTestSupport
import Testing

private func milliseconds(_ count: UInt64) -> UInt64 { count * 1_000_000 }

@Suite struct RateLimitTests {
    @Test func `a burst, and then so many per second`() {
        var limit = RateLimit(perSecond: 10, burst: 3, now: 0)
        #expect(limit.take(now: 0) == .allowed)
        #expect(limit.take(now: 0) == .allowed)
        #expect(limit.take(now: 0) == .allowed)
        #expect(limit.take(now: 0) == .retryAfterMilliseconds(100))
        #expect(limit.take(now: milliseconds(99)) == .retryAfterMilliseconds(1))
        #expect(limit.take(now: milliseconds(100)) == .allowed)
        #expect(limit.take(now: milliseconds(100)) == .retryAfterMilliseconds(100))
    }

    @Test func `asking takes nothing, spending takes what is there, and some may be left for others`() {
        var limit = RateLimit(perSecond: 10, burst: 100, now: 0)
        func wait(_ count: Int, leaving: Int = 0, _ now: UInt64) -> UInt64? {
            limit.wait(for: count, leaving: leaving, now: milliseconds(now))
        }
        for _ in 1...3 { #expect(wait(100, 0) == nil) }
        // More than there can ever be is there when all of it is.
        #expect(wait(1_000, 0) == nil)
        limit.spend(60, now: 0)
        #expect(wait(40, 0) == nil)
        #expect(wait(41, 0) == 100)
        #expect(wait(30, leaving: 20, 0) == 1_000)
        #expect(wait(30, leaving: 20, 1_000) == nil)
        limit.spend(1_000, now: milliseconds(1_000))
        #expect(wait(1, 1_000) == 100)
        #expect(wait(1, 1_100) == nil)
    }

    @Test func `no more is saved up than the burst, however long the silence`() {
        var limit = RateLimit(perSecond: 1_000_000_000, burst: 2, now: 0)
        let late = UInt64.max
        #expect(limit.take(now: late) == .allowed)
        #expect(limit.take(now: late) == .allowed)
        #expect(limit.take(now: late) == .retryAfterMilliseconds(1))
    }

    @Test func `a clock that goes back brings nothing and costs nothing`() {
        var limit = RateLimit(perSecond: 1, burst: 1, now: milliseconds(5_000))
        #expect(limit.take(now: milliseconds(1_000)) == .allowed)
        #expect(limit.take(now: 0) == .retryAfterMilliseconds(1_000))
        #expect(limit.take(now: milliseconds(5_999)) == .retryAfterMilliseconds(1))
        #expect(limit.take(now: milliseconds(6_000)) == .allowed)
    }

    /// Seven does not divide a second, so any rounding would add up.
    @Test func `nothing drifts in an hour of odd steps`() {
        var limit = RateLimit(perSecond: 7, burst: 30_000, now: 0)
        var generator = SeededGenerator(seed: 3)
        func drain(_ now: UInt64) -> Int {
            var count = 0
            while limit.take(now: now) == .allowed { count += 1 }
            return count
        }
        #expect(drain(0) == 30_000)
        let end = milliseconds(3_600_000)
        var now: UInt64 = 0
        var allowed = 0
        while now < end {
            allowed += drain(now)
            now += UInt64.random(in: 1...milliseconds(1_000), using: &generator)
        }
        allowed += drain(end)
        #expect(allowed == 7 * 3_600)
    }
}

@Suite struct LivenessTests {
    private func liveness() -> Liveness {
        Liveness(silenceMilliseconds: 2_000, darkMilliseconds: 4_500, now: milliseconds(0))
    }

    @Test func `who says nothing is asked twice and then given up, once`() {
        var liveness = self.liveness()
        #expect(liveness.tick(now: milliseconds(1_999)) == .none)
        #expect(liveness.tick(now: milliseconds(2_000)) == .pingAndBeat)
        #expect(liveness.tick(now: milliseconds(2_500)) == .none)
        #expect(liveness.tick(now: milliseconds(3_999)) == .none)
        #expect(liveness.tick(now: milliseconds(4_000)) == .pingAndBeat)
        #expect(liveness.tick(now: milliseconds(4_499)) == .none)
        #expect(liveness.tick(now: milliseconds(4_500)) == .closeDark)
        #expect(liveness.tick(now: milliseconds(9_000)) == .none)
    }

    @Test func `any byte is life`() {
        var liveness = self.liveness()
        #expect(liveness.tick(now: milliseconds(2_000)) == .pingAndBeat)
        liveness.heard(now: milliseconds(2_001))
        #expect(liveness.tick(now: milliseconds(4_500)) == .pingAndBeat)
        #expect(liveness.tick(now: milliseconds(6_500)) == .pingAndBeat)
        #expect(liveness.tick(now: milliseconds(6_501)) == .closeDark)
    }

    @Test func `a client that talks is still told something every silence`() {
        var liveness = self.liveness()
        var beats: [UInt64] = []
        for time in stride(from: 500, through: 10_000, by: 500) as StrideThrough<UInt64> {
            liveness.heard(now: milliseconds(time))
            if liveness.tick(now: milliseconds(time)) == .pingAndBeat { beats.append(time) }
        }
        #expect(beats == [2_000, 4_000, 6_000, 8_000, 10_000])
    }

    @Test func `a client that only listens is still asked every silence`() {
        var liveness = self.liveness()
        var pings: [UInt64] = []
        for time in stride(from: 500, through: 10_000, by: 500) as StrideThrough<UInt64> {
            liveness.said(now: milliseconds(time))
            switch liveness.tick(now: milliseconds(time)) {
            case .pingAndBeat:
                pings.append(time)
                liveness.heard(now: milliseconds(time + 30))
            case .closeDark: Issue.record("it has answered every ping")
            case .none: break
            }
        }
        #expect(pings == [2_000, 4_500, 7_000, 9_500])
    }

    @Test func `a lively connection is never asked`() {
        var liveness = self.liveness()
        for time in stride(from: 100, through: 20_000, by: 100) as StrideThrough<UInt64> {
            liveness.heard(now: milliseconds(time))
            liveness.said(now: milliseconds(time))
            #expect(liveness.tick(now: milliseconds(time)) == .none)
        }
    }

    // MARK: A hint that the network has changed

    @Test func `after a hint there is one second instead of four and a half`() {
        var liveness = self.liveness()
        liveness.expedite(withinMilliseconds: 1_000, now: milliseconds(500))
        #expect(liveness.tick(now: milliseconds(500)) == .none)
        #expect(liveness.tick(now: milliseconds(1_499)) == .none)
        #expect(liveness.tick(now: milliseconds(1_500)) == .closeDark)
        #expect(liveness.tick(now: milliseconds(9_000)) == .none)
    }

    @Test func `whoever answers the ping lives on as before`() {
        var liveness = self.liveness()
        liveness.expedite(withinMilliseconds: 1_000, now: milliseconds(500))
        liveness.heard(now: milliseconds(1_400))
        #expect(liveness.tick(now: milliseconds(1_500)) == .none)
        // The hint and its ping count as heard and said.
        #expect(liveness.tick(now: milliseconds(2_499)) == .none)
        #expect(liveness.tick(now: milliseconds(2_500)) == .pingAndBeat)
        #expect(liveness.tick(now: milliseconds(5_899)) == .pingAndBeat)
        #expect(liveness.tick(now: milliseconds(5_900)) == .closeDark)
    }

    @Test func `what was heard before the hint proves nothing`() {
        var liveness = self.liveness()
        liveness.expedite(withinMilliseconds: 1_000, now: milliseconds(500))
        liveness.heard(now: milliseconds(499))
        #expect(liveness.tick(now: milliseconds(1_500)) == .closeDark)
    }

    @Test func `another hint was heard too, and begins the second anew`() {
        var liveness = self.liveness()
        liveness.expedite(withinMilliseconds: 1_000, now: milliseconds(500))
        liveness.expedite(withinMilliseconds: 1_000, now: milliseconds(1_300))
        #expect(liveness.tick(now: milliseconds(1_500)) == .none)
        #expect(liveness.tick(now: milliseconds(2_299)) == .none)
        #expect(liveness.tick(now: milliseconds(2_300)) == .closeDark)
    }

    @Test func `time in which nobody has listened proves nothing`() {
        var liveness = self.liveness()
        #expect(liveness.tick(now: milliseconds(2_000)) == .pingAndBeat)
        // The loop has been busy for five seconds; the answer is waiting in the socket.
        liveness.excuse(nanoseconds: milliseconds(5_000), now: milliseconds(7_250))
        #expect(liveness.tick(now: milliseconds(7_250)) == .pingAndBeat)
        #expect(liveness.tick(now: milliseconds(9_499)) == .pingAndBeat)
        #expect(liveness.tick(now: milliseconds(9_500)) == .closeDark)
        var doubtful = self.liveness()
        doubtful.expedite(withinMilliseconds: 1_000, now: milliseconds(100))
        doubtful.excuse(nanoseconds: milliseconds(1_500), now: milliseconds(1_700))
        #expect(doubtful.tick(now: milliseconds(2_599)) == .pingAndBeat)
        #expect(doubtful.tick(now: milliseconds(2_600)) == .closeDark)
    }

    @Test func `nobody is excused beyond now`() {
        var liveness = self.liveness()
        liveness.heard(now: milliseconds(3_000))
        liveness.excuse(nanoseconds: milliseconds(9_000), now: milliseconds(4_000))
        #expect(liveness.tick(now: milliseconds(8_499)) == .pingAndBeat)
        #expect(liveness.tick(now: milliseconds(8_500)) == .closeDark)
    }

    @Test func `a hint gives nobody more time than there was`() {
        var liveness = Liveness(silenceMilliseconds: 200, darkMilliseconds: 450, now: milliseconds(0))
        liveness.expedite(withinMilliseconds: 1_000, now: milliseconds(100))
        #expect(liveness.tick(now: milliseconds(549)) == .pingAndBeat)
        #expect(liveness.tick(now: milliseconds(550)) == .closeDark)
    }
}
