import ParleyProtocol

extension Room {
    mutating func evolve(_ fact: ModerationFact) -> StatePatches {
        switch fact {
        case .muted(let id, let kinds, let muter): return self.change(id) { $0.mute(kinds, by: muter) }
        case .allMuted(let all, let muter): return self.muteAll(all, by: muter)
        case .speakAllowed(let id, let allowed, let muter):
            guard let participant = self.people[id] else { return .none }
            let after = self.after(speakAllowed: allowed, participant, by: muter)
            return self.change(id) { $0 = after }
        case .handRaised(let id, let instant, let toSpeak): return self.raiseHand(id, at: instant, toSpeak)
        case .handLowered(let id): return self.change(id) { $0.conduct.hand = nil }
        case .handsLowered:
            let raised = self.participants.filter { $0.conduct.hand != nil }
            return raised.reduce(.none) { patches, participant in
                patches.merging(self.change(participant.id) { $0.conduct.hand = nil })
            }
        case .speakerChanged(let id): return self.setSpeaker(id)
        }
    }

    /// O(n) to find those who are on; the patch names no others, and only they are put in order.
    private mutating func muteAll(_ all: ModerationAction.MuteAll, by muter: Muter) -> StatePatches {
        var changed: [Participant] = []
        // Of thousands beyond the stage nobody is on, and their rights do not change: `after` leaves them as they are.
        for participant in self.people.values where participant.isListed || participant.isOn {
            let after = self.after(all, participant, by: muter)
            if after != participant { changed.append(after) }
        }
        var patches = StatePatches.none
        for after in changed.sorted(by: { $0.joined < $1.joined }) {
            patches = patches.merging(self.change(after.id) { $0 = after })
        }
        guard let mayUnmute = all.mayUnmute else { return patches }
        let before = self.rules.shown
        self.parameters.rules.mayUnmute = mayUnmute
        return patches.merging(self.replace(before, with: self.rules.shown, at: [StatePath.rules], in: .stage))
    }

    /// A hand that is up keeps its place.
    private mutating func raiseHand(_ id: ParticipantID, at instant: Instant, _ toSpeak: Bool) -> StatePatches {
        guard let participant = self.people[id] else { return .none }
        var hand = participant.conduct.hand
        if hand == nil {
            self.server.handLast += 1
            hand = Hand(order: self.server.handLast, raisedAt: instant, isToSpeak: toSpeak)
        }
        hand?.isToSpeak = toSpeak
        return self.change(id) { $0.conduct.hand = hand }
    }

    mutating func setSpeaker(_ id: ParticipantID?) -> StatePatches {
        let before = self.activeSpeaker.map { JSONValue.string($0.description) }
        self.activeSpeaker = id
        let after = id.map { JSONValue.string($0.description) }
        return self.replace(before, with: after, at: [StatePath.activeSpeaker], in: .stage)
    }

    /// Whoever is switched off, or gone, does not speak any more.
    mutating func silenceSpeaker() -> StatePatches {
        guard let speaker = self.activeSpeaker, !self.maySpeak(speaker) else { return .none }
        return self.setSpeaker(nil)
    }
}

// MARK: - What becomes of one person

extension Room {
    /// Everybody but whoever asks, those who are named, and those of a higher rank. Where nobody may switch the
    /// microphone on again, those who are named may: they are who is to be heard.
    func after(_ all: ModerationAction.MuteAll, _ participant: Participant, by muter: Muter) -> Participant {
        var after = participant
        var isMeant = !all.except.contains(participant.id)
        if case .participant(let id) = muter {
            let rank = self.people[id]?.role.rank ?? Role.host.rank
            isMeant = isMeant && participant.id != id && participant.role.rank <= rank
        }
        if isMeant { after.mute(all.kinds, by: muter) }
        guard all.mayUnmute == false, participant.role != .observer, participant.isListed else { return after }
        after.conduct.mayUnmute = !isMeant && !self.permits(participant, .speak)
        return after
    }

    /// A right that is given answers the hand; one that is taken back switches off what may not be on without it.
    func after(speakAllowed allowed: Bool, _ participant: Participant, by muter: Muter) -> Participant {
        var after = participant
        after.conduct.mayUnmute = allowed
        if allowed {
            after.conduct.hand = nil
        } else if !self.mayUnmute(after) {
            after.mute(MediaKinds(audio: true), by: muter)
        }
        return after
    }
}
