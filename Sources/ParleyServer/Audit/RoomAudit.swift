package import ParleyProtocol
package import ParleyRooms

/// What of an entry in a room's log an operator may be asked about later.
///
/// The node that has appended the entry writes it down, and no other: each entry is in exactly one node's file.
package struct RoomAudit {
    private let room: Room
    private let before: Room
    private let at: Instant
    /// What is known of those whose sessions are on this node.
    private let sessions: (ParticipantID) -> AuditPerson?

    /// - Parameters:
    ///   - before: as it was before the entry.
    ///   - room: as it is behind it.
    package init(
        from before: Room,
        to room: Room,
        at instant: Instant,
        sessions: @escaping (ParticipantID) -> AuditPerson? = { _ in nil }
    ) {
        self.before = before
        self.room = room
        self.at = instant
        self.sessions = sessions
    }

    package func entries(_ events: [RoomEvent], _ origins: [EventOrigin]) -> [AuditEntry] {
        zip(events, origins).compactMap { self.entry($0.fact, $1) }
    }

    // MARK: People

    private func person(_ id: ParticipantID) -> AuditPerson {
        var person = self.sessions(id) ?? AuditPerson()
        person.participant = id
        person.identity =
            person.identity ?? self.room.participant(id)?.identity ?? self.before.participant(id)?.identity
            ?? self.before.door.waiting[id]?.identity ?? self.room.door.waiting[id]?.identity
        return person
    }

    private func actor(_ origin: EventOrigin) -> AuditActor {
        switch origin {
        case .participant(let id): .person(self.person(id))
        case .operators(let name): .operator(named: name)
        case .server: .system
        }
    }

    private func entry(
        _ action: AuditAction,
        _ origin: EventOrigin,
        _ target: AuditPerson? = nil,
        reason: String? = nil,
        _ details: JSONObject = [:]
    ) -> AuditEntry {
        AuditEntry(
            action,
            at: self.at,
            in: self.room.id,
            by: self.actor(origin),
            target: target,
            reason: reason,
            details: details
        )
    }

    // MARK: Facts

    private func entry(_ fact: RoomEvent.Fact, _ origin: EventOrigin) -> AuditEntry? {
        switch fact {
        case .created(let creation):
            return self.entry(.roomCreated, origin, JSONObject().appending("alias", creation.alias?.text))
        case .joined(let joining):
            var target = self.person(joining.participant)
            target.identity = joining.identity
            let details: JSONObject = ["role": .string(joining.role.rawValue)]
            return self.entry(
                .joined,
                origin,
                target,
                details.appending("name", joining.name?.text).appending("invitation", joining.invitation)
            )
        case .left(let id, .removed): return self.entry(.removed, origin, self.person(id))
        case .left(let id, let reason): return self.entry(.left, origin, self.person(id), reason: reason.rawValue)
        case .ended(let reason): return self.entry(.roomEnded, origin, reason: reason.rawValue)
        case .mediaChanged, .interrupted, .attached: return nil
        case .meeting(let fact): return self.entry(fact, origin)
        }
    }

    private func entry(_ fact: MeetingFact, _ origin: EventOrigin) -> AuditEntry? {
        switch fact {
        case .lifecycle(let fact): self.entry(fact, origin)
        case .admission(let fact): self.entry(fact, origin)
        case .role(let fact): self.entry(fact, origin)
        case .moderation(let fact): self.entry(fact, origin)
        case .consent(let fact): self.entry(fact, origin)
        case .recording(let fact): self.entry(fact, origin)
        case .attribute, .breakout, .device, .floor, .audience, .ring, .line, .queue: nil
        }
    }

    /// Of settings their names alone: among the values is what people have written.
    private func entry(_ fact: LifecycleFact, _ origin: EventOrigin) -> AuditEntry? {
        switch fact {
        case .locked: self.entry(.roomLocked, origin)
        case .unlocked: self.entry(.roomUnlocked, origin)
        case .opened: self.entry(.roomOpened, origin)
        case .configured(let settings):
            self.entry(
                .roomConfigured,
                origin,
                ["settings": .array((settings.json.object?.members ?? JSONObject().members).map { .string($0.name) })]
            )
        case .ending, .emptied: nil
        }
    }

    private func entry(_ fact: AdmissionFact, _ origin: EventOrigin) -> AuditEntry? {
        switch fact {
        case .admitted(let id): return self.entry(.admitted, origin, self.person(id))
        case .denied(let id, let until):
            return self.entry(.denied, origin, self.person(id), ["until": .integer(until.milliseconds)])
        case .banned(let ban):
            let details = JSONObject().appending("ban", ban.number).appending("until", ban.until?.milliseconds)
            return self.entry(.banned, origin, AuditPerson(identity: ban.identity), details)
        case .unbanned(let number):
            let identity = self.before.door.bans[number]?.identity
            return self.entry(.unbanned, origin, AuditPerson(identity: identity), JSONObject().appending("ban", number))
        case .invited(let invitation):
            let details: JSONObject = [
                "role": .string(invitation.role.rawValue), "uses": .integer(Int64(invitation.usesMax)),
            ]
            return self.entry(
                .invitationMade,
                origin,
                details.appending("invitation", invitation.number)
                    .appending("expiresAt", invitation.expiresAt?.milliseconds)
            )
        case .revoked(let number):
            return self.entry(.invitationRevoked, origin, JSONObject().appending("invitation", number))
        case .waits, .waitsOn, .notice: return nil
        }
    }

    private func entry(_ fact: RoleFact, _ origin: EventOrigin) -> AuditEntry? {
        switch fact {
        case .changed(let id, let role, let reason):
            var details: JSONObject = ["role": .string(role.rawValue)]
            details = details.appending("before", self.before.participant(id)?.role.rawValue)
            let isTransfer = reason == .transferred && role == .host
            return self.entry(
                isTransfer ? .hostTransferred : .roleChanged,
                origin,
                self.person(id),
                reason: reason?.rawValue,
                details
            )
        case .away: return nil
        }
    }

    private func entry(_ fact: ModerationFact, _ origin: EventOrigin) -> AuditEntry? {
        switch fact {
        case .muted(let id, let kinds, _): return self.entry(.muted, origin, self.person(id), kinds.details)
        case .allMuted(let all, _):
            let except = all.except.map { JSONValue.string($0.description) }
            var details = all.kinds.details
            if !except.isEmpty { details.append("except", .array(except)) }
            if let mayUnmute = all.mayUnmute { details.append("mayUnmute", .bool(mayUnmute)) }
            return self.entry(.allMuted, origin, details)
        case .speakAllowed(let id, let isAllowed, _):
            return self.entry(.speakAllowed, origin, self.person(id), ["allowed": .bool(isAllowed)])
        case .handRaised, .handLowered, .handsLowered, .speakerChanged: return nil
        }
    }

    private func entry(_ fact: ConsentFact, _ origin: EventOrigin) -> AuditEntry? {
        let number = JSONObject().appending("consent", fact.consent)
        switch fact.change {
        case .asked(let round):
            let asked = round.asked.sorted().map { JSONValue.string($0.description) }
            var details = number.appending("kind", round.kind)
            details.append("asked", .array(asked))
            return self.entry(.consentAsked, .participant(round.by), details)
        case .answered(let id, let answer):
            var details = number
            details.append("answer", .bool(answer))
            return self.entry(.consentAnswered, .participant(id), details)
        case .closed(let outcome, let kind):
            return self.entry(.consentClosed, origin, reason: outcome.rawValue, number.appending("kind", kind))
        case .excused: return nil
        }
    }

    private func entry(_ fact: RecordingFact, _ origin: EventOrigin) -> AuditEntry? {
        switch fact {
        case .asked(let by, _, let rule, let consent, _):
            let details: JSONObject = ["rule": .string(rule.rawValue)]
            return self.entry(.recordingAsked, .participant(by), details.appending("consent", consent))
        case .started(let by, _, let rule, _):
            return self.entry(.recordingStarted, origin, self.person(by), ["rule": .string(rule.rawValue)])
        case .answered(let id, _, let answer):
            return self.entry(.recordingAnswered, .participant(id), ["answer": .bool(answer)])
        case .refused(let ending): return self.entry(.recordingRefused, origin, reason: ending.rawValue)
        case .stopped(let ending): return self.entry(.recordingStopped, origin, reason: ending.rawValue)
        }
    }
}

extension RoomAudit {
    private func entry(
        _ action: AuditAction,
        _ origin: EventOrigin,
        reason: String? = nil,
        _ details: JSONObject
    ) -> AuditEntry {
        self.entry(action, origin, nil, reason: reason, details)
    }
}

extension MediaKinds {
    fileprivate var details: JSONObject {
        var details = JSONObject()
        if self.audio { details.append("audio", true) }
        if self.video { details.append("video", true) }
        return details
    }
}

extension JSONObject {
    fileprivate func appending(_ name: String, _ text: String?) -> JSONObject {
        self.appending(name, text.map { JSONValue.string($0) })
    }

    fileprivate func appending(_ name: String, _ number: (some BinaryInteger)?) -> JSONObject {
        self.appending(name, number.map { JSONValue.integer(Int64(clamping: $0)) })
    }

    fileprivate func appending(_ name: String, _ value: JSONValue?) -> JSONObject {
        var object = self
        if let value { object.append(name, value) }
        return object
    }
}
