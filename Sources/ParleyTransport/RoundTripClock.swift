/// Measures round trips by pings that carry a number (RFC 6455, section 5.5.3: a pong carries its ping's payload).
///
/// One ping at a time is measured, the oldest that has no answer: a trip that takes longer than the time between two
/// pings is measured as well. A pong for a later one means that the peer has passed over this one, which it may.
package struct RoundTripClock {
    package static let payloadBytes = 8

    private var last: UInt64 = 0
    private var awaited: (number: UInt64, sent: UInt64)?

    package init() {}

    /// - Parameter now: monotonic nanoseconds.
    /// - Returns: what the ping carries, as eight bytes, the highest first.
    package mutating func ping(now: UInt64) -> UInt64 {
        self.last += 1
        if self.awaited == nil { self.awaited = (self.last, now) }
        return self.last
    }

    /// - Returns: the round trip in nanoseconds, if this is the answer that is measured. Others are ignored: a pong
    ///   may come unasked.
    package mutating func pong(_ payload: UnsafeRawBufferPointer, now: UInt64) -> UInt64? {
        guard payload.count == Self.payloadBytes, let awaited = self.awaited else { return nil }
        let number = UInt64(bigEndian: payload.loadUnaligned(as: UInt64.self))
        guard number >= awaited.number, number <= self.last else { return nil }
        self.awaited = nil
        return number == awaited.number && now >= awaited.sent ? now - awaited.sent : nil
    }
}
