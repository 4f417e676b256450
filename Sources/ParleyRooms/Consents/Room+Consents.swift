import ParleyProtocol

// Questions in a room.

extension Room {
    func decide(_ action: ConsentAction, _ request: MeetingRequest) -> Decision {
        do throws(RejectionCode) {
            switch action {
            case .ask(let question): return try self.decideAsk(question, request)
            case .answer(let number, let answer): return try self.decideAnswer(number, answer, request)
            case .cancel(let number): return try self.decideCancel(number, request)
            }
        } catch {
            return .rejected(error)
        }
    }

    private func decideAsk(
        _ question: ConsentRequest,
        _ request: MeetingRequest
    ) throws(RejectionCode) -> Decision {
        var draft = StageDraft(self, at: request.at)
        var question = question
        let permission = Self.permission(toAsk: question.kind)
        guard let permission, draft.canHold(request.by), self.permits(request.by, permission) else {
            throw .notPermitted
        }
        let asked = try self.asked(question.asked, by: request.by)
        if question.kind == ConsentRequest.remoteControl {
            // One person lends one device, or does not.
            question.rule = .all
            guard asked.count == 1 else { throw .unknownParticipant }
            let isAsked = self.consents.rounds.values.contains { $0.kind == question.kind }
            guard !isAsked, self.floors[.remoteControl]?.isFull == false else { throw .floorBusy }
        }
        draft.say(try self.consents.ask(question, by: request.by, of: asked, at: request.at))
        return .events(draft.events(request.cause))
    }

    /// `nil`: nobody asks that by this command.
    private static func permission(toAsk kind: String) -> Permission? {
        switch kind {
        case ConsentRequest.recording: nil
        case ConsentRequest.remoteControl: .floors
        case ConsentRequest.unmuteAudio, ConsentRequest.unmuteVideo: .mute
        default: .publish
        }
    }

    private func asked(
        _ audience: ConsentAudience,
        by asker: ParticipantID
    ) throws(RejectionCode) -> Set<ParticipantID> {
        let draft = StageDraft(self, at: Instant(milliseconds: 0))
        switch audience {
        case .everybody: return Set(self.people.keys.filter { $0 != asker && draft.canHold($0) })
        case .these(let participants):
            guard participants.allSatisfy(draft.canHold) else { throw .unknownParticipant }
            return Set(participants)
        }
    }

    private func decideAnswer(
        _ number: UInt64,
        _ answer: Bool,
        _ request: MeetingRequest
    ) throws(RejectionCode) -> Decision {
        var draft = StageDraft(self, at: request.at)
        var others: [ParticipantID] = []
        if self.recording?.consent == number, let identity = self.people[request.by]?.identity {
            // Consent to a recording is a person's, not a device's.
            others = self.participants(of: identity).map(\.id).filter { $0 != request.by }
        }
        draft.say(try self.consents.answer(number, answer, by: request.by, also: others))
        return .events(draft.events(request.cause))
    }

    /// The one who asked, or somebody who may mute: an open question is in everybody's way.
    private func decideCancel(_ number: UInt64, _ request: MeetingRequest) throws(RejectionCode) -> Decision {
        var draft = StageDraft(self, at: request.at)
        guard let round = self.consents.rounds[number] else { throw .unknownConsent }
        let isModerated = self.permits(request, .mute) && round.kind != ConsentRequest.recording
        draft.say(try self.consents.cancel(number, by: isModerated ? round.by : request.by))
        return .events(draft.events(request.cause))
    }

    mutating func evolve(_ fact: ConsentFact) -> StatePatches {
        let before = self.consents
        self.consents.evolve(fact)
        let path = [StatePath.consents]
        // The only one comes and goes with the place where questions are.
        guard before.rounds.count + self.consents.rounds.count > 1 else {
            return self.replace(before.json, with: self.consents.json, at: path, in: .stage)
        }
        let number = fact.consent
        return self.replace(
            before.rounds[number]?.json,
            with: self.consents.rounds[number]?.json,
            at: path + ["\(number)"],
            in: .stage
        )
    }
}
