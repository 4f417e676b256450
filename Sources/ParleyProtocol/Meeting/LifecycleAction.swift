/// What becomes of the room as a whole.
public enum LifecycleAction: Hashable, Sendable {
    /// Nobody new comes in.
    case lock
    case unlock
    /// The room shall be like that.
    case configure(RoomSettings)
    /// It is over, for everybody.
    case end

    static let types = ["lock", "unlock", "configure", "end"]

    init?(_ type: String, _ reader: MemberReader, _ limits: Limits) throws(Rejection) {
        switch type {
        case "lock": self = .lock
        case "unlock": self = .unlock
        case "configure": self = .configure(try RoomSettings(reader, limits))
        case "end": self = .end
        default: return nil
        }
    }

    var type: String {
        switch self {
        case .lock: "lock"
        case .unlock: "unlock"
        case .configure: "configure"
        case .end: "end"
        }
    }

    var members: JSONObject {
        switch self {
        case .lock, .unlock, .end: [:]
        case .configure(let settings): settings.members
        }
    }
}
