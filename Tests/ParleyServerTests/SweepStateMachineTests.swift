import ParleyServer
import Testing

struct SweepStateMachineTests {
    private static let interval: UInt64 = 250

    /// Everybody, as the gateway keeps them: whoever goes is replaced by the last one.
    private struct People {
        var list: [Int]
        var visits: [Int: Int] = [:]
        var absences: [Int: UInt64] = [:]

        mutating func visit(_ part: SweepStateMachine.Part) {
            for place in part.places.reversed() where place < self.list.count {
                self.visits[self.list[place], default: 0] += 1
                self.absences[self.list[place], default: 0] += part.absence
            }
        }

        mutating func remove(at place: Int) {
            let last = self.list.removeLast()
            if place < self.list.count { self.list[place] = last }
        }
    }

    @Test(arguments: [0, 1, 256])
    func `A few are visited in one go`(count: Int) throws {
        var sweep = SweepStateMachine(interval: Self.interval)
        for now in [UInt64(1_000), 1_250] {
            let begun = sweep.begin(count: count, now: now)
            let part = try #require(begun)
            #expect(part.places == 0..<count)
            #expect(part.absence == 0)
            #expect(part.isLast)
        }
    }

    @Test(arguments: [257, 1_000, 2_560, 2_561, 10_000])
    func `Many are visited in parts, each once`(count: Int) throws {
        var sweep = SweepStateMachine(interval: Self.interval)
        var people = People(list: Array(0..<count))
        let begun = sweep.begin(count: count, now: 1_000)
        var part = try #require(begun)
        people.visit(part)
        var parts = 1
        while !part.isLast {
            #expect(part.places.count == max(256, (count + 9) / 10))
            part = sweep.next(count: count, now: 1_000 + UInt64(parts) * 25)
            people.visit(part)
            parts += 1
        }
        #expect(parts <= 10)
        #expect(people.visits.count == count)
        #expect(people.visits.values.allSatisfy { $0 == 1 })
    }

    @Test func `Nobody is left out when others go and come meanwhile`() throws {
        var sweep = SweepStateMachine(interval: Self.interval)
        var people = People(list: Array(0..<5_000))
        let begun = sweep.begin(count: 5_000, now: 1_000)
        var part = try #require(begun)
        people.visit(part)
        var step = 0
        while !part.isLast {
            for place in [0, 17, 4_000, people.list.count - 1] where place < people.list.count {
                people.remove(at: place)
            }
            people.list.append(10_000 + step)
            step += 1
            part = sweep.next(count: people.list.count, now: 1_000 + UInt64(step) * 25)
            people.visit(part)
        }
        let missed = people.list.filter { $0 < 10_000 && people.visits[$0] == nil }
        #expect(missed == [])
    }

    @Test func `A sweep that is late is not begun again`() throws {
        var sweep = SweepStateMachine(interval: Self.interval)
        let begun = sweep.begin(count: 600, now: 1_000)
        let early = sweep.begin(count: 600, now: 1_250)
        let second = sweep.next(count: 600, now: 1_251)
        let third = sweep.next(count: 600, now: 1_252)
        let next = sweep.begin(count: 600, now: 1_500)
        #expect(begun?.places == 344..<600)
        #expect(early == nil)
        #expect(second.places == 88..<344)
        #expect(!second.isLast)
        #expect(third.places == 0..<88)
        #expect(third.isLast)
        #expect(next?.places == 344..<600)
    }

    @Test(arguments: [10, 600, 10_000], [0, 1, 2])
    func `Everybody hears once that nobody has looked`(count: Int, partsBefore: Int) throws {
        var sweep = SweepStateMachine(interval: Self.interval)
        var people = People(list: Array(0..<count))
        var now: UInt64 = 1_000
        let begun = sweep.begin(count: count, now: now)
        var part = try #require(begun)
        for _ in 0..<partsBefore where !part.isLast {
            now += 25
            part = sweep.next(count: count, now: now)
        }
        now += 2_250
        for _ in 0..<30 {
            // While a sweep goes on, the beginning of the next one is refused.
            if let begun = sweep.begin(count: count, now: now) {
                part = begun
            } else {
                part = sweep.next(count: count, now: now)
            }
            people.visit(part)
            now += 25
        }
        #expect(people.absences.count == count)
        #expect(people.absences.values.allSatisfy { $0 == 2_000 })
    }

    @Test func `Some lateness is no absence`() throws {
        var sweep = SweepStateMachine(interval: Self.interval)
        _ = sweep.begin(count: 1, now: 1_000)
        let late = sweep.begin(count: 1, now: 1_750)
        let away = sweep.begin(count: 1, now: 2_501)
        #expect(late?.absence == 0)
        #expect(away?.absence == 501)
    }
}
