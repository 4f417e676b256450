/// What becomes of the room as a whole.
public enum LifecycleAction: Hashable, Sendable {
    /// Nobody new comes in.
    case lock
    case unlock

    static let types = ["lock", "unlock"]

    init?(_ type: String, _ reader: MemberReader, _ limits: Limits) throws(Rejection) {
        switch type {
        case "lock": self = .lock
        case "unlock": self = .unlock
        default: return nil
        }
    }

    var type: String {
        switch self {
        case .lock: "lock"
        case .unlock: "unlock"
        }
    }

    var members: JSONObject {
        switch self {
        case .lock, .unlock: [:]
        }
    }
}
