import ParleyProtocol
import ParleyRooms
import Testing

@Suite struct GuessLimitTests {
    private static func identity(_ number: UInt64) -> IdentityID { IdentityID(high: 3, low: number) }

    /// How many guesses are judged if one is tried every tenth of a second for so long.
    private static func guesses(seconds: Int64, identities: UInt64) -> Int {
        var limit = GuessLimit()
        var judged = 0
        for tenth in 0..<seconds * 10 {
            let now = Instant(milliseconds: tenth * 100)
            let identity = Self.identity(UInt64(tenth) % identities)
            guard limit.begin(identity, at: now) == nil else { continue }
            judged += 1
            limit.failed(identity, at: now)
        }
        return judged
    }

    @Test func `a PIN guessed 1,000 times by one identity is judged eight times`() {
        // 3 at once, then after 2, 4, 8, 16 and 32 seconds; the next pause is a minute.
        #expect(Self.guesses(seconds: 100, identities: 1) == 8)
    }

    @Test func `a PIN guessed by 1,000 identities is judged thirty times a minute`() {
        #expect(Self.guesses(seconds: 100, identities: 1_000) == 60)
    }

    @Test func `whoever knows the PIN is not slowed down, and guessing at once brings no more guesses`() {
        var limit = GuessLimit()
        for number in 0..<200 as Range<UInt64> {
            #expect(limit.begin(Self.identity(number), at: Instant(milliseconds: 0)) == nil)
            limit.succeeded(Self.identity(number))
        }
        let judged = (0..<1_000 as Range<UInt64>).count { number in
            limit.begin(Self.identity(number), at: Instant(milliseconds: 1)) == nil
        }
        #expect(judged == 30)
        #expect(limit.begin(Self.identity(7), at: Instant(milliseconds: 1)) == 60_000)
    }

    @Test func `so many are free, then each pause is twice the one before, up to the longest`() {
        var limits = Limits()
        (limits.wrongPINsFree, limits.wrongPINPauseMilliseconds, limits.wrongPINPauseMillisecondsMax) = (2, 100, 350)
        var limit = GuessLimit(limits: Shared(limits))
        var now = Instant(milliseconds: 0)
        for pause in [nil, 100, 200, 350, 350] as [UInt64?] {
            #expect(limit.begin(Self.identity(1), at: now) == nil)
            limit.failed(Self.identity(1), at: now)
            #expect(limit.begin(Self.identity(1), at: now.advanced(milliseconds: 0)) == pause)
            if let pause { now = now.advanced(milliseconds: Int(pause)) }
        }
    }

    @Test func `all together have so many a minute`() {
        var limits = Limits()
        limits.wrongPINsPerMinute = 2
        var limit = GuessLimit(limits: Shared(limits))
        for (number, milliseconds, wait) in [
            (1, 0, nil), (2, 1_000, nil), (3, 2_000, 58_000), (3, 59_999, 1), (3, 60_000, nil), (4, 60_000, 1_000),
        ] as [(UInt64, Int64, UInt64?)] {
            #expect(limit.begin(Self.identity(number), at: Instant(milliseconds: milliseconds)) == wait)
        }
    }

    @Test func `so many guessers are counted, and the longest quiet one is forgotten`() {
        var limits = Limits()
        (limits.guessersMax, limits.wrongPINsFree, limits.wrongPINsPerMinute) = (3, 1, 1_000)
        var limit = GuessLimit(limits: Shared(limits))
        for number in 1...3 as ClosedRange<UInt64> {
            limit.failed(Self.identity(number), at: Instant(milliseconds: Int64(number)))
        }
        // The first one guesses again, so the second one is the quiet one.
        limit.failed(Self.identity(1), at: Instant(milliseconds: 4))
        limit.failed(Self.identity(4), at: Instant(milliseconds: 5))
        let waits = (1...4 as ClosedRange<UInt64>).map {
            limit.begin(Self.identity($0), at: Instant(milliseconds: 6)) != nil
        }
        #expect(waits == [true, false, true, true])
    }
}
