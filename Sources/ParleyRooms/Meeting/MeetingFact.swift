import ParleyProtocol

/// What has happened to a meeting, by subject. Each subject has a file: its facts, what the log holds of them, and
/// how a room evolves by them.
public enum MeetingFact: Hashable, Sendable {
    case lifecycle(LifecycleFact)
    case admission(AdmissionFact)
    case role(RoleFact)
    case attribute(AttributeFact)
    case breakout(BreakoutFact)
    case device(DeviceFact)
    case floor(FloorFact)
    case consent(ConsentFact)
    case recording(RecordingFact)
    case moderation(ModerationFact)
    case audience(AudienceFact)
    case ring(RingFact)
    case line(LineFact)
    case queue(QueueFact)
}

extension MeetingFact {
    /// The stable word for it (docs/PROTOCOL.md, section 4).
    var type: String {
        switch self {
        case .lifecycle(let fact): fact.type
        case .admission(let fact): fact.type
        case .role(let fact): fact.type
        case .attribute(let fact): fact.type
        case .breakout(let fact): fact.type
        case .device(let fact): fact.type
        case .floor(let fact): fact.type
        case .consent(let fact): fact.type
        case .recording(let fact): fact.type
        case .moderation(let fact): fact.type
        case .audience(let fact): fact.type
        case .ring(let fact): fact.type
        case .line(let fact): fact.type
        case .queue(let fact): fact.type
        }
    }

    /// Whom it is about, if it is about somebody.
    var participant: ParticipantID? {
        switch self {
        case .lifecycle, .audience: nil
        case .admission(let fact): fact.participant
        case .role(let fact): fact.participant
        case .attribute(let fact): fact.participant
        case .breakout(let fact): fact.participant
        case .device(let fact): fact.participant
        case .floor(let fact): fact.participant
        case .consent(let fact): fact.participant
        case .recording(let fact): fact.participant
        case .moderation(let fact): fact.participant
        case .ring(let fact): fact.participant
        case .line(let fact): fact.participant
        case .queue(let fact): fact.participant
        }
    }

    /// What the log holds beside `type`, `participant`, `by`, `id`: all that ``Room/evolve(_:)`` needs.
    var members: JSONObject {
        switch self {
        case .lifecycle(let fact): fact.members
        case .admission(let fact): fact.members
        case .role(let fact): fact.members
        case .attribute(let fact): fact.members
        case .breakout(let fact): fact.members
        case .device(let fact): fact.members
        case .floor(let fact): fact.members
        case .consent(let fact): fact.members
        case .recording(let fact): fact.members
        case .moderation(let fact): fact.members
        case .audience(let fact): fact.members
        case .ring(let fact): fact.members
        case .line(let fact): fact.members
        case .queue(let fact): fact.members
        }
    }

    /// What clients are told of it beside its patch.
    var wireMembers: JSONObject {
        switch self {
        case .lifecycle(let fact): fact.wireMembers
        case .admission(let fact): fact.wireMembers
        case .device, .audience: [:]
        case .attribute(let fact): fact.wireMembers
        case .breakout(let fact): fact.wireMembers
        case .floor(let fact): fact.wireMembers
        case .consent(let fact): fact.wireMembers
        case .recording(let fact): fact.wireMembers
        case .role(let fact): fact.wireMembers
        case .moderation(let fact): fact.wireMembers
        case .ring(let fact): fact.wireMembers
        case .line(let fact): fact.wireMembers
        case .queue(let fact): fact.wireMembers
        }
    }

    /// Who is told of a fact that changes nothing that anybody could see.
    var sectionWithoutState: Section {
        switch self {
        // That it will be over soon is for everybody.
        case .lifecycle: .door
        case .admission, .queue: .moderation
        case .line(let fact): fact.sectionWithoutState
        case .ring, .role, .moderation, .attribute, .breakout, .device, .floor, .consent, .recording, .audience: .stage
        }
    }

    /// Whether somebody may see more or less after it: other permissions, let in, sent out.
    var mayChangeViews: Bool {
        switch self {
        // A configuration may give roles other permissions.
        case .lifecycle, .role: true
        case .admission(let fact): fact.mayChangeViews
        case .moderation, .attribute, .breakout, .device, .floor, .consent, .recording, .audience, .ring, .line,
            .queue:
            false
        }
    }

    /// At least as much as ``members`` take in the log.
    package var bytesMax: Int {
        switch self {
        case .lifecycle(let fact): fact.bytesMax
        case .admission(let fact): fact.bytesMax
        case .attribute(let fact): fact.bytesMax
        case .breakout(let fact): fact.bytesMax
        case .device(let fact): fact.bytesMax
        case .floor: 256
        case .consent(let fact): fact.bytesMax
        case .recording: 192
        case .role: 128
        case .moderation(let fact): fact.bytesMax
        case .audience: 64
        case .ring(let fact): fact.bytesMax
        case .line(let fact): fact.bytesMax
        case .queue(let fact): fact.bytesMax
        }
    }

    /// - Returns: `nil` for a type that no subject knows.
    init?(_ type: String, _ reader: FieldReader) throws(RoomFormatError) {
        if let fact = try LifecycleFact(type, reader) {
            self = .lifecycle(fact)
        } else if let fact = try AdmissionFact(type, reader) {
            self = .admission(fact)
        } else if let fact = try RoleFact(type, reader) {
            self = .role(fact)
        } else if let fact = try AttributeFact(type, reader) {
            self = .attribute(fact)
        } else if let fact = try BreakoutFact(type, reader) {
            self = .breakout(fact)
        } else if let fact = try DeviceFact(type, reader) {
            self = .device(fact)
        } else if let fact = try FloorFact(type, reader) {
            self = .floor(fact)
        } else if let fact = try ConsentFact(type, reader) {
            self = .consent(fact)
        } else if let fact = try RecordingFact(type, reader) {
            self = .recording(fact)
        } else if let fact = try ModerationFact(type, reader) {
            self = .moderation(fact)
        } else if let fact = try AudienceFact(type, reader) {
            self = .audience(fact)
        } else if RingFact.types.contains(type), let fact = try RingFact(type, reader) {
            self = .ring(fact)
        } else if LineFact.types.contains(type), let fact = try LineFact(type, reader) {
            self = .line(fact)
        } else if let fact = try QueueFact(type, reader) {
            self = .queue(fact)
        } else {
            return nil
        }
    }
}

extension Room {
    mutating func evolve(_ fact: MeetingFact, _ cause: RoomEvent.Cause?) -> StatePatches {
        switch fact {
        case .lifecycle(let fact): self.evolve(fact)
        case .admission(let fact): self.evolve(fact, cause)
        case .role(let fact): self.evolve(fact)
        case .attribute(let fact): self.evolve(fact)
        case .breakout(let fact): self.evolve(fact)
        case .device(let fact): self.evolve(fact)
        case .floor(let fact): self.evolve(fact)
        case .consent(let fact): self.evolve(fact)
        case .recording(let fact): self.evolve(fact)
        case .moderation(let fact): self.evolve(fact)
        case .audience(let fact): self.evolve(fact)
        case .ring(let fact): self.evolve(fact)
        case .line(let fact): self.evolve(fact)
        case .queue(let fact): self.evolve(fact)
        }
    }
}
