/// What is asked of a call, or of a meeting to which somebody is to be rung.
public enum RingAction: Hashable, Sendable {
    case ring(RingRequest)
    case cancel(UInt64)
    case hold(Bool)
    /// Whoever says it goes, and somebody else is rung in their place.
    case transfer(RingRequest)
    case merge(CallMerge)

    static let types = ["ring", "ring-cancel", "hold", "transfer-call", "merge"]

    init?(_ type: String, _ reader: MemberReader, _ limits: Limits) throws(Rejection) {
        switch type {
        case "ring": self = .ring(try RingRequest(reader, limits))
        case "ring-cancel": self = .cancel(try reader.requiredCount("ring"))
        case "hold": self = .hold(try reader.required("held") { $0.bool })
        case "transfer-call":
            let callee = try reader.requiredCallee("to", limits)
            self = .transfer(try RingRequest(of: [callee], reader, limits))
        case "merge":
            self = .merge(
                CallMerge(into: try reader.requiredIdentifier("into"), leave: try reader.flag("leave") ?? false)
            )
        default: return nil
        }
    }

    var type: String {
        switch self {
        case .ring: "ring"
        case .cancel: "ring-cancel"
        case .hold: "hold"
        case .transfer: "transfer-call"
        case .merge: "merge"
        }
    }

    var members: JSONObject {
        switch self {
        case .ring(let request): return request.json.object ?? JSONObject()
        case .cancel(let ring): return ["ring": .integer(Int64(clamping: ring))]
        case .hold(let isHeld): return ["held": .bool(isHeld)]
        case .transfer(let request):
            var members: JSONObject = ["to": .string(request.people.first?.text ?? "")]
            for (name, value) in request.members.members { members.append(name, value) }
            return members
        case .merge(let merge):
            var members: JSONObject = ["into": .string(merge.into.description)]
            if merge.leave { members.append("leave", true) }
            return members
        }
    }
}

/// Everybody of one call is to go over into another one, in which whoever says so is as well.
public struct CallMerge: Hashable, Sendable {
    public var into: RoomID
    /// Whether whoever says so leaves the other one, too: an attended transfer.
    public var leave: Bool
    /// With which each of the others is let in there; empty until the server has written them.
    public var tickets: [ParticipantID: String] = [:]

    public init(into room: RoomID, leave: Bool = false) {
        self.into = room
        self.leave = leave
    }
}
