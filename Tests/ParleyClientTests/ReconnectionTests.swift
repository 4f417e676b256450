import ParleyClient
import ParleyProtocol
import Testing

@Suite("When and where to come back")
struct ReconnectionTests {
    @Test("the first try comes within 250 ms, later ones within twice as long, never after more than 5 s")
    func delays() {
        var reconnection = Reconnection(endpoints: 1)
        let delays = (1...8).map { _ in reconnection.lost(connectedFor: nil, chance: 1) }
        #expect(delays == [250, 500, 1_000, 2_000, 4_000, 5_000, 5_000, 5_000].map { .milliseconds($0) })
        #expect((1...100).allSatisfy { _ in reconnection.lost(connectedFor: nil, chance: 1) == .seconds(5) })
        #expect(reconnection.lost(connectedFor: nil, chance: 0) == .zero)
        #expect(reconnection.lost(connectedFor: nil, chance: 0.5) == .milliseconds(2_500))
    }

    @Test("a connection that did not last does not count as one; one of five seconds does")
    func steady() {
        var reconnection = Reconnection(endpoints: 1)
        _ = reconnection.lost(connectedFor: .seconds(60), chance: 1)
        #expect(reconnection.lost(connectedFor: .milliseconds(4_999), chance: 1) == .milliseconds(500))
        #expect(reconnection.lost(connectedFor: .seconds(5), chance: 1) == .milliseconds(250))
    }

    @Test("addresses are tried in a circle, beginning behind the one that was lost")
    func circle() {
        var reconnection = Reconnection(endpoints: 3)
        let tried = (1...4).map { _ in
            _ = reconnection.lost(connectedFor: nil, chance: 0)
            return reconnection.endpoint
        }
        #expect(tried == [1, 2, 0, 1])
    }

    @Test("with several addresses the pause grows each time that all of them have been tried")
    func rounds() {
        var reconnection = Reconnection(endpoints: 3)
        let delays = (1...7).map { _ in reconnection.lost(connectedFor: nil, chance: 1) }
        #expect(delays == [250, 250, 250, 500, 500, 500, 1_000].map { .milliseconds($0) })
    }

    @Test(
        "a refused upgrade may say when to come again",
        arguments: [
            ("HTTP/1.1 503 x\nServer: y\nRetry-After: 7", Duration.seconds(7)),
            ("HTTP/1.1 503 x\nretry-after:12 ", .seconds(12)),
            ("HTTP/1.1 503 x", nil), ("HTTP/1.1 503 x\nRetry-After: Wed, 21 Oct 2026 07:28:00 GMT", nil),
            ("HTTP/1.1 503 x\nRetry-After: -1", nil), ("HTTP/1.1 503 x\nRetry-After: 99999999999999999999", nil),
        ] as [(String, Duration?)]
    )
    func retryAfter(_ head: String, _ wait: Duration?) {
        #expect(Reconnection.retryAfter(head: head) == wait)
    }

    @Test("who is told not to come back does not")
    func closeCodes() {
        for code in CloseCode.allCases {
            #expect(Reconnection.comesBack(after: code.rawValue) == code.isRetryable)
        }
        for code: UInt16 in [1001, 1006, 1011, 1012, 1013, 1014, 4000, 4499] {
            #expect(Reconnection.comesBack(after: code))
        }
        for code: UInt16 in [1010, 4500, 4777, 4999] { #expect(!Reconnection.comesBack(after: code)) }
        #expect(Reconnection.comesBack(after: nil))
    }
}
