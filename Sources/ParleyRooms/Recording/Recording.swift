public import ParleyProtocol

/// Whether the room is recorded, by whom, and who has agreed to it.
///
/// ```
///                 asked (all)               started
///   (absent) ----------------> asking ----------------> on
///       |  ^                     | refused               | stopped
///       |  +---------------------+-----------------------+
///       |            started (inform, or nobody to ask)  ^
///       +------------------------------------------------+
/// ```
///
/// Answers are kept by identity: somebody who comes again, or with another device, is not asked again. Where the
/// rule is ``RecordingRule/all`` a refusal ends it, whenever it comes. Who has not answered (a late joiner) is
/// asked by being shown this, and is not to be heard or seen in the recording before.
public struct Recording: Hashable, Sendable {
    public var status: Status
    /// Who records, and is gone from here when it leaves the room.
    public var by: ParticipantID
    /// When it was asked for; from the start on, when it was started.
    public var since: Instant
    public var rule: RecordingRule
    public internal(set) var consents: [IdentityID: Bool]

    public enum Status: Hashable, Sendable {
        /// The number of the question.
        case asking(UInt64)
        case on
    }

    init(_ status: Status, by: ParticipantID, _ identity: IdentityID, since: Instant, rule: RecordingRule) {
        self.status = status
        self.by = by
        self.since = since
        self.rule = rule
        // Whoever records agrees to be recorded.
        self.consents = [identity: true]
    }

    /// The number of the question, while it is open.
    public var consent: UInt64? {
        switch self.status {
        case .asking(let number): number
        case .on: nil
        }
    }

    // MARK: What is decided

    /// What a recording begins with.
    ///
    /// - Parameter question: its number, if anybody is to be asked first.
    public static func start(
        by participant: ParticipantID,
        _ identity: IdentityID,
        rule: RecordingRule,
        question: UInt64?,
        at instant: Instant
    ) -> RecordingFact {
        guard let question else { return .started(by: participant, identity, rule: rule, at: instant) }
        return .asked(by: participant, identity, rule: rule, consent: question, at: instant)
    }

    /// What follows from the end of its question.
    public func close(_ outcome: ConsentRound.Outcome, _ identity: IdentityID, at instant: Instant) -> RecordingFact {
        switch outcome {
        case .granted: .started(by: self.by, identity, rule: self.rule, at: instant)
        case .refused: .refused(.refused)
        case .expired: .refused(.expired)
        case .cancelled: .refused(.cancelled)
        }
    }

    /// Somebody's answer, and what follows from it. While the question is open, it decides.
    public func answer(
        _ answer: Bool,
        by participant: ParticipantID,
        _ identity: IdentityID,
        limits: Limits = Limits()
    ) throws(RejectionCode) -> [RecordingFact] {
        guard self.consents[identity] != answer else { throw .noChange }
        guard self.consents[identity] != nil || self.consents.count < limits.recordingAnswersMax else { throw .tooMany }
        let answered = RecordingFact.answered(participant, identity, answer)
        switch (self.rule, self.status) {
        case (.inform, _): return [answered]
        case (.all, .asking): return answer ? [answered] : [answered, .refused(.refused)]
        case (.all, .on): return answer ? [answered] : [answered, .stopped(.refused)]
        }
    }

    /// It ends because somebody wants it to, or because whoever records has left.
    public func end(_ reason: RecordingFact.Ending) -> RecordingFact {
        switch self.status {
        case .asking: .refused(reason)
        case .on: .stopped(reason)
        }
    }

    // MARK: What has happened

    /// Never fails: a fact that does not fit changes nothing.
    public static func evolve(_ recording: inout Recording?, _ fact: RecordingFact) {
        switch fact {
        case .asked(let by, let identity, let rule, let consent, let instant):
            guard recording == nil else { return }
            recording = Recording(.asking(consent), by: by, identity, since: instant, rule: rule)
        case .started(let by, let identity, let rule, let instant):
            var started = recording ?? Recording(.on, by: by, identity, since: instant, rule: rule)
            guard started.by == by else { return }
            started.status = .on
            started.since = instant
            recording = started
        case .answered(_, let identity, let answer): recording?.consents[identity] = answer
        case .refused, .stopped: recording = nil
        }
    }
}

// MARK: - JSON

extension Recording {
    /// As everybody sees it, which is also how a snapshot keeps it.
    public var json: JSONValue {
        var object = JSONObject()
        switch self.status {
        case .asking(let number):
            object.append("status", "asking")
            object.append("consent", .integer(Int64(clamping: number)))
        case .on: object.append("status", "on")
        }
        object.append("by", .string(self.by.description))
        object.append("since", .integer(self.since.milliseconds))
        object.append("rule", .string(self.rule.rawValue))
        var consents = JSONObject()
        for identity in self.consents.keys.sorted() {
            consents.append(identity.description, .bool(self.consents[identity] ?? false))
        }
        object.append("consents", .object(consents))
        return .object(object)
    }

    package init(json: JSONValue) throws(RoomFormatError) {
        let reader = try FieldReader(json, "recording")
        switch try reader.string("status") {
        case "asking": self.status = .asking(try reader.number("consent"))
        case "on": self.status = .on
        default: throw .member("status")
        }
        self.by = try reader.identifier("by")
        self.since = try reader.instant("since")
        self.rule = try reader.word("rule")
        self.consents = [:]
        guard let consents = try reader.value("consents").object else { throw .member("consents") }
        for (text, value) in consents.members {
            guard let identity = IdentityID(text), let answer = value.bool else { throw .member("consents") }
            self.consents[identity] = answer
        }
    }
}
