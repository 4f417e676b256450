/// By which rules a room is decided and evolved. It has the same ones for its whole life, on whatever node: a version
/// of Parley knows those of the version before as well, and new rooms get newer ones when all nodes know them.
public struct RoomSemantics: RawRepresentable, Hashable, Comparable, Sendable {
    public let rawValue: Int64

    public init(rawValue: Int64) {
        self.rawValue = rawValue
    }

    /// Grows when ``Room/decide(_:)`` or ``Room/evolve(_:)`` change their meaning.
    public static let current = RoomSemantics(rawValue: 6)
    /// The oldest that this version knows. What differs: its rooms are meetings, in which nobody is rung.
    public static let oldest = RoomSemantics(rawValue: 5)
    /// The same rules under the next number: what happens when two versions meet can be seen before there are two.
    public static let trial = RoomSemantics(rawValue: 7)
    /// Of rooms whose creation does not say.
    static let unsaid = RoomSemantics(rawValue: 5)

    /// Rooms of other kinds than meetings, and rings.
    var knowsCalls: Bool { self >= Self(rawValue: 6) }

    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}
