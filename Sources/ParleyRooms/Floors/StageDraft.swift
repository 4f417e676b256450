import ParleyProtocol

/// Floors, consents, the recording and the screens as they will be, and what is said on the way.
///
/// They hang together: who loses the floor `screen` stops sharing, a question that is answered begins a recording,
/// a recording that ends leaves its floor. All of it is one log entry, and each fact is judged against those before it.
struct StageDraft {
    let room: Room
    let at: Instant
    /// Who leaves the room in this entry.
    let leaving: [ParticipantID]
    private(set) var floors: Floors
    private(set) var consents: Consents
    private(set) var recording: Recording?
    private(set) var facts: [RoomEvent.Fact] = []

    init(_ room: Room, at instant: Instant, leaving: [ParticipantID] = []) {
        self.room = room
        self.at = instant
        self.leaving = leaving
        self.floors = room.floors
        self.consents = room.consents
        self.recording = room.recording
    }

    /// The first one acknowledges the command.
    func events(_ cause: RoomEvent.Cause? = nil) -> [RoomEvent] {
        self.facts.enumerated().map { index, fact in RoomEvent(fact, cause: index == 0 ? cause : nil) }
    }

    // MARK: Who may

    func canHold(_ id: ParticipantID) -> Bool {
        guard let participant = self.room.participant(id), !self.leaving.contains(id) else { return false }
        switch participant.role {
        case .observer: return false
        case .host, .coHost, .speaker, .participant, .audience: return true
        }
    }

    func isReady(_ id: ParticipantID, _ floor: FloorName) -> Bool {
        guard self.canHold(id), self.room.participant(id)?.isInterrupted == false else { return false }
        return self.room.mayTake(id, floor)
    }

    // MARK: What is said

    mutating func say(_ facts: [FloorFact]) {
        for fact in facts {
            self.floors.evolve(fact)
            self.facts.append(.meeting(.floor(fact)))
            guard fact.floor == .screen else { continue }
            switch fact.change {
            case .left(let id, _), .revoked(let id): self.stopSharing(id)
            case .taken, .queued, .renewed, .defined: break
            }
        }
    }

    private mutating func stopSharing(_ id: ParticipantID) {
        guard !self.leaving.contains(id), self.room.participant(id)?.media.screen == true else { return }
        self.facts.append(.mediaChanged(id, Participant.MediaChange(screen: false)))
    }

    mutating func say(_ facts: [ConsentFact]) {
        for fact in facts {
            let round = self.consents.rounds[fact.consent]
            self.consents.evolve(fact)
            self.facts.append(.meeting(.consent(fact)))
            switch fact.change {
            case .asked, .excused: break
            case .answered(let id, let answer):
                self.note(answer, of: id, to: fact.consent)
                if answer, let round, round.kind == ConsentRequest.unmuteAudio { self.allowSpeak(id, round.by) }
            case .closed(let outcome, _):
                guard let round else { continue }
                if self.recording?.consent == fact.consent { self.conclude(outcome) }
                if round.kind == ConsentRequest.remoteControl, outcome == .granted { self.beginControl(round) }
            }
        }
    }

    mutating func say(_ facts: [RecordingFact]) {
        for fact in facts {
            let before = self.recording
            Recording.evolve(&self.recording, fact)
            self.facts.append(.meeting(.recording(fact)))
            guard let before, self.recording == nil, !self.leaving.contains(before.by) else { continue }
            self.say(self.floors.end(.recording, by: before.by))
        }
    }

    // MARK: What follows

    /// Whoever agrees to be heard may switch on, whatever the rules say; nothing is switched on by it.
    private mutating func allowSpeak(_ id: ParticipantID, _ asker: ParticipantID) {
        guard let participant = self.room.participant(id), !participant.conduct.mayUnmute else { return }
        self.facts.append(.meeting(.moderation(.speakAllowed(id, true, by: .participant(asker)))))
    }

    /// Answers to the question of a recording are kept for the record.
    private mutating func note(_ answer: Bool, of id: ParticipantID, to number: UInt64) {
        guard let recording = self.recording, recording.consent == number,
            let identity = self.room.participant(id)?.identity, recording.consents[identity] != answer
        else { return }
        self.say([RecordingFact.answered(id, identity, answer)])
    }

    private mutating func conclude(_ outcome: ConsentRound.Outcome) {
        guard let recording = self.recording, let identity = self.room.participant(recording.by)?.identity else {
            return
        }
        self.say([recording.close(outcome, identity, at: self.at)])
    }

    /// Nothing, where the floor has been made smaller since the question was put.
    private mutating func beginControl(_ round: ConsentRound) {
        guard let of = round.asked.first, self.canHold(round.by),
            let facts = try? self.floors.begin(.remoteControl, by: round.by, of: of, at: self.at)
        else { return }
        self.say(facts)
    }

    /// Ends a recording, and the question with which it began.
    mutating func endRecording(_ ending: RecordingFact.Ending) {
        guard let recording = self.recording else { return }
        let question = recording.consent.map { self.consents.close($0, ending == .refused ? .refused : .cancelled) }
        // The recording is over first, so that the end of its question means nothing to it.
        self.say([recording.end(ending)])
        self.say(question ?? [])
    }
}

// MARK: - What a room does with it

extension Room {
    /// Whether somebody may take that floor where it is free, or wait for it.
    func mayTake(_ id: ParticipantID, _ floor: FloorName) -> Bool {
        self.permits(id, floor == .screen ? .share : .react)
    }

    /// What follows for floors, consents and the recording when these have left.
    func stageConsequences(ofLeaving leaving: [ParticipantID], at instant: Instant) -> [RoomEvent] {
        var draft = StageDraft(self, at: instant, leaving: leaving)
        if let recording = self.recording, leaving.contains(recording.by) { draft.endRecording(.gone) }
        let isReady = draft.isReady
        draft.say(draft.floors.leave(leaving, at: instant, isReady: isReady))
        draft.say(draft.consents.leave(leaving))
        return draft.events()
    }

    /// What somebody gets who is connected again.
    func stageConsequences(ofReturning id: ParticipantID, at instant: Instant) -> [RoomEvent] {
        var draft = StageDraft(self, at: instant)
        let room = self
        func isReady(_ other: ParticipantID, _ floor: FloorName) -> Bool {
            other == id ? draft.canHold(id) && room.mayTake(id, floor) : draft.isReady(other, floor)
        }
        let facts = self.floors.resume(id, at: instant, isReady: isReady)
        draft.say(facts)
        return draft.events()
    }

    func dueOnStage(at instant: Instant) -> [RoomEvent] {
        var draft = StageDraft(self, at: instant)
        let isReady = draft.isReady
        draft.say(draft.floors.due(at: instant, isReady: isReady))
        draft.say(draft.consents.due(at: instant))
        return draft.events()
    }

    /// What somebody loses whose role is another one now: the floors that it may not hold, and the places in queues.
    func stageConsequences(
        ofRoleOf id: ParticipantID,
        _ role: Role,
        in table: RoleTable,
        at instant: Instant
    ) -> [RoomEvent] {
        var draft = StageDraft(self, at: instant)
        let permissions = table[role]
        let stage = draft
        let facts = self.floors.reconsider(
            id,
            at: instant,
            mayHold: { role != .observer && ($0 != .screen || permissions.contains(.publish)) },
            mayWait: { role != .observer && permissions.contains($0 == .screen ? .share : .react) },
            isReady: { $0 != id && stage.isReady($0, $1) }
        )
        draft.say(facts)
        return draft.events()
    }

    /// When the room ends nobody holds, asks or records anything.
    mutating func clearStage() -> StatePatches {
        var patches = StatePatches.none
        for (name, value) in self.stageJSON {
            patches = patches.merging(self.replace(value, with: nil, at: [name], in: .stage))
        }
        self.floors = Floors()
        self.consents = Consents()
        self.recording = nil
        return patches
    }

    /// The members of the state that are there only when there is something to see.
    var stageJSON: [(name: String, value: JSONValue)] {
        let members: [(String, JSONValue?)] = [
            (StatePath.floors, self.floors.json), (StatePath.consents, self.consents.json),
            (StatePath.recording, self.recording?.json),
        ]
        return members.compactMap { name, value in value.map { (name, $0) } }
    }
}
