public import ParleyProtocol

/// Since when, and until when.
public struct RoomTimes: Hashable, Sendable {
    /// `nil`: not yet.
    public var openedAt: Instant?
    /// Since when nobody is in it; `nil`: somebody is.
    public var emptiedAt: Instant?
    /// The latest warning that it will be over, in milliseconds ahead.
    var warned: Int?

    public init() {}
}

extension RoomTimes {
    var json: JSONValue {
        var object = JSONObject()
        if let openedAt { object.append("openedAt", .integer(openedAt.milliseconds)) }
        if let emptiedAt { object.append("emptiedAt", .integer(emptiedAt.milliseconds)) }
        if let warned { object.append("warned", .integer(Int64(warned))) }
        return .object(object)
    }

    init(_ reader: FieldReader) throws(RoomFormatError) {
        if reader.has("openedAt") { self.openedAt = try reader.instant("openedAt") }
        if reader.has("emptiedAt") { self.emptiedAt = try reader.instant("emptiedAt") }
        if reader.has("warned") { self.warned = Int(clamping: try reader.number("warned")) }
    }
}

extension Room {
    /// When it is over, whatever happens; `nil` before it is open, and without a maximum duration.
    public var endsAt: Instant? {
        guard let maximum = self.parameters.maximumMilliseconds, let openedAt = self.openedAt else { return nil }
        return openedAt.advanced(milliseconds: maximum)
    }

    /// Most rooms are open from their beginning on; only what differs is kept.
    public var openedAt: Instant? {
        switch self.lifecycle {
        case .absent, .scheduled: nil
        case .open, .locked, .ended: self.times.openedAt ?? self.createdAt
        }
    }

    /// Members of `state.room`; absent where there is nothing to tell.
    var timesShown: JSONObject {
        var object = JSONObject()
        if let openedAt = self.times.openedAt { object.append("openedAt", .integer(openedAt.milliseconds)) }
        if let endsAt { object.append("endsAt", .integer(endsAt.milliseconds)) }
        if let emptiedAt = self.times.emptiedAt { object.append("emptiedAt", .integer(emptiedAt.milliseconds)) }
        return object
    }
}
