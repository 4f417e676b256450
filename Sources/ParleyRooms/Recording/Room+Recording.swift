import ParleyProtocol

// The recording of a room.

extension Room {
    func decide(_ action: RecordingAction, _ request: MeetingRequest) -> Decision {
        do throws(RejectionCode) {
            switch action {
            case .start(let milliseconds): return try self.decideStart(milliseconds, request)
            case .stop: return try self.decideStop(request)
            case .answer(let answer): return try self.decideAnswer(answer, request)
            }
        } catch {
            return .rejected(error)
        }
    }

    private func decideStart(
        _ deadlineMilliseconds: Int,
        _ request: MeetingRequest
    ) throws(RejectionCode) -> Decision {
        var draft = StageDraft(self, at: request.at)
        guard let recorder = self.people[request.by], draft.canHold(request.by), self.permits(request, .record) else {
            throw .notPermitted
        }
        guard self.recording?.by != recorder.id else { throw .noChange }
        draft.say(try self.floors.begin(.recording, by: recorder.id, at: request.at))
        let rule = self.rules.recordingConsent
        let asked = rule == .all ? self.toBeRecorded(besides: recorder.identity) : []
        guard !asked.isEmpty else {
            let started = Recording.start(by: recorder.id, recorder.identity, rule: rule, question: nil, at: request.at)
            draft.say([started])
            return .events(draft.events(request.cause))
        }
        let question = ConsentRequest(
            kind: ConsentRequest.recording,
            asked: .everybody,
            deadlineMilliseconds: deadlineMilliseconds,
            rule: .all
        )
        let facts = try self.consents.ask(question, by: recorder.id, of: asked, at: request.at)
        draft.say(facts)
        let number = facts.first?.consent
        draft.say([Recording.start(by: recorder.id, recorder.identity, rule: rule, question: number, at: request.at)])
        return .events(draft.events(request.cause))
    }

    /// Everybody who may be heard or seen.
    private func toBeRecorded(besides identity: IdentityID) -> Set<ParticipantID> {
        let others = self.people.values.filter { $0.identity != identity && self.permits($0.id, .publish) }
        return Set(others.map(\.id))
    }

    private func decideStop(_ request: MeetingRequest) throws(RejectionCode) -> Decision {
        guard let recording = self.recording else { throw .noChange }
        guard recording.by == request.by || self.permits(request, .record) else { throw .notPermitted }
        var draft = StageDraft(self, at: request.at)
        draft.endRecording(.stopped)
        return .events(draft.events(request.cause))
    }

    /// Whoever is asked answers the question, in whichever words; whoever has come later answers for the record.
    private func decideAnswer(_ answer: Bool, _ request: MeetingRequest) throws(RejectionCode) -> Decision {
        guard let recording = self.recording else { throw .unknownConsent }
        guard let participant = self.people[request.by] else { throw .notJoined }
        if let number = recording.consent, self.consents.rounds[number]?.asked.contains(participant.id) == true {
            return self.decide(ConsentAction.answer(number, answer), request)
        }
        // Who is neither heard nor seen has no say in it.
        guard self.permits(participant.id, .publish) else { throw .notAsked }
        var draft = StageDraft(self, at: request.at)
        for fact in try recording.answer(answer, by: participant.id, participant.identity) {
            switch fact {
            case .refused(let ending), .stopped(let ending): draft.endRecording(ending)
            case .asked, .started, .answered: draft.say([fact])
            }
        }
        return .events(draft.events(request.cause))
    }

    mutating func evolve(_ fact: RecordingFact) -> StatePatches {
        let before = self.recording
        Recording.evolve(&self.recording, fact)
        return self.replace(before?.json, with: self.recording?.json, at: [StatePath.recording], in: .stage)
    }
}
