/// Who is what.
public enum RoleAction: Hashable, Sendable {
    /// Never ``Role/host``: a room has one of them, who is made by ``transfer(_:)``.
    case set(ParticipantID, Role)
    /// The host makes somebody else host, and becomes co-host.
    case transfer(ParticipantID)

    static let types = ["set-role", "transfer-host"]

    init?(_ type: String, _ reader: MemberReader, _ limits: Limits) throws(Rejection) {
        switch type {
        case "set-role":
            let role = try reader.required("role") { value in value.string.flatMap { Role(rawValue: $0) } }
            self = .set(try reader.requiredIdentifier("participant"), role)
        case "transfer-host": self = .transfer(try reader.requiredIdentifier("participant"))
        default: return nil
        }
    }

    var type: String {
        switch self {
        case .set: "set-role"
        case .transfer: "transfer-host"
        }
    }

    var members: JSONObject {
        switch self {
        case .set(let participant, let role):
            ["participant": .string(participant.description), "role": .string(role.rawValue)]
        case .transfer(let participant): ["participant": .string(participant.description)]
        }
    }
}
