/// Who is what.
public enum RoleAction: Hashable, Sendable {
    case set(ParticipantID, Role)

    static let types = ["set-role"]

    init?(_ type: String, _ reader: MemberReader, _ limits: Limits) throws(Rejection) {
        switch type {
        case "set-role":
            let role = try reader.required("role") { value in value.string.flatMap { Role(rawValue: $0) } }
            self = .set(try reader.requiredIdentifier("participant"), role)
        default: return nil
        }
    }

    var type: String {
        switch self {
        case .set: "set-role"
        }
    }

    var members: JSONObject {
        switch self {
        case .set(let participant, let role):
            ["participant": .string(participant.description), "role": .string(role.rawValue)]
        }
    }
}
