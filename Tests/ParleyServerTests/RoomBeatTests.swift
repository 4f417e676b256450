import ParleyProtocol
import ParleyServer
import Testing

@Suite("What a room says now and then")
struct RoomBeatTests {
    private var beat = RoomBeat()
    private let here = Position(generation: 1, sequence: 5, uid: 5)
    private let there = Position(generation: 1, sequence: 6, uid: 6)

    @Test("the hash when the room has changed, and every third time in any case")
    mutating func hashes() {
        for tells in [true, false, true, false, false, true] {
            let plan = self.beat.plan(at: self.here)
            #expect(plan.tellsHash == tells)
            if plan.tellsHash { self.beat.tell(hash("a"), at: self.here) }
        }
        #expect(self.beat.plan(at: self.there).tellsHash)
    }

    @Test("the same number in another history is another place")
    mutating func histories() {
        self.beat.tell(hash("a"), at: self.here)
        #expect(self.beat.plan(at: Position(generation: 1, sequence: 5, uid: 77)).tellsHash)
    }

    @Test("everybody's round trip every third time, and to whoever has come")
    mutating func everybody() {
        #expect(
            (1...6).map { _ in self.beat.plan(at: self.here).tellsEverybody } == [
                false, false, true, false, false, true,
            ]
        )
        self.beat.somebodyCame()
        #expect(self.beat.plan(at: self.here).tellsEverybody)
        #expect(self.beat.plan(at: self.here).tellsEverybody == false)
    }

    @Test("a doubt about where the room is, or about what was told, is judged; about another place it is not")
    mutating func doubts() {
        let now = (self.there, hash("now"))
        #expect(self.beat.contradicts(hash("now"), at: self.there, current: now) == false)
        #expect(self.beat.contradicts(hash("else"), at: self.there, current: now))
        #expect(self.beat.contradicts(hash("else"), at: self.here, current: now) == false)
        self.beat.tell(hash("then"), at: self.here)
        #expect(self.beat.contradicts(hash("else"), at: self.here, current: now))
        #expect(self.beat.contradicts(hash("then"), at: self.here, current: now) == false)
    }

    @Test("what was told is not remembered for ever")
    mutating func bounded() {
        for sequence in UInt64(1)...5 {
            self.beat.tell(hash("\(sequence)"), at: Position(generation: 1, sequence: sequence, uid: sequence))
        }
        let now = (self.there, hash("now"))
        let first = Position(generation: 1, sequence: 1, uid: 1)
        let second = Position(generation: 1, sequence: 2, uid: 2)
        #expect(self.beat.contradicts(hash("else"), at: first, current: now) == false)
        #expect(self.beat.contradicts(hash("else"), at: second, current: now))
    }

    // MARK: Round trips

    @Test("half of a round trip is the newest measurement; people are told whole milliseconds, at least one")
    func estimate() {
        var estimate = RoundTripEstimate()
        #expect(estimate.milliseconds == nil)
        estimate.add(microseconds: 40_400)
        #expect(estimate.milliseconds == 40)
        estimate.add(microseconds: 20_000)
        #expect(estimate.microseconds == 30_200)
        estimate = RoundTripEstimate()
        estimate.add(microseconds: 80)
        #expect(estimate.milliseconds == 1)
        estimate.add(microseconds: .max)
        estimate.add(microseconds: -1)
        #expect((estimate.microseconds ?? 0) > 0)
    }

    @Test("news is what is new, and a change of more than 10 ms and more than a fifth")
    func news() {
        #expect(RoundTripEstimate.isNews(5, told: nil))
        #expect(RoundTripEstimate.isNews(15, told: 5) == false)
        #expect(RoundTripEstimate.isNews(16, told: 5))
        #expect(RoundTripEstimate.isNews(120, told: 100) == false)
        #expect(RoundTripEstimate.isNews(121, told: 100))
        #expect(RoundTripEstimate.isNews(79, told: 100))
    }
}

private func hash(_ text: String) -> StateHash { StateHash(of: .string(text)) }
