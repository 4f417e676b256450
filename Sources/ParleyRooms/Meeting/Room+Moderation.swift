package import ParleyProtocol

// Who is heard, and who wants to be.

extension Room {
    func decide(_ action: ModerationAction, _ request: MeetingRequest) -> Decision {
        switch action {
        case .mute(let id, let kinds): self.decideMute(id, kinds, request)
        case .muteAll(let all): self.decideMuteAll(all, request)
        case .allowSpeak(let id, let allowed): self.decideAllowSpeak(id, allowed, request)
        case .askUnmute(let ids, let kinds): self.decideAskUnmute(ids, kinds, request)
        case .raiseHand(let toSpeak): self.decideRaiseHand(toSpeak, request)
        case .lowerHand(let id): self.decideLowerHand(id ?? request.by, request)
        case .lowerHands: self.decideLowerHands(request)
        case .speaker(let id): self.decideSpeaker(id, request)
        }
    }

    /// Whoever may mute does it to equals and to those below: not to the host.
    private func mayMute(_ participant: Participant, _ request: MeetingRequest) -> Bool {
        guard self.permits(request, .mute) else { return false }
        guard let asker = self.people[request.by] else { return request.isOperators }
        return participant.role.rank <= asker.role.rank
    }

    private func decideMute(_ id: ParticipantID, _ kinds: MediaKinds, _ request: MeetingRequest) -> Decision {
        guard self.permits(request, .mute) else { return .rejected(.notPermitted) }
        guard let participant = self.people[id] else { return .rejected(.unknownParticipant) }
        guard self.mayMute(participant, request) else { return .rejected(.notPermitted) }
        var muted = participant
        muted.mute(kinds, by: request.muter)
        guard muted != participant else { return .rejected(.noChange) }
        return request.events([.moderation(.muted(id, kinds, by: request.muter))])
    }

    private func decideMuteAll(_ all: ModerationAction.MuteAll, _ request: MeetingRequest) -> Decision {
        guard self.permits(request, .mute) else { return .rejected(.notPermitted) }
        let muter = request.muter
        let changesRule = all.mayUnmute.map { $0 != self.rules.mayUnmute } ?? false
        guard changesRule || self.people.values.contains(where: { self.after(all, $0, by: muter) != $0 }) else {
            return .rejected(.noChange)
        }
        return request.events([.moderation(.allMuted(all, by: muter))])
    }

    private func decideAllowSpeak(_ id: ParticipantID, _ allowed: Bool, _ request: MeetingRequest) -> Decision {
        guard self.permits(request, .mute) else { return .rejected(.notPermitted) }
        guard let participant = self.people[id] else { return .rejected(.unknownParticipant) }
        // Who is counted is not heard: bring them to the stage.
        guard participant.role != .observer, participant.isListed else { return .rejected(.invalidRole) }
        guard allowed || self.mayMute(participant, request) else { return .rejected(.notPermitted) }
        let after = self.after(speakAllowed: allowed, participant, by: request.muter)
        guard after != participant else { return .rejected(.noChange) }
        return request.events([.moderation(.speakAllowed(id, allowed, by: request.muter))])
    }

    /// One question for each kind, to all of them; what they answer, they answer for themselves.
    private func decideAskUnmute(
        _ ids: [ParticipantID],
        _ kinds: MediaKinds,
        _ request: MeetingRequest
    ) -> Decision {
        guard self.people[request.by] != nil, self.permits(request, .mute) else { return .rejected(.notPermitted) }
        var draft = StageDraft(self, at: request.at)
        guard ids.allSatisfy(draft.canHold) else { return .rejected(.unknownParticipant) }
        do throws(RejectionCode) {
            for kind in kinds.questions {
                let question = ConsentRequest(
                    kind: kind,
                    asked: .these(ids),
                    deadlineMilliseconds: Limits().consentMillisecondsDefault,
                    rule: .each
                )
                draft.say(try draft.consents.ask(question, by: request.by, of: Set(ids), at: request.at))
            }
        } catch {
            return .rejected(error)
        }
        return .events(draft.events(request.cause))
    }

    // MARK: Hands

    private func decideRaiseHand(_ toSpeak: Bool, _ request: MeetingRequest) -> Decision {
        guard let participant = self.people[request.by], self.permits(request.by, .react) else {
            return .rejected(.notPermitted)
        }
        guard participant.conduct.hand?.isToSpeak != toSpeak else { return .rejected(.noChange) }
        guard participant.isListed || participant.conduct.hand != nil || self.hasPlaceForHand else {
            return .rejected(.tooMany)
        }
        return request.events([.moderation(.handRaised(request.by, at: request.at, toSpeak: toSpeak))])
    }

    private func decideLowerHand(_ id: ParticipantID, _ request: MeetingRequest) -> Decision {
        guard id == request.by || self.permits(request, .mute) else { return .rejected(.notPermitted) }
        guard let participant = self.people[id] else { return .rejected(.unknownParticipant) }
        guard participant.conduct.hand != nil else { return .rejected(.noChange) }
        return request.events([.moderation(.handLowered(id))])
    }

    private func decideLowerHands(_ request: MeetingRequest) -> Decision {
        guard self.permits(request, .mute) else { return .rejected(.notPermitted) }
        guard self.people.values.contains(where: { $0.conduct.hand != nil }) else { return .rejected(.noChange) }
        return request.events([.moderation(.handsLowered)])
    }

    // MARK: Who speaks

    /// Found out by the server, from what people's clients say of themselves; whoever is muted does not speak.
    private func decideSpeaker(_ id: ParticipantID?, _ request: MeetingRequest) -> Decision {
        guard request.isOperators else { return .rejected(.notPermitted) }
        guard id != self.activeSpeaker else { return .rejected(.noChange) }
        if let id { guard self.maySpeak(id) else { return .rejected(.noChange) } }
        return request.events([.moderation(.speakerChanged(id))])
    }

    /// Whether somebody can be the one who speaks: with the microphone on, and seen by everybody.
    package func maySpeak(_ id: ParticipantID) -> Bool {
        guard let participant = self.people[id], participant.role != .observer else { return false }
        return participant.media.audio
    }
}

extension MediaKinds {
    fileprivate var questions: [String] {
        (self.audio ? [ConsentRequest.unmuteAudio] : []) + (self.video ? [ConsentRequest.unmuteVideo] : [])
    }
}

extension MeetingRequest {
    var muter: Muter { self.isOperators ? .server : .participant(self.by) }
}

// MARK: - What may be on

extension Room {
    /// Whether somebody may switch the own microphone on.
    func mayUnmute(_ participant: Participant) -> Bool {
        if participant.conduct.mayUnmute { return true }
        guard self.permits(participant, .publish) else { return false }
        return self.rules.mayUnmute || self.permits(participant, .speak)
    }

    /// Whether somebody may make that change of the own devices: switching off is always allowed.
    func permits(_ change: Participant.MediaChange, by participant: Participant) -> Bool {
        if change.audio == true, !self.mayUnmute(participant) { return false }
        // The screen is the floor's: whoever was given that may share, whatever the role.
        return change.video != true || self.permits(participant, .publish)
    }

    /// What people may not have on any more goes off, in the entry in which roles, or what they allow, become others.
    func silenced(
        by changes: [(id: ParticipantID, role: Role)],
        in table: RoleTable,
        _ muter: Muter
    ) -> [RoomEvent] {
        changes.flatMap { id, role in self.silenced(id, role, table, muter) }
    }

    /// Not the screen: that goes with its floor.
    private func silenced(_ id: ParticipantID, _ role: Role, _ table: RoleTable, _ muter: Muter) -> [RoomEvent] {
        guard let participant = self.people[id] else { return [] }
        var events: [RoomEvent] = []
        let token = participant.permissions
        if participant.conduct.hand != nil, !(token.permits(.react) ?? table.permits(role, .react)) {
            events.append(RoomEvent(.meeting(.moderation(.handLowered(id)))))
        }
        guard !(token.permits(.publish) ?? table.permits(role, .publish)) else { return events }
        if !participant.kindsOn.isEmpty {
            events.append(RoomEvent(.meeting(.moderation(.muted(id, participant.kindsOn, by: muter)))))
        }
        return events
    }
}
