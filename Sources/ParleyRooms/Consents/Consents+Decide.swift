public import ParleyProtocol

/// Consents as they will be, and what is said on the way: each fact is judged against those before it.
struct ConsentDraft {
    private(set) var consents: Consents
    private(set) var facts: [ConsentFact] = []

    init(_ consents: Consents) { self.consents = consents }

    mutating func say(_ number: UInt64, _ change: ConsentFact.Change) {
        let fact = ConsentFact(number, change)
        self.consents.evolve(fact)
        self.facts.append(fact)
    }

    mutating func close(_ number: UInt64, _ outcome: ConsentRound.Outcome) {
        guard let round = self.consents.rounds[number] else { return }
        self.say(number, .closed(outcome, kind: round.kind))
    }

    mutating func settle(_ number: UInt64) {
        guard let outcome = self.consents.rounds[number]?.certain else { return }
        self.close(number, outcome)
    }
}

extension Consents {
    /// Puts a question.
    ///
    /// Whether somebody may ask this is decided before; here it is only counted.
    /// - Parameters:
    ///   - request: whose `asked` is not looked at.
    ///   - asked: who is to answer; not the one who asks.
    /// - Returns: one fact.
    public func ask(
        _ request: ConsentRequest,
        by asker: ParticipantID,
        of asked: Set<ParticipantID>,
        at instant: Instant,
        limits: Limits = Limits()
    ) throws(RejectionCode) -> [ConsentFact] {
        guard !asked.isEmpty, !asked.contains(asker) else { throw .unknownParticipant }
        guard asked.count <= limits.consentAskedMax else { throw .tooMany }
        guard self.rounds.count < limits.consentsOpenMax else { throw .tooMany }
        guard self.rounds.values.count(where: { $0.by == asker }) < limits.consentsPerAskerMax else { throw .tooMany }
        let round = ConsentRound(
            kind: request.kind,
            by: asker,
            since: instant,
            deadline: instant.advanced(milliseconds: request.deadlineMilliseconds),
            rule: request.rule,
            question: request.question,
            asked: asked
        )
        return [ConsentFact(self.last + 1, .asked(round))]
    }

    /// An answer may be given again, and differently, for as long as the question is open: the log decides
    /// whether it comes before the end or after it.
    ///
    /// - Parameter also: other devices of the same person, for which it counts, too, where they are asked.
    public func answer(
        _ number: UInt64,
        _ answer: Bool,
        by participant: ParticipantID,
        also others: [ParticipantID] = []
    ) throws(RejectionCode) -> [ConsentFact] {
        guard let round = self.rounds[number] else { throw .unknownConsent }
        guard round.asked.contains(participant) else { throw .notAsked }
        guard round.answers[participant] != answer else { throw .noChange }
        var draft = ConsentDraft(self)
        for person in [participant] + others where round.asked.contains(person) && round.answers[person] != answer {
            draft.say(number, .answered(person, answer))
        }
        draft.settle(number)
        return draft.facts
    }

    /// The one who asked wants no answer any more.
    public func cancel(_ number: UInt64, by participant: ParticipantID) throws(RejectionCode) -> [ConsentFact] {
        guard let round = self.rounds[number] else { throw .unknownConsent }
        guard round.by == participant else { throw .notAsked }
        return self.close(number, .cancelled)
    }

    /// For those who have put the question on somebody's behalf.
    public func close(_ number: UInt64, _ outcome: ConsentRound.Outcome) -> [ConsentFact] {
        var draft = ConsentDraft(self)
        draft.close(number, outcome)
        return draft.facts
    }

    // MARK: Without anybody asking for it

    /// Somebody has left the room, or several have at once.
    public func leave(_ participants: [ParticipantID]) -> [ConsentFact] {
        guard !self.rounds.isEmpty else { return [] }
        var draft = ConsentDraft(self)
        for number in self.numbers {
            guard let round = self.rounds[number] else { continue }
            if participants.contains(round.by) {
                draft.close(number, .cancelled)
                continue
            }
            let gone = participants.filter { round.asked.contains($0) }
            for participant in gone { draft.say(number, .excused(participant)) }
            if !gone.isEmpty { draft.settle(number) }
        }
        return draft.facts
    }

    /// The questions whose time is over.
    public func due(at instant: Instant) -> [ConsentFact] {
        var draft = ConsentDraft(self)
        for number in self.numbers where self.rounds[number].map({ $0.deadline <= instant }) ?? false {
            draft.close(number, .expired)
        }
        return draft.facts
    }
}
