/// What somebody is in a room: a named set of permissions.
public enum Role: String, CaseIterable, Hashable, Sendable, BitwiseCopyable {
    case host
    case coHost = "co-host"
    case speaker
    case participant
    case audience
    /// Seen by moderators alone.
    case observer

    /// Who has the higher one may give and take the lower ones.
    public var rank: Int {
        switch self {
        case .host: 6
        case .coHost: 5
        case .speaker: 4
        case .participant: 3
        case .audience: 2
        case .observer: 1
        }
    }
}

/// What a role may allow (docs/PROTOCOL.md, section on roles).
public enum Permission: String, CaseIterable, Hashable, Sendable, BitwiseCopyable {
    /// To see who waits, to let them in or not, to write to them, and to invite.
    case admit
    /// To remove and ban people of a lower rank.
    case remove
    /// To give roles below the own one.
    case roles
    /// To change what the room is like: its topic, times, rules, admission, lock.
    case settings
    /// To end the meeting for all.
    case end
    /// To mute others, and to ask them to speak.
    case mute
    /// To give any floor, and to take it back.
    case floors
    /// To begin and to end a recording.
    case record
    /// To open breakout rooms and to move people.
    case breakouts
    /// To set attributes of the room.
    case attributes
    /// To switch the own microphone on where others may not.
    case speak
    /// To have microphone, camera or screen on at all.
    case publish
    /// To share the screen.
    case share
    case chat
    /// To raise a hand, and to send reactions.
    case react
    /// To see everybody, and not only the stage.
    case roster
}

/// Some permissions; costs one integer.
public struct PermissionSet: Hashable, Sendable {
    private var bits: UInt32

    public init(_ permissions: [Permission] = []) {
        self.bits = 0
        for permission in permissions { self.bits |= Self.bit(permission) }
    }

    public static let all = PermissionSet(Permission.allCases)

    public func contains(_ permission: Permission) -> Bool { self.bits & Self.bit(permission) != 0 }

    public mutating func set(_ permission: Permission, _ isAllowed: Bool) {
        if isAllowed { self.bits |= Self.bit(permission) } else { self.bits &= ~Self.bit(permission) }
    }

    private static func bit(_ permission: Permission) -> UInt32 {
        1 << UInt32(Permission.allCases.firstIndex(of: permission) ?? 31)
    }
}

/// What each role allows in a room.
public struct RoleTable: Hashable, Sendable {
    private var permissions: [Role: PermissionSet]

    /// As docs/PROTOCOL.md says.
    public init() { self = Self.usual }

    private static let usual = RoleTable(made: ())

    private init(made: Void) {
        let audience = PermissionSet([.chat, .react])
        var participant = audience
        for permission in [Permission.publish, .share, .roster] { participant.set(permission, true) }
        var speaker = participant
        for permission in [Permission.speak, .attributes] { speaker.set(permission, true) }
        var coHost = PermissionSet.all
        coHost.set(.end, false)
        self.permissions = [
            .host: .all, .coHost: coHost, .speaker: speaker, .participant: participant, .audience: audience,
            .observer: PermissionSet([.roster]),
        ]
    }

    public subscript(role: Role) -> PermissionSet {
        get { self.permissions[role] ?? PermissionSet() }
        set { self.permissions[role] = newValue }
    }

    public func permits(_ role: Role, _ permission: Permission) -> Bool { self[role].contains(permission) }
}

extension RoleTable {
    /// What differs from the roles that every client knows (docs/PROTOCOL.md), by role and permission, in a fixed
    /// order; an empty object if nothing does.
    public var json: JSONValue {
        let usual = RoleTable()
        var table = JSONObject()
        for role in Role.allCases {
            var row = JSONObject()
            for permission in Permission.allCases {
                let isAllowed = self.permits(role, permission)
                if isAllowed != usual.permits(role, permission) { row.append(permission.rawValue, .bool(isAllowed)) }
            }
            if !row.isEmpty { table.append(role.rawValue, .object(row)) }
        }
        return .object(table)
    }

    /// Reads ``json``. What it does not know it ignores: another version may have written it.
    public init(json: JSONValue) {
        self.init()
        for role in Role.allCases {
            guard let row = json.object?[role.rawValue]?.object else { continue }
            for permission in Permission.allCases {
                guard let isAllowed = row[permission.rawValue]?.bool else { continue }
                self[role].set(permission, isAllowed)
            }
        }
    }

    /// At least as much as ``json`` takes as text.
    package var bytesMax: Int {
        self == RoleTable() ? 16 : 24 * Role.allCases.count * Permission.allCases.count
    }
}
