public import ParleyProtocol

/// What has become known of a device.
public enum DeviceFact: Hashable, Sendable {
    case declared(ParticipantID, MediaDeclaration)

    var type: String {
        switch self {
        case .declared: "abilities-changed"
        }
    }

    var participant: ParticipantID? {
        switch self {
        case .declared(let participant, _): participant
        }
    }

    var members: JSONObject {
        switch self {
        case .declared(_, let declaration): declaration.members
        }
    }

    package var bytesMax: Int {
        switch self {
        case .declared(_, let declaration): declaration.bytesMax
        }
    }

    init?(_ type: String, _ reader: FieldReader) throws(RoomFormatError) {
        switch type {
        case "abilities-changed":
            guard let declaration = try MediaDeclaration(reader) else { throw .member("media") }
            self = .declared(try reader.identifier("participant"), declaration)
        default: return nil
        }
    }
}

/// What a device has said that it can, as the log holds it: a room full of one browser writes it once.
public enum MediaDeclaration: Hashable, Sendable {
    /// The same as somebody who is here: the number of the profile.
    case known(UInt64)
    case new(MediaAbilities)

    var members: JSONObject {
        switch self {
        case .known(let number): ["profile": .integer(Int64(clamping: number))]
        case .new(let abilities): ["media": abilities.json]
        }
    }

    /// At least as much as ``members`` take in the log.
    package var bytesMax: Int {
        switch self {
        case .known: 40
        case .new(let abilities): 16 + abilities.json.encoded.count
        }
    }

    /// - Returns: `nil` if nothing was said.
    init?(_ reader: FieldReader) throws(RoomFormatError) {
        if reader.has("profile") {
            self = .known(try reader.number("profile"))
        } else if reader.has("media") {
            self = .new(try reader.media("media"))
        } else {
            return nil
        }
    }
}

extension FieldReader {
    /// However long: limits are for what comes in, and may change.
    func media(_ name: String) throws(RoomFormatError) -> MediaAbilities {
        var limits = Limits()
        limits.codecsPerDirectionMax = .max
        limits.codecNameBytesMax = .max
        limits.pictureLinesMax = .max
        limits.framesPerSecondMax = .max
        let value = try self.value(name)
        do throws(Rejection) {
            return try MediaAbilities(value, limits: limits)
        } catch {
            throw .member(name)
        }
    }
}

extension Room {
    func decide(_ action: DeviceAction, _ request: MeetingRequest) -> Decision {
        // An operator has no device.
        guard self.people[request.by] != nil else { return .rejected(.unknownParticipant) }
        switch action {
        case .declare(let abilities):
            guard self.policy.profiles.abilities(of: request.by) != abilities else { return .rejected(.noChange) }
            let declaration = self.policy.profiles.declaration(of: abilities)
            return request.events([.device(.declared(request.by, declaration))])
        }
    }

    mutating func evolve(_ fact: DeviceFact) -> StatePatches {
        switch fact {
        case .declared(let id, let declaration):
            self.policy.declare(declaration, by: id)
            return .none
        }
    }
}
