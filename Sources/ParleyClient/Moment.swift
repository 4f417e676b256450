/// When something happens, and the luck it has: what the machines of this target are told instead of asking a clock
/// or dice.
package struct Moment: Hashable, Sendable {
    /// Since an origin of the driver's choice; never goes back.
    package var time: Duration
    /// 0 ≤ chance < 1, fresh for every moment.
    package var chance: Double

    package init(time: Duration, chance: Double = 0) {
        self.time = time
        self.chance = chance
    }
}
