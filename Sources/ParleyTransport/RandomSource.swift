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
            var generator = SystemRandomNumberGenerator()
            return generator.next()
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
