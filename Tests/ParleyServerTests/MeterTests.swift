import ParleyProtocol
import ParleyServer
import ParleyTestSupport
import ParleyTransport
import Testing

@Suite("Who costs the most")
struct MeterTests {
    @Test("the dearest first, and of two that are equal always the same")
    func order() {
        var costs = TopCosts<Int>(countMax: 8)
        costs.add(1, Cost(messages: 5))
        costs.add(3, Cost(bytes: 2_048 * 7))
        costs.add(2, Cost(connections: 1))
        costs.add(5, Cost(messages: 2, refused: 3))
        costs.add(1, Cost(messages: 1))
        #expect(costs.top(9).map(\.key) == [2, 3, 1, 5])
        #expect(costs.top(2).map(\.key) == [2, 3])
        #expect(costs.top(1).first?.cost == Cost(connections: 1))
        var equal = TopCosts<Int>(countMax: 8)
        for key in [3, 1, 2] { equal.add(key, Cost(messages: 1)) }
        #expect(equal.top(3).map(\.key) == [1, 2, 3])
    }

    @Test("whoever comes when it is full takes the place of the cheapest, and that is said")
    func replacing() {
        var costs = TopCosts<Int>(countMax: 2)
        costs.add(1, Cost(messages: 10))
        costs.add(2, Cost(messages: 3))
        costs.add(3, Cost(messages: 1))
        #expect(costs.count == 2)
        #expect(costs.top(2).map(\.key) == [1, 3])
        #expect(costs.top(2).map(\.inherited) == [0, 3])
        #expect(costs.top(2).map(\.cost.messages) == [10, 1])
    }

    @Test(
        "whoever has more than its part is always there, whatever else comes",
        arguments: 1...20 as ClosedRange<UInt64>
    )
    func guarantee(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var costs = TopCosts<Int>(countMax: 16)
        var truth: [Int: Int] = [:]
        for _ in 0..<5_000 {
            let key =
                Bool.random(using: &generator)
                ? Int.random(in: 0..<4, using: &generator)
                : Int.random(in: 4..<100_000, using: &generator)
            let cost = Cost(messages: Int.random(in: 1...5, using: &generator))
            truth[key, default: 0] += cost.messages
            costs.add(key, cost)
            #expect(costs.count <= 16)
        }
        let total = truth.values.reduce(0, +)
        let found = costs.top(16)
        for (key, weight) in truth where weight > total / 16 { #expect(found.contains { $0.key == key }) }
        for entry in found {
            let weight = truth[entry.key] ?? 0
            #expect(entry.cost.weight <= weight && weight <= entry.cost.weight + entry.inherited)
        }
    }

    @Test("what was is worth half after a while, and is forgotten in the end")
    func halving() {
        var limits = Limits()
        limits.meterHalfLifeMilliseconds = 1_000
        var meter = CostMeter(limits: limits, now: 0)
        let address = ClientAddress.ipv4(1)
        meter.add(Cost(messages: 8, bytes: 80), address: address)
        meter.add(Cost(messages: 8), address: nil)
        meter.tick(now: 999_999_999)
        #expect(meter.addresses.top(9).map(\.cost) == [Cost(messages: 8, bytes: 80)])
        meter.tick(now: 1_000_000_000)
        #expect(meter.addresses.top(9).map(\.cost) == [Cost(messages: 4, bytes: 40)])
        meter.tick(now: 2_500_000_000)
        meter.tick(now: 3_000_000_000)
        #expect(meter.addresses.top(9).map(\.cost) == [Cost(messages: 1, bytes: 10)])
        meter.tick(now: 3_600_000_000_000)
        #expect(meter.addresses.count == 0)
    }

    @Test("so many of each are remembered, and the cheapest is forgotten")
    func entries() {
        var limits = Limits()
        limits.meterEntriesMax = 3
        var meter = CostMeter(limits: limits, now: 0)
        for number in 1...4 as ClosedRange<UInt32> {
            meter.add(Cost(messages: Int(5 - number)), address: .ipv4(number))
        }
        #expect(meter.addresses.count == 3)
    }

    @Test("a session is counted for its identity and each of its rooms")
    func session() {
        var meter = CostMeter(limits: Limits(), now: 0)
        var random = SystemRandomNumberGenerator()
        let identity = IdentityID(using: &random)
        let rooms = [RoomID(using: &random), RoomID(using: &random)]
        for _ in 1...2 {
            meter.add(Cost(messages: 1), session: SessionID(using: &random), of: identity, in: rooms)
        }
        #expect(meter.sessions.top(9).map(\.cost.messages) == [1, 1])
        #expect(meter.identities.top(9).map(\.cost.messages) == [2])
        #expect(meter.rooms.top(9).map(\.cost.messages) == [2, 2])
    }

    @Test("what several loops have counted is one sum, and who is in none of them keeps nobody out")
    func merging() {
        var first = CostMeter(limits: Limits(), now: 0)
        var second = first
        let (both, one) = (ClientAddress.ipv4(1), ClientAddress.ipv4(2))
        first.add(Cost(messages: 3, bytes: 10), address: both)
        second.add(Cost(messages: 4), address: both)
        second.add(Cost(messages: 5), address: one)
        first.merge(second)
        #expect(first.addresses.top(9).map(\.key) == [both, one])
        #expect(first.addresses.top(9).map(\.cost) == [Cost(messages: 7, bytes: 10), Cost(messages: 5)])

        var small = TopCosts<Int>(countMax: 2)
        small.add(1, Cost(messages: 1))
        small.add(2, Cost(messages: 9))
        var other = TopCosts<Int>(countMax: 2)
        other.add(3, Cost(messages: 4))
        other.add(4, Cost(messages: 2))
        other.add(5, Cost(messages: 8))
        small.merge(other)
        // 5 has taken the place of 4 there, and of the cheapest here.
        #expect(small.count == 2)
        #expect(small.top(2).map(\.key).contains(5))
        #expect(small.top(2).first { $0.key == 5 }.map { $0.inherited >= 2 } == true)
    }
}
