public import ParleyProtocol

/// An attribute has another value, or none.
public enum AttributeFact: Hashable, Sendable {
    /// Beside that person, or in the room.
    case set(ParticipantID?, AttributeKey, AttributeValue?)

    var type: String {
        switch self {
        case .set: "attribute-set"
        }
    }

    var participant: ParticipantID? {
        switch self {
        case .set(let participant, _, _): participant
        }
    }

    var members: JSONObject {
        switch self {
        case .set(_, let key, let value):
            var members: JSONObject = ["key": .string(key.text)]
            if let value { members.append("value", value.json) }
            return members
        }
    }

    /// The value is in the patch.
    var wireMembers: JSONObject {
        switch self {
        case .set(_, let key, _): ["key": .string(key.text)]
        }
    }

    var bytesMax: Int {
        switch self {
        case .set(_, let key, let value): 32 + key.text.utf8.count + (value?.json.encoded.count ?? 0)
        }
    }

    init?(_ type: String, _ reader: FieldReader) throws(RoomFormatError) {
        switch type {
        case "attribute-set":
            guard let key = AttributeKey(try reader.string("key"), bytesMax: .max) else { throw .member("key") }
            var value: AttributeValue?
            if reader.has("value") {
                value = AttributeValue(try reader.value("value"))
                guard value != nil else { throw .member("value") }
            }
            self = .set(reader.has("participant") ? try reader.identifier("participant") : nil, key, value)
        default: return nil
        }
    }
}

extension Room {
    /// The room's bounds are a part of what its log means, and therefore not taken from one node's limits.
    private static let bounds = Limits()

    func decide(_ action: AttributeAction, _ request: MeetingRequest) -> Decision {
        switch action {
        case .set(let change): self.decideAttribute(change, request)
        }
    }

    /// The room's attributes belong to those who may set them; one's own to oneself, but for what a token has brought.
    private func decideAttribute(_ change: AttributeChange, _ request: MeetingRequest) -> Decision {
        guard let table = self.attributes(of: change.participant) else { return .rejected(.unknownParticipant) }
        let isAllowed =
            change.participant.map { $0 == request.by || request.isOperators } ?? self.permits(request, .attributes)
        guard isAllowed else { return .rejected(.notPermitted) }
        let present = table[change.key]
        guard present?.isGranted != true else { return .rejected(.notPermitted) }
        if let version = change.version, version != present?.version ?? 0 { return .rejected(.versionConflict) }
        guard present?.value != change.value else { return .rejected(.noChange) }
        if let value = change.value {
            let isRooms = change.participant == nil
            let countMax = isRooms ? Self.bounds.attributesPerRoomMax : Self.bounds.attributesPerParticipantMax
            let bytesMax =
                isRooms ? Self.bounds.attributeBytesPerRoomMax : Self.bounds.attributeBytesPerParticipantMax
            guard table.attributes.count + (present == nil ? 1 : 0) <= countMax,
                table.bytes(setting: change.key, value) <= bytesMax
            else { return .rejected(.tooMany) }
        }
        return request.events([.attribute(.set(change.participant, change.key, change.value))])
    }

    /// - Returns: `nil` if nobody has that id.
    private func attributes(of participant: ParticipantID?) -> AttributeTable? {
        guard let participant else { return self.attributes }
        return self.people[participant]?.attributes
    }

    mutating func evolve(_ fact: AttributeFact) -> StatePatches {
        switch fact {
        case .set(.some(let id), let key, let value):
            guard let before = self.people[id] else { return .none }
            self.people[id]?.attributes.set(key, value)
            guard let after = self.people[id] else { return .none }
            let path = StatePath.person(id) + [StatePath.attributes]
            return self.show(before.attributes, after.attributes, key, at: path, in: before.section)
        case .set(nil, let key, let value):
            let before = self.attributes
            self.attributes.set(key, value)
            return self.show(before, self.attributes, key, at: [StatePath.attributes], in: .stage)
        }
    }

    /// One key, or the whole table where it comes or goes.
    private mutating func show(
        _ before: AttributeTable,
        _ after: AttributeTable,
        _ key: AttributeKey,
        at path: [String],
        in section: Section
    ) -> StatePatches {
        guard !before.isEmpty, !after.isEmpty else {
            return self.replace(before.json, with: after.json, at: path, in: section)
        }
        return self.replace(before[key]?.json, with: after[key]?.json, at: path + [key.text], in: section)
    }
}
