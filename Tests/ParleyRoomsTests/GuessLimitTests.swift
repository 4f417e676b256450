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
}
