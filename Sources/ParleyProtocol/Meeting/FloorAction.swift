/// What a floor is called: 1 to 32 characters of `a` to `z`, `0` to `9`, `-`.
///
/// A floor is a thing that at most so many may hold at a time: the screen share, the spotlight, a recording,
/// somebody's mouse, or whatever an app makes of it.
public struct FloorName: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let text: String

    public init?(_ text: String, bytesMax: Int = Limits().floorNameBytesMax) {
        guard isPlainWord(text.utf8, bytesMax: bytesMax) else { return nil }
        self.text = text
    }

    private init(builtIn text: String) { self.text = text }

    /// Whoever has `media.screen` holds it.
    public static let screen = FloorName(builtIn: "screen")
    /// Who is shown large to everybody.
    public static let spotlight = FloorName(builtIn: "spotlight")
    /// Held by whoever records: begins and ends with the recording, by no other command.
    public static let recording = FloorName(builtIn: "recording")
    /// Held by whoever controls somebody's device: begins with the consent of that person alone.
    public static let remoteControl = FloorName(builtIn: "remote-control")

    public var description: String { self.text }

    public static func < (left: Self, right: Self) -> Bool { left.text < right.text }
}

/// How a floor is got.
public enum FloorPolicy: String, CaseIterable, Hashable, Sendable {
    /// First come, first served; who comes later waits.
    case free
    /// Whoever takes it asks for it, and somebody who may gives it.
    case request
    /// It is given, and nobody can ask.
    case assigned
}

/// How many may hold a floor, and how.
public struct FloorRule: Hashable, Sendable {
    public var capacity: Int
    public var policy: FloorPolicy
    /// So long after it was taken or renewed a floor is left by itself; `nil`: never.
    public var leaseMilliseconds: Int?

    public init(capacity: Int, policy: FloorPolicy, leaseMilliseconds: Int? = nil) {
        self.capacity = capacity
        self.policy = policy
        self.leaseMilliseconds = leaseMilliseconds
    }
}

/// What is asked of a floor.
public enum FloorAction: Hashable, Sendable {
    /// To hold it, or to go on holding it where there is a lease; if it is not free, to `wait` for it or to be refused.
    case take(FloorName, wait: Bool)
    /// To hold it no longer, or to wait for it no longer.
    case leave(FloorName)
    /// That somebody holds it, in the place of another if there is one.
    case give(FloorName, ParticipantID, instead: ParticipantID?)
    /// That somebody does not hold it, and does not wait for it.
    case revoke(FloorName, ParticipantID)
    /// What it is. `nil`: what it was at first, which for a floor of the app's own is nothing.
    case define(FloorName, FloorRule?)

    static let types = ["take-floor", "leave-floor", "give-floor", "revoke-floor", "define-floor"]

    init?(_ type: String, _ reader: MemberReader, _ limits: Limits) throws(Rejection) {
        switch type {
        case "take-floor":
            self = .take(try reader.floor(limits), wait: try reader.flag("wait") ?? true)
        case "leave-floor":
            self = .leave(try reader.floor(limits))
        case "give-floor":
            let instead = try reader.optional("instead") { value in value.string.flatMap { ParticipantID($0) } }
            let participant: ParticipantID = try reader.requiredIdentifier("participant")
            self = .give(try reader.floor(limits), participant, instead: instead)
        case "revoke-floor":
            self = .revoke(try reader.floor(limits), try reader.requiredIdentifier("participant"))
        case "define-floor":
            self = .define(try reader.floor(limits), try FloorRule(reader, limits))
        default: return nil
        }
    }

    var type: String {
        switch self {
        case .take: "take-floor"
        case .leave: "leave-floor"
        case .give: "give-floor"
        case .revoke: "revoke-floor"
        case .define: "define-floor"
        }
    }

    var members: JSONObject {
        var object: JSONObject = ["floor": .string(self.floor.text)]
        switch self {
        case .take(_, let wait):
            if !wait { object.append("wait", false) }
        case .leave: break
        case .give(_, let participant, let instead):
            object.append("participant", .string(participant.description))
            if let instead { object.append("instead", .string(instead.description)) }
        case .revoke(_, let participant):
            object.append("participant", .string(participant.description))
        case .define(_, nil): object.append("capacity", 0)
        case .define(_, let rule?):
            for (name, value) in rule.members.members { object.append(name, value) }
        }
        return object
    }

    public var floor: FloorName {
        switch self {
        case .take(let name, _), .leave(let name), .give(let name, _, _), .revoke(let name, _), .define(let name, _):
            name
        }
    }
}

extension FloorRule {
    /// `nil` for a capacity of 0.
    init?(_ reader: MemberReader, _ limits: Limits) throws(Rejection) {
        let capacity = try reader.required("capacity") { value in
            value.integer.flatMap { $0 >= 0 && $0 <= Int64(limits.floorCapacityMax) ? Int($0) : nil }
        }
        guard capacity > 0 else { return nil }
        let policy = try reader.required("policy") { value in value.string.flatMap { FloorPolicy(rawValue: $0) } }
        let bounds = Int64(limits.floorLeaseMillisecondsMin)...Int64(limits.floorLeaseMillisecondsMax)
        let lease = try reader.optional("leaseMilliseconds") { value in
            value.integer.flatMap { bounds.contains($0) ? Int($0) : nil }
        }
        self.init(capacity: capacity, policy: policy, leaseMilliseconds: lease)
    }

    /// As they are in commands, events and state alike.
    public var members: JSONObject {
        var object: JSONObject = [
            "capacity": .integer(Int64(self.capacity)), "policy": .string(self.policy.rawValue),
        ]
        if let lease = self.leaseMilliseconds { object.append("leaseMilliseconds", .integer(Int64(lease))) }
        return object
    }
}

extension MemberReader {
    fileprivate func floor(_ limits: Limits) throws(Rejection) -> FloorName {
        try self.required("floor") { value in
            value.string.flatMap { FloorName($0, bytesMax: limits.floorNameBytesMax) }
        }
    }
}
