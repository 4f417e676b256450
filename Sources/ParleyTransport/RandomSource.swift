import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Where ids, secrets and masks come from: the system, or, so that a simulation can repeat itself, a seed.
///
/// An enumeration and not an existential: the choice costs one branch.
package enum RandomSource: RandomNumberGenerator, Sendable {
    case system
    /// SplitMix64 (Steele, Lea, Flood 2014). For simulations: whoever sees one number knows the next.
    case seeded(UInt64)

    package mutating func next() -> UInt64 {
        switch self {
        case .system:
            return RandomReserve.shared.withLock { $0.next() }
        case .seeded(let state):
            let state = state &+ 0x9E37_79B9_7F4A_7C15
            self = .seeded(state)
            var mixed = state
            mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
            return mixed ^ mixed >> 31
        }
    }
}

/// Numbers of the system, asked for some at a time: a system call for each was four times one identifier's worth of
/// work. Every number is given out once and forgotten here.
private struct RandomReserve {
    static let shared = Mutex(RandomReserve())

    /// 256 bytes: what `getentropy` gives at once.
    private static let numbersMax = 32
    private var numbers = [UInt64](repeating: 0, count: Self.numbersMax)
    private var left = 0

    mutating func next() -> UInt64 {
        if self.left == 0 {
            let isFilled = self.numbers.withUnsafeMutableBytes { bytes in
                bytes.baseAddress.map { getentropy($0, bytes.count) == 0 } ?? false
            }
            guard isFilled else {
                var generator = SystemRandomNumberGenerator()
                return generator.next()
            }
            self.left = Self.numbersMax
        }
        self.left -= 1
        defer { self.numbers[self.left] = 0 }
        return self.numbers[self.left]
    }
}
