public import ParleyProtocol

/// What people are told of those whom they are not told of one by one.
public enum AudienceFact: Hashable, Sendable {
    case counted(Int, at: Instant)

    var type: String {
        switch self {
        case .counted: "audience-counted"
        }
    }

    var members: JSONObject {
        switch self {
        case .counted(let count, let instant):
            ["count": .integer(Int64(count)), "at": .integer(instant.milliseconds)]
        }
    }

    init?(_ type: String, _ reader: FieldReader) throws(RoomFormatError) {
        switch type {
        case "audience-counted":
            self = .counted(Int(clamping: try reader.number("count")), at: try reader.instant("at"))
        default: return nil
        }
    }
}
