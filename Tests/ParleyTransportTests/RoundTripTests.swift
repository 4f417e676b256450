import NIOCore
import ParleyTransport
import Testing

struct RoundTripTests {
    private func pong(_ clock: inout RoundTripClock, _ number: UInt64, now: UInt64) -> UInt64? {
        bigEndian(number).withUnsafeBytes { clock.pong($0, now: now) }
    }

    @Test func `A ping and its pong`() {
        var clock = RoundTripClock()
        let number = clock.ping(now: 100)
        #expect(self.pong(&clock, number, now: 130) == 30)
        #expect(self.pong(&clock, number, now: 140) == nil, "measured once")
        let next = clock.ping(now: 200)
        #expect(next != number)
        #expect(self.pong(&clock, next, now: 250) == 50)
    }

    @Test func `A pong that nobody asked for measures nothing`() {
        var clock = RoundTripClock()
        #expect(self.pong(&clock, 1, now: 5) == nil)
        let number = clock.ping(now: 100)
        #expect(self.pong(&clock, number + 1, now: 101) == nil)
        #expect(self.pong(&clock, 0, now: 102) == nil)
        let short: [UInt8] = [1, 2, 3]
        #expect(short.withUnsafeBytes { clock.pong($0, now: 103) } == nil)
        #expect(self.pong(&clock, number, now: 110) == 10)
    }

    @Test func `A trip that is longer than the time between two pings is measured as well`() {
        var clock = RoundTripClock()
        let first = clock.ping(now: 0)
        let second = clock.ping(now: 2_000)
        #expect(self.pong(&clock, first, now: 3_000) == 3_000)
        #expect(self.pong(&clock, second, now: 5_000) == nil)
        let third = clock.ping(now: 6_000)
        #expect(self.pong(&clock, third, now: 6_010) == 10)
    }

    @Test func `A peer may answer only the newest ping`() {
        var clock = RoundTripClock()
        _ = clock.ping(now: 0)
        let second = clock.ping(now: 2_000)
        #expect(self.pong(&clock, second, now: 2_100) == nil)
        let third = clock.ping(now: 4_000)
        #expect(self.pong(&clock, third, now: 4_100) == 100)
    }

    @Test func `A connection tells what its newest ping took, once`() throws {
        let accepted = try Accepted.upgraded()
        accepted.connection.ping()
        accepted.transport.flushDirty()
        let sent = accepted.sent()
        #expect(Array(sent.prefix(2)) == [0x89, 8])
        accepted.pass(.milliseconds(34))
        try accepted.receive(frame(0xA))
        #expect(accepted.connection.takeRoundTrip() == nil)
        try accepted.receive(frame(0xA, Array(sent.dropFirst(2))))
        #expect(accepted.connection.takeRoundTrip() == .milliseconds(34))
        #expect(accepted.connection.takeRoundTrip() == nil)
        #expect(accepted.recorder.log == [])
    }
}
