import ParleyProtocol
import ParleyServer
import Testing

@Suite("Tokens: for how long a session may go on")
struct SessionAuthorizationTests {
    static let end = Instant(milliseconds: 1_000_000)

    static func authorization(until end: Instant = end) -> Authorization {
        Authorization(identity: nil, name: nil, grant: Grant(), expiresAt: end, token: nil)
    }

    @Test func `it is told a minute before, at the end, and ends half a minute later`() {
        var session = SessionAuthorization(Self.authorization())
        let limits = Limits()
        #expect((limits.tokenWarningMilliseconds, limits.tokenGraceMilliseconds) == (60_000, 30_000))
        func tick(_ milliseconds: Int64) -> SessionAuthorization.Action {
            session.tick(Instant(milliseconds: milliseconds), limits: limits)
        }
        #expect(tick(939_999) == .none)
        #expect(tick(940_000) == .tell(expiresAt: Self.end))
        #expect(tick(940_001) == .none)
        #expect(tick(999_999) == .none)
        #expect(tick(1_000_000) == .tellExpired(withinMilliseconds: 30_000))
        #expect(tick(1_029_999) == .none)
        #expect(session.isGood(at: Instant(milliseconds: 1_029_999), limits: limits))
        #expect(!session.isGood(at: Instant(milliseconds: 1_030_000), limits: limits))
        #expect(tick(1_030_000) == .end)
        #expect(tick(2_000_000) == .none)
    }

    @Test func `a newer token begins anew, in whatever stage`() {
        for before: Int64 in [0, 940_000, 1_000_000] {
            var session = SessionAuthorization(Self.authorization())
            let limits = Limits()
            _ = session.tick(Instant(milliseconds: before), limits: limits)
            _ = session.tick(Instant(milliseconds: before), limits: limits)
            session.renew(Self.authorization(until: Instant(milliseconds: 5_000_000)))
            #expect(session.tick(Instant(milliseconds: 4_939_999), limits: limits) == .none)
            #expect(
                session.tick(Instant(milliseconds: 4_940_000), limits: limits)
                    == .tell(expiresAt: Instant(milliseconds: 5_000_000))
            )
        }
    }

    @Test func `who comes with a token that ends at once is told each thing`() {
        var session = SessionAuthorization(Self.authorization())
        let late = Instant(milliseconds: 9_000_000)
        let limits = Limits()
        let actions = (0..<4).map { _ in session.tick(late, limits: limits) }
        #expect(actions == [.tell(expiresAt: Self.end), .tellExpired(withinMilliseconds: 30_000), .end, .none])
    }
}
