/// What becomes of the room as a whole.
public enum LifecycleAction: Hashable, Sendable {
    /// Nobody new comes in.
    case lock
    case unlock
    /// The room shall be like that.
    case configure(RoomSettings)

    static let types = ["lock", "unlock", "configure"]

    init?(_ type: String, _ reader: MemberReader, _ limits: Limits) throws(Rejection) {
        switch type {
        case "lock": self = .lock
        case "unlock": self = .unlock
        case "configure": self = .configure(try RoomSettings(reader, limits))
        default: return nil
        }
    }

    var type: String {
        switch self {
        case .lock: "lock"
        case .unlock: "unlock"
        case .configure: "configure"
        }
    }

    var members: JSONObject {
        switch self {
        case .lock, .unlock: [:]
        case .configure(let settings): settings.members
        }
    }
}
