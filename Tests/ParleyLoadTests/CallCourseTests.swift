import ParleyLoad
import ParleyProtocol
import Testing

@Suite("What must be true of each call of a load")
struct CallCourseTests {
    private static let room = RoomID(high: 1, low: 1)
    private var course = CallCourse(devices: 2)
    private var verdict = Verdict()

    private mutating func take(
        _ step: (inout CallCourse, inout Verdict, inout [CallCourse.Effect]) -> Void
    ) -> [CallCourse.Effect] {
        var effects: [CallCourse.Effect] = []
        step(&self.course, &self.verdict, &effects)
        return effects
    }

    private mutating func rings(_ device: Int, at now: UInt64 = 20) -> [CallCourse.Effect] {
        self.take { $0.rings(on: device, Self.room, ring: 1, at: now, &$1, &$2) }
    }

    private mutating func stops(_ device: Int, _ reason: String = "answered") -> [CallCourse.Effect] {
        self.take { $0.ringEnded(on: device, Self.room, reason: reason, at: 50, &$1, &$2) }
    }

    private mutating func ends(_ isCaller: Bool) -> [CallCourse.Effect] {
        self.take { $0.ended(byCaller: isCaller, Self.room, reason: "hung-up", at: 60, &$1, &$2) }
    }

    /// Until somebody has answered.
    private mutating func answer() {
        #expect(self.take { $0.begin(due: 10, &$2) } == [.call])
        _ = self.take { course, verdict, _ in course.called(Self.room, &verdict) }
        #expect(
            self.rings(0) == [.measured(.untilItRings, from: 10), .accept(device: 0, Self.room, ring: 1)]
        )
        #expect(self.rings(1) == [.measured(.untilItRings, from: 10)])
        #expect(self.take { $0.answered(Self.room, at: 30, &$1, &$2) } == [.measured(.untilAnswered, from: 20)])
    }

    @Test("rings, answered, hung up: measured, and the next device answers the next call")
    mutating func whole() {
        self.answer()
        #expect(self.take { $0.tick(talking: 15, at: 44, &$2) } == [])
        #expect(self.take { $0.tick(talking: 15, at: 45, &$2) } == [.hangUp])
        #expect(self.stops(0) == [])
        #expect(self.ends(true) == [])
        #expect(self.ends(false) == [.measured(.untilBothHaveHeard, from: 45)])
        #expect(!self.course.isIdle)
        #expect(self.stops(1) == [.measured(.whole, from: 10), .done])
        #expect(self.course.isIdle && self.course.count == 1 && self.verdict.isGood)
        _ = self.take { $0.begin(due: 100, &$2) }
        #expect(self.rings(0).count == 1)
        #expect(self.rings(1).contains(.accept(device: 1, Self.room, ring: 1)))
    }

    @Test("twice, another end, and what never comes are seen")
    mutating func wrong() {
        self.answer()
        _ = self.rings(0)
        #expect(self.verdict.twice == 1)
        _ = self.stops(0)
        _ = self.stops(0)
        #expect(self.verdict.twice == 2)
        var cancelled = self
        _ = cancelled.stops(1, "cancelled")
        #expect(cancelled.verdict.faultCount == 1)
        var early = self
        #expect(early.ends(false) == [.done])
        #expect(early.verdict.faultCount == 1)
        _ = self.take { $0.tick(talking: 0, at: 45, &$2) }
        _ = self.ends(true)
        self.course.settle(&self.verdict)
        // One device rings on, and whoever was called has not heard the end.
        #expect(self.verdict.ghosts == 1 && self.verdict.lost == 1)
    }

    @Test("a call that does not ring is lost")
    mutating func silent() {
        _ = self.take { $0.begin(due: 10, &$2) }
        self.course.settle(&self.verdict)
        #expect(self.verdict.lost == 3)
        #expect(self.take { $0.abandon(&$2) } == [.done])
        #expect(self.course.isIdle && self.course.count == 0)
    }
}

@Suite("Who watches whom in a load")
struct WatchedPeopleTests {
    @Test("each is watched by so many, and a change is missing until all of these have heard of the newest")
    func changes() {
        var people = WatchedPeople(count: 5, watchers: 2)
        var verdict = Verdict()
        let watchers = (0..<5).map { person in (0..<5).filter { people.watched(by: $0).contains(person) } }
        #expect(watchers.allSatisfy { $0.count == 2 })
        #expect(people.missing == 0)
        let first = people.change(2, due: 7)
        let second = people.change(2, due: 9)
        #expect(people.missing == 2)
        #expect(people.heard(1, of: 2, number: first, &verdict) == nil)
        #expect(people.heard(1, of: 2, number: second, &verdict) == 9)
        #expect(people.heard(1, of: 2, number: second, &verdict) == nil)
        #expect(people.missing == 1)
        #expect(verdict.isGood)
        _ = people.heard(1, of: 2, number: first, &verdict)
        #expect(verdict.disordered == 1)
        #expect(people.heard(0, of: 2, number: second, &verdict) == 9)
        #expect(people.missing == 0)
        _ = people.heard(2, of: 2, number: second, &verdict)
        _ = people.heard(0, of: 2, number: second + 1, &verdict)
        #expect(verdict.altered == 2)
        #expect(WatchedPeople(count: 2, watchers: 9).watchers == 1)
    }
}
