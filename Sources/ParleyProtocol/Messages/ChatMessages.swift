/// Something to be said in writing. No command: it has no number, and its outcome is the message itself.
public struct ChatCommand: Hashable, Sendable {
    public var room: RoomID
    /// The sender's own name for it: sent again under the same one, it is said once.
    public var cid: String
    public var text: ChatText
    /// For one person's eyes; `nil`: for everybody's.
    public var to: ParticipantID?

    public init(room: RoomID, cid: String, text: ChatText, to: ParticipantID? = nil) {
        self.room = room
        self.cid = cid
        self.text = text
        self.to = to
    }
}

/// What people write to each other: not empty, not too long, and no control characters but tab and newline.
public struct ChatText: Hashable, Sendable {
    public let text: String

    public init(_ text: String, bytesMax: Int = Limits().chatTextBytesMax) throws(RejectionCode) {
        guard !text.isEmpty, text.unicodeScalars.allSatisfy(Self.isAllowed) else { throw .invalidMember }
        guard text.utf8.count <= bytesMax else { throw .tooLong }
        self.text = text
    }

    private static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x0A: true
        case 0...0x1F, 0x7F...0x9F: false
        default: true
        }
    }
}

/// Asks for what was written earlier.
public struct ChatHistoryRequest: Hashable, Sendable {
    public var room: RoomID
    /// Only what has a smaller number; `nil`: the newest.
    public var before: UInt64?
    /// At most so many messages, the newest of those that are meant.
    public var limit: Int

    public init(room: RoomID, before: UInt64? = nil, limit: Int) {
        self.room = room
        self.before = before
        self.limit = limit
    }
}

/// One message of a room's chat.
public struct ChatMessage: Hashable, Sendable {
    /// Its place: 1, 2, 3 … per room, also of those that not everybody sees.
    public var n: UInt64
    public var from: ParticipantID
    public var name: DisplayName?
    public var to: ParticipantID?
    public var text: ChatText
    public var time: Instant
    /// Told to its sender alone.
    public var cid: String?

    public init(
        n: UInt64,
        from: ParticipantID,
        name: DisplayName? = nil,
        to: ParticipantID? = nil,
        text: ChatText,
        time: Instant,
        cid: String? = nil
    ) {
        self.n = n
        self.from = from
        self.name = name
        self.to = to
        self.text = text
        self.time = time
        self.cid = cid
    }

    /// Whether that person may read it.
    public func isVisible(to participant: ParticipantID) -> Bool {
        self.to == nil || self.to == participant || self.from == participant
    }
}

/// A message as somebody in the room reads it.
public struct ChatFrame: Hashable, Sendable {
    public var room: RoomID
    public var message: ChatMessage

    public init(room: RoomID, message: ChatMessage) {
        self.room = room
        self.message = message
    }
}

/// What was written earlier, oldest first.
public struct ChatHistory: Hashable, Sendable {
    public var room: RoomID
    public var messages: [ChatMessage]

    public init(room: RoomID, messages: [ChatMessage]) {
        self.room = room
        self.messages = messages
    }
}

// MARK: - Reading

extension ChatCommand {
    init(_ reader: MemberReader, _ limits: Limits) throws(Rejection) {
        let room: RoomID = try reader.requiredIdentifier("room")
        let cid = try reader.required("cid") { value in
            value.string.flatMap { $0.isEmpty || $0.utf8.count > limits.chatNameBytesMax ? nil : $0 }
        }
        let written = try reader.requiredText("text")
        let text: ChatText
        do throws(RejectionCode) {
            text = try ChatText(written, bytesMax: limits.chatTextBytesMax)
        } catch {
            throw reader.fault("text", error)
        }
        let to = try reader.optional("to") { value in value.string.flatMap { ParticipantID($0) } }
        self.init(room: room, cid: cid, text: text, to: to)
    }
}

extension ChatHistoryRequest {
    init(_ reader: MemberReader, _ limits: Limits) throws(Rejection) {
        let limit = try reader.count("limit") ?? UInt64(limits.chatPageMax)
        self.init(
            room: try reader.requiredIdentifier("room"),
            before: try reader.count("before"),
            limit: min(Int(clamping: limit), limits.chatPageMax)
        )
    }
}

extension ChatMessage {
    init(_ reader: MemberReader) throws(Rejection) {
        // However long: limits are for what comes in.
        let text = try reader.required("text") { value in
            value.string.flatMap { try? ChatText($0, bytesMax: .max) }
        }
        let name = try reader.optional("name") { value in
            value.string.flatMap { try? DisplayName($0, bytesMax: .max) }
        }
        self.init(
            n: try reader.requiredCount("n"),
            from: try reader.requiredIdentifier("from"),
            name: name,
            to: try reader.optional("to") { value in value.string.flatMap { ParticipantID($0) } },
            text: text,
            time: Instant(milliseconds: try reader.required("time") { $0.integer }),
            cid: try reader.text("cid")
        )
    }

    /// Reads ``json``; `nil` for what is none.
    public init?(json: JSONValue) {
        guard let reader = try? MemberReader(message: json), let message = try? ChatMessage(reader) else { return nil }
        self = message
    }
}

extension ChatHistory {
    init(_ reader: MemberReader) throws(Rejection) {
        let room: RoomID = try reader.requiredIdentifier("room")
        let values = try reader.required("messages") { $0.array }
        let messages = values.compactMap { ChatMessage(json: $0) }
        guard messages.count == values.count else { throw reader.fault("messages") }
        self.init(room: room, messages: messages)
    }
}

// MARK: - Writing

extension ChatMessage {
    private var members: [(String, JSONValue)] {
        var members: [(String, JSONValue)] = [("n", .integer(Int64(clamping: self.n)))]
        members.append(("from", .string(self.from.description)))
        if let name = self.name { members.append(("name", .string(name.text))) }
        if let to = self.to { members.append(("to", .string(to.description))) }
        members.append(("text", .string(self.text.text)))
        members.append(("time", .integer(self.time.milliseconds)))
        if let cid = self.cid { members.append(("cid", .string(cid))) }
        return members
    }

    /// What the log holds.
    public var json: JSONValue {
        var object = JSONObject()
        for (name, value) in self.members { object.append(name, value) }
        return .object(object)
    }

    fileprivate func frame(room: RoomID) -> JSONValue {
        var object: JSONObject = ["type": "chat", "room": .string(room.description)]
        for (name, value) in self.members { object.append(name, value) }
        return .object(object)
    }
}

extension ChatFrame {
    func encode(into bytes: inout [UInt8]) { self.message.frame(room: self.room).encode(into: &bytes) }
}

extension ChatHistory {
    func encode(into bytes: inout [UInt8]) {
        bytes.open(type: "chat-history")
        bytes.member("room", id: self.room)
        bytes.member("messages", array: self.messages.map(\.json))
        bytes.close()
    }
}

extension ChatCommand {
    func encode(into bytes: inout [UInt8]) {
        bytes.open(type: "chat")
        bytes.member("room", id: self.room)
        bytes.member("cid", text: self.cid)
        bytes.member("text", text: self.text.text)
        if let to = self.to { bytes.member("to", id: to) }
        bytes.close()
    }
}

extension ChatHistoryRequest {
    func encode(into bytes: inout [UInt8]) {
        bytes.open(type: "chat-history")
        bytes.member("room", id: self.room)
        bytes.member("before", count: self.before)
        bytes.member("limit", integer: self.limit)
        bytes.close()
    }
}
