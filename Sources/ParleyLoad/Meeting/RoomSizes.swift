/// How large rooms are: sizes with their weights, such as `2:50,4:30,10:20`.
public struct RoomSizes: Hashable, Sendable {
    public struct Share: Hashable, Sendable {
        public let size: Int
        public let weight: Int
    }

    public let shares: [Share]
    public static let usual = RoomSizes(shares: [
        Share(size: 2, weight: 50), Share(size: 4, weight: 30), Share(size: 8, weight: 15),
        Share(size: 16, weight: 5),
    ])

    private init(shares: [Share]) { self.shares = shares }

    /// - Returns: `nil` for anything but numbers from 1 to 1,000, each with a weight from 1 to 1,000,000.
    public init?(_ text: String) {
        var shares: [Share] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let numbers = part.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
            guard numbers.count == 2, let size = numbers[0], let weight = numbers[1],
                (1...1_000).contains(size),
                (1...1_000_000).contains(weight)
            else { return nil }
            shares.append(Share(size: size, weight: weight))
        }
        self.shares = shares
    }

    public var text: String { self.shares.map { "\($0.size):\($0.weight)" }.joined(separator: ",") }

    /// - Returns: so many sizes; the same for the same seed.
    package func sizes(_ count: Int, seed: UInt64) -> [Int] {
        var generator = SeededGenerator(seed: seed)
        let sum = self.shares.reduce(0) { $0 + $1.weight }
        return (0..<count).map { _ in
            var rest = Int(generator.share() * Double(sum))
            for share in self.shares {
                if rest < share.weight { return share.size }
                rest -= share.weight
            }
            return self.shares.last?.size ?? 1
        }
    }
}
