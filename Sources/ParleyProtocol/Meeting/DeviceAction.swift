/// What a device can do.
public enum DeviceAction: Hashable, Sendable {
    /// In place of what it has said before.
    case declare(MediaAbilities)

    static let types = ["abilities"]

    init?(_ type: String, _ reader: MemberReader, _ limits: Limits) throws(Rejection) {
        switch type {
        case "abilities": self = .declare(try MediaAbilities(try reader.requiredReader("media"), limits))
        default: return nil
        }
    }

    var type: String {
        switch self {
        case .declare: "abilities"
        }
    }

    var members: JSONObject {
        switch self {
        case .declare(let media): ["media": media.json]
        }
    }
}
