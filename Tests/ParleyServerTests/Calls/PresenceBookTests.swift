import ParleyProtocol
import ParleyServer
import Testing

@Suite("Who hears of whom, and when")
struct PresenceBookTests {
    private static let ada = SessionID(high: 0, low: 1)
    private static let bob = SessionID(high: 0, low: 2)
    private static func person(_ number: UInt64) -> IdentityID { IdentityID(high: 7, low: number) }

    private func perform(
        _ book: inout PresenceBook,
        _ step: (inout PresenceBook, inout [PresenceBook.Action]) -> Void
    ) -> [PresenceBook.Action] {
        var actions: [PresenceBook.Action] = []
        step(&book, &actions)
        return actions
    }

    @Test("a person is followed for the first who watches them, and let go of with the last")
    func following() {
        var book = PresenceBook(limits: Limits())
        let one = Self.person(1)
        let two = Self.person(2)
        #expect(
            self.perform(&book) { $0.watch(Self.ada, [one, two], after: 50, now: 0, &$1) }
                == [.follow(one), .follow(two), .schedule(Self.ada, at: 50)]
        )
        #expect(
            self.perform(&book) { $0.watch(Self.bob, [two], after: 50, now: 10, &$1) } == [.schedule(Self.bob, at: 60)]
        )
        #expect(
            self.perform(&book) { $0.watch(Self.ada, [two], after: 50, now: 20, &$1) }
                == [.letGo(one), .schedule(Self.ada, at: 70)]
        )
        #expect(book.fire(Self.ada, now: 50) == nil, "the timer of before")
        #expect(book.fire(Self.ada, now: 70) == [two])
        #expect(self.perform(&book) { $0.leave(Self.ada, &$1) } == [])
        #expect(self.perform(&book) { $0.leave(Self.bob, &$1) } == [.letGo(two)])
        #expect((book.watcherCount, book.personCount) == (0, 0))
    }

    @Test("what changes within the pause is told together")
    func batches() {
        var limits = Limits()
        limits.presenceMilliseconds = 200
        var book = PresenceBook(limits: limits)
        let people = (1...3).map { Self.person($0) }
        _ = self.perform(&book) { $0.watch(Self.ada, people, after: 0, now: 0, &$1) }
        #expect(book.fire(Self.ada, now: 0) == people)
        #expect(self.perform(&book) { $0.changed(people[2], now: 10, &$1) } == [.schedule(Self.ada, at: 200)])
        #expect(self.perform(&book) { $0.changed(people[0], now: 20, &$1) } == [])
        #expect(self.perform(&book) { $0.changed(Self.person(9), now: 20, &$1) } == [])
        #expect(book.fire(Self.ada, now: 199) == nil)
        #expect(book.fire(Self.ada, now: 200) == [people[0], people[2]])
        #expect(book.fire(Self.ada, now: 900) == nil)
        #expect(self.perform(&book) { $0.changed(people[1], now: 1_000, &$1) } == [.schedule(Self.ada, at: 1_000)])
    }

    @Test("one person more than a node follows is not followed")
    func bound() {
        var limits = Limits()
        limits.watchedPerNodeMax = 2
        var book = PresenceBook(limits: limits)
        let people = (1...3).map { Self.person($0) }
        let actions = self.perform(&book) { $0.watch(Self.ada, people, after: 0, now: 0, &$1) }
        #expect(actions == [.follow(people[0]), .follow(people[1]), .schedule(Self.ada, at: 0)])
        #expect(!book.isWatched(people[2]))
        #expect(book.fire(Self.ada, now: 0) == people, "of whom nothing is known is told all the same: nothing")
    }
}

@Suite("Of whom people may know")
struct PeopleRuleTests {
    private let asker = IdentityID(high: 0, low: 1)
    private let other = IdentityID(high: 0, low: 2)

    @Test(
        "by rule, contact and organisation",
        arguments: [
            (PeopleRule.nobody, true, "acme", PeopleRule.Judgement.forbidden),
            (.contacts, true, nil, .allowed), (.contacts, false, "acme", .forbidden),
            (.organisation, true, nil, .allowed), (.organisation, false, nil, .forbidden),
            (.organisation, false, "acme", .ifOf(organisation: "acme")), (.all, false, nil, .allowed),
        ] as [(PeopleRule, Bool, String?, PeopleRule.Judgement)]
    )
    func rules(_ rule: PeopleRule, isContact: Bool, organisation: String?, judgement: PeopleRule.Judgement) {
        #expect(rule.judge(self.asker, of: self.other, isContact: isContact, organisation: organisation) == judgement)
        let oneself = rule.judge(self.asker, of: self.asker, isContact: false, organisation: nil)
        #expect(oneself == .allowed, "everybody may know of themselves")
    }
}
