/// What a device says it can do; an ability that is not mentioned is absent.
public struct Abilities: Hashable, Sendable {
    /// It can take back its own offer.
    public var rollback: Bool
    /// It accepts candidates one by one.
    public var trickle: Bool
    /// It can restart ICE.
    public var restart: Bool

    public init(rollback: Bool = false, trickle: Bool = false, restart: Bool = false) {
        self.rollback = rollback
        self.trickle = trickle
        self.restart = restart
    }
}
