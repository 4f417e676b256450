/// A question for those of a large audience, of whom nobody is told one by one.
public struct RosterRequest: Hashable, Sendable {
    public var room: RoomID
    /// Who came behind that one, by `joined`; 0: from the first on.
    public var after: UInt64
    /// `nil`: as many as the server finds useful.
    public var max: Int?

    public init(room: RoomID, after: UInt64 = 0, max: Int? = nil) {
        self.room = room
        self.after = after
        self.max = max
    }
}

/// Some of the audience, in order of arrival.
public struct RosterPage: Hashable, Sendable {
    public var room: RoomID
    public var after: UInt64
    /// As in `people`, by participant id.
    public var people: JSONValue
    /// What `after` is for the next page; `nil`: there is none.
    public var next: UInt64?

    public init(room: RoomID, after: UInt64, people: JSONValue, next: UInt64?) {
        self.room = room
        self.after = after
        self.people = people
        self.next = next
    }
}

// MARK: - Reading

extension RosterRequest {
    /// More than ``Limits/rosterPageMax`` is `invalid-member`.
    init(_ reader: MemberReader, _ limits: Limits) throws(Rejection) {
        self.init(
            room: try reader.requiredIdentifier("room"),
            after: try reader.optional("after") { value in
                value.integer.flatMap { $0 >= 0 && $0 <= Int64(countMax) ? UInt64($0) : nil }
            } ?? 0,
            max: try reader.optional("max") { value in
                value.integer.flatMap { $0 >= 1 && $0 <= Int64(limits.rosterPageMax) ? Int($0) : nil }
            }
        )
    }
}

extension RosterPage {
    init(_ reader: MemberReader) throws(Rejection) {
        self.init(
            room: try reader.requiredIdentifier("room"),
            after: try reader.required("after") { value in value.integer.flatMap { UInt64(exactly: $0) } },
            people: .object(try reader.required("people") { $0.object }),
            next: try reader.count("next")
        )
    }
}

// MARK: - Writing

extension RosterRequest {
    func encode(into bytes: inout [UInt8]) {
        bytes.open(type: "roster")
        bytes.member("room", id: self.room)
        if self.after > 0 { bytes.member("after", count: self.after) }
        if let max { bytes.member("max", integer: max) }
        bytes.close()
    }
}

extension RosterPage {
    func encode(into bytes: inout [UInt8]) {
        bytes.open(type: "roster")
        bytes.member("room", id: self.room)
        bytes.member("after", integer: Int(clamping: self.after))
        bytes.member("people", json: self.people)
        bytes.member("next", count: self.next)
        bytes.close()
    }
}
