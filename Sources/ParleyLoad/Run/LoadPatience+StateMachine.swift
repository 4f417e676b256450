/// How long one waits behind the end for what may still be on its way.
///
/// Nothing new for 2.5 s: what is missing is lost. While people still hold different states of a room one waits for
/// longer, since a server looks every three seconds for what another one has not been able to tell it.
package struct LoadPatience: Sendable {
    package static let silenceNanoseconds: UInt64 = 2_500_000_000
    package static let agreementNanoseconds: UInt64 = 8_000_000_000

    private var heard: UInt64 = 0
    private var last: UInt64

    /// - Parameter now: nanoseconds, of whichever beginning.
    package init(at now: UInt64) { self.last = now }

    /// Something has come since one looked last.
    package mutating func note(heard: UInt64, at now: UInt64) {
        guard heard != self.heard else { return }
        (self.heard, self.last) = (heard, now)
    }

    /// Nothing that is on its way would have taken so long.
    package func isSilent(at now: UInt64) -> Bool { now - min(now, self.last) >= Self.silenceNanoseconds }

    /// Asked where it ``isSilent(at:)``.
    package func isOver(areAgreed: Bool, at now: UInt64) -> Bool {
        let silence = now - min(now, self.last)
        return silence >= (areAgreed ? Self.silenceNanoseconds : Self.agreementNanoseconds)
    }
}
