public import ParleyProtocol

/// The commands of one participant that were refused since its last accepted one.
///
/// Refusals are not logged. The next accepted command carries them into the log, so that a command
/// sent again gets the outcome that it had, on whatever node. Only the newest
/// ``rememberedMax`` keep their codes; the rest is counted, because numbers must stay dense.
public struct RefusedCommands: Hashable, Sendable {
    public struct Refusal: Hashable, Sendable {
        public let number: UInt64
        public let code: RejectionCode

        public init(number: UInt64, code: RejectionCode) {
            self.number = number
            self.code = code
        }
    }

    /// A part of what the log means, and therefore not taken from one node's `Limits`: two nodes
    /// that remember differently would not hold the same room.
    public static let rememberedMax = Limits().rememberedRejectionsMax

    /// How many there were, remembered or not.
    public private(set) var count: UInt64 = 0
    /// The newest ones, oldest first.
    public private(set) var remembered: [Refusal] = []

    public init() {}

    public mutating func append(_ number: UInt64, _ code: RejectionCode) {
        self.count += 1
        self.remembered.append(Refusal(number: number, code: code))
        self.remembered.removeFirst(max(0, self.remembered.count - Self.rememberedMax))
    }

    /// The outcome of a command of that number, as far as it is remembered.
    public func code(of number: UInt64) -> RejectionCode? {
        self.remembered.last { $0.number == number }?.code
    }
}

extension RefusedCommands: ExpressibleByArrayLiteral {
    public init(arrayLiteral elements: (UInt64, RejectionCode)...) {
        for (number, code) in elements { self.append(number, code) }
    }
}
