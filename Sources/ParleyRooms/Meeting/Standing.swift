public import ParleyProtocol

/// Whose room it is, and who was given which role. Never leaves the server.
///
/// Roles belong to identities: all devices of one person have the same, and whoever comes again has the one that they
/// were given. The host role belongs to one identity, the creator at first; while it is away somebody else is host in
/// its place.
///
/// ```
///          the host has left, somebody succeeds
///  host  ----------------------------------------> interim
///   ^  ^                                           |   |
///   |  +-------------------------------------------+   | transferred by the interim host: another interim host
///   |      the host, or the creator, is back           +------------------------------------------------------+
///   +-- transferred by the host: it belongs to another identity
/// ```
public struct Standing: Hashable, Sendable {
    /// Who created the room. The creator takes the host role back from whoever has it in somebody's place.
    public internal(set) var owner: IdentityID?
    /// To whom the host role belongs, whether they are here or not.
    public internal(set) var host: IdentityID?
    /// Who is host in their place, or was the last one.
    var interim: Interim?
    /// Whether a host was here, and none is now.
    var isBereft = false
    /// Until then the host's place is kept, though they are gone: a page that is loaded again is back in a moment.
    var vacantUntil: Instant?
    /// What each identity was given that is not the usual role. At most ``Limits/rolesGivenMax``.
    var given: [IdentityID: Role] = [:]

    public init() {}

    struct Interim: Hashable, Sendable {
        var identity: IdentityID
        /// What they are again when the host is back.
        var before: Role
    }

    /// Absent is the usual role.
    mutating func give(_ role: Role, to identity: IdentityID) {
        self.given[identity] = role == .participant ? nil : role
    }

    /// Somebody is host in the place of the one whose role it is.
    mutating func appoint(_ participant: Participant) {
        self.interim = Interim(identity: participant.identity, before: participant.role)
        self.vacantUntil = nil
        self.isBereft = false
    }

    /// Somebody is here to whom the host role belongs from now on, or who has it in somebody's place and comes again.
    mutating func welcome(_ identity: IdentityID) {
        self.vacantUntil = nil
        self.isBereft = false
        self.owner = self.owner ?? identity
        guard identity != self.interim?.identity || self.host == nil else { return }
        if let host = self.host, host != identity { self.give(.coHost, to: host) }
        self.host = identity
        self.interim = nil
    }
}

// MARK: - In a snapshot

extension Standing {
    /// In a fixed order; an empty object if there is nothing to say.
    var json: JSONValue {
        var object = JSONObject()
        if let owner { object.append("owner", .string(owner.description)) }
        if let host { object.append("host", .string(host.description)) }
        if let interim {
            object.append("interim", .string(interim.identity.description))
            object.append("before", .string(interim.before.rawValue))
        }
        if self.isBereft { object.append("bereft", true) }
        if let vacantUntil { object.append("vacantUntil", .integer(vacantUntil.milliseconds)) }
        guard !self.given.isEmpty else { return .object(object) }
        var given = JSONObject()
        for identity in self.given.keys.sorted() {
            given.append(identity.description, .string((self.given[identity] ?? .participant).rawValue))
        }
        object.append("given", .object(given))
        return .object(object)
    }

    init(_ reader: FieldReader) throws(RoomFormatError) {
        if reader.has("owner") { self.owner = try reader.identifier("owner") }
        if reader.has("host") { self.host = try reader.identifier("host") }
        if reader.has("interim") {
            self.interim = Interim(identity: try reader.identifier("interim"), before: try reader.word("before"))
        }
        self.isBereft = reader.has("bereft")
        if reader.has("vacantUntil") { self.vacantUntil = try reader.instant("vacantUntil") }
        guard reader.has("given"), let given = try reader.value("given").object else { return }
        for (text, value) in given.members {
            guard let identity = IdentityID(text), let role = value.string.flatMap({ Role(rawValue: $0) }) else {
                throw .member("given")
            }
            self.given[identity] = role
        }
    }
}
