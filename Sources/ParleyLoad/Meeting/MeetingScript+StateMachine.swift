/// Who comes when into which seat, what they do there, and when they go: Poisson processes from a seed.
package struct MeetingScript: Hashable, Sendable {
    package enum Action: Hashable, Sendable {
        case come(seat: Int)
        case microphone(seat: Int, on: Bool)
        case hand(seat: Int, up: Bool)
        case leave(seat: Int)
    }

    package struct Rates: Hashable, Sendable {
        /// All rooms of this script together.
        package var arrivalsPerSecond = 5.0
        /// On average; 0: until the end.
        package var staySeconds = 30.0
        /// Of each person.
        package var microphonesPerMinute = 6.0
        package var handsPerMinute = 2.0

        package init() {}
    }

    private enum Seat: Hashable, Sendable {
        case empty
        /// Somebody is on the way, in or out.
        case changing
        case taken(Plans)
    }

    private struct Plans: Hashable, Sendable {
        var microphone: UInt64
        var hand: UInt64
        var leave: UInt64
        var isOn = false
        var isUp = false
    }

    private let rates: Rates
    private var seats: [Seat]
    private var generator: SeededGenerator
    private var nextArrival: UInt64
    private var isOver = false

    package init(seats: Int, _ rates: Rates, seed: UInt64, at now: UInt64) {
        self.rates = rates
        self.seats = Array(repeating: .empty, count: seats)
        self.generator = SeededGenerator(seed: seed)
        self.nextArrival = now
    }

    /// Nobody comes any more, and nobody does anything.
    package mutating func end() { self.isOver = true }

    /// What is due, and since when.
    package mutating func due(at now: UInt64) -> [(action: Action, due: UInt64)] {
        guard !self.isOver else { return [] }
        var due: [(Action, UInt64)] = []
        while self.nextArrival <= now {
            let time = self.nextArrival
            self.nextArrival = self.time(after: time, perSecond: self.rates.arrivalsPerSecond)
            if let seat = self.freeSeat() {
                self.seats[seat] = .changing
                due.append((.come(seat: seat), time))
            }
        }
        for index in self.seats.indices {
            guard case .taken(let plans) = self.seats[index] else { continue }
            due.append(contentsOf: self.due(plans, index, now))
        }
        return due
    }

    private mutating func due(_ plans: Plans, _ index: Int, _ now: UInt64) -> [(Action, UInt64)] {
        var (plans, due) = (plans, [(Action, UInt64)]())
        if plans.leave <= now {
            self.seats[index] = .changing
            return [(.leave(seat: index), plans.leave)]
        }
        // One at a time: whoever is late does not do all of it at once.
        if plans.microphone <= now {
            plans.isOn.toggle()
            due.append((.microphone(seat: index, on: plans.isOn), plans.microphone))
            plans.microphone = self.time(
                after: plans.microphone,
                perSecond: self.rates.microphonesPerMinute / 60
            )
        }
        if plans.hand <= now {
            plans.isUp.toggle()
            due.append((.hand(seat: index, up: plans.isUp), plans.hand))
            plans.hand = self.time(after: plans.hand, perSecond: self.rates.handsPerMinute / 60)
        }
        if !due.isEmpty { self.seats[index] = .taken(plans) }
        return due
    }

    /// Whoever was to come there is in the room.
    package mutating func enter(_ seat: Int, at now: UInt64) {
        let stay = self.rates.staySeconds
        self.seats[seat] = .taken(
            Plans(
                microphone: self.time(after: now, perSecond: self.rates.microphonesPerMinute / 60),
                hand: self.time(after: now, perSecond: self.rates.handsPerMinute / 60),
                leave: stay > 0 ? self.time(after: now, perSecond: 1 / stay) : .max
            )
        )
    }

    /// Nobody is there any more.
    package mutating func vacate(_ seat: Int) { self.seats[seat] = .empty }

    /// Exponentially distributed.
    private mutating func time(after time: UInt64, perSecond: Double) -> UInt64 {
        guard perSecond > 0 else { return .max }
        let seconds = -Logarithm.natural(1 - self.generator.share()) / perSecond
        return time + UInt64(min(seconds, 1e6) * 1e9)
    }

    private mutating func freeSeat() -> Int? {
        let free = self.seats.indices.filter { self.seats[$0] == .empty }
        guard !free.isEmpty else { return nil }
        return free[Int(self.generator.next() % UInt64(free.count))]
    }
}
