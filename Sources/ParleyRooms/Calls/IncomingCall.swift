public import ParleyProtocol

/// A ring as it arrives at the line of somebody who is rung: a copy, whose truth is in the room that rings.
public struct IncomingCall: Hashable, Sendable {
    public let call: RoomID
    public let ring: UInt64
    public let from: CallParty
    /// Who wants to be replaced, if it is a transfer.
    public let transferredBy: CallParty?
    /// Why an own transfer has failed, if it is that which comes back.
    public let recall: RingEnd?
    public let mode: RingMode
    public let intent: CallIntent
    public let since: Instant
    public let until: Instant
    public let offer: AttributeValue?
    public let data: AttributeValue?
    /// Which devices do not want it.
    public internal(set) var declined: Set<ParticipantID> = []
}

/// Why it does not ring any more.
public enum IncomingEnd: String, CaseIterable, Hashable, Sendable, BitwiseCopyable {
    /// One of the own devices has it.
    case answered
    /// Somebody else has.
    case answeredElsewhere = "answered-elsewhere"
    case declined
    case noAnswer = "no-answer"
    case cancelled
    /// Nobody knows what has become of it.
    case failed

    var isMissed: Bool {
        switch self {
        case .noAnswer, .cancelled, .failed: true
        case .answered, .answeredElsewhere, .declined: false
        }
    }
}

/// A call that nobody took.
public struct MissedCall: Hashable, Sendable {
    public let from: CallParty
    public let at: Instant
    public let intent: CallIntent
    public let reason: HangupCode
    public let call: RoomID
}

extension Room {
    /// What the line of somebody who is rung is told of it; `nil`, if it does not ring for them.
    public func incoming(_ number: UInt64, for person: IdentityID) -> IncomingCall? {
        guard let ring = self.ring(number), ring.people[person]?.state.isOpen ?? false else { return nil }
        var from = ring.by
        var transferredBy: CallParty?
        var recall: RingEnd?
        switch ring.purpose {
        case .call: break
        case .transfer:
            transferredBy = ring.by
            if let waits = self.participants.first { from = CallParty(waits.identity, name: waits.name) }
        case .recall(let end): recall = end
        }
        return IncomingCall(
            call: self.id,
            ring: number,
            from: from,
            transferredBy: transferredBy,
            recall: recall,
            mode: ring.mode,
            intent: ring.intent,
            since: ring.since,
            until: ring.until,
            offer: ring.offer,
            data: ring.data
        )
    }
}

// MARK: - JSON

extension IncomingCall {
    /// In the state, by the call's id.
    var shown: JSONValue {
        var object: JSONObject = ["ring": .integer(Int64(clamping: self.ring)), "from": self.from.json]
        if let transferredBy { object.append("transferredBy", transferredBy.json) }
        if let recall { object.append("recall", .string(recall.rawValue)) }
        object.append("mode", .string(self.mode.rawValue))
        object.append("intent", .string(self.intent.rawValue))
        object.append("since", .integer(self.since.milliseconds))
        object.append("until", .integer(self.until.milliseconds))
        if let data { object.append("data", data.json) }
        if let offer { object.append("offer", offer.json) }
        if !self.declined.isEmpty {
            var declined = JSONObject()
            for device in self.declined.sorted() { declined.append(device.description, true) }
            object.append("declined", .object(declined))
        }
        return .object(object)
    }

    init(_ reader: FieldReader, of call: RoomID) throws(RoomFormatError) {
        guard let from = try CallParty(reader, "from") else { throw .member("from") }
        self.init(
            call: call,
            ring: try reader.number("ring"),
            from: from,
            transferredBy: try CallParty(reader, "transferredBy"),
            recall: try reader.wordIfPresent("recall"),
            mode: try reader.word("mode"),
            intent: try reader.word("intent"),
            since: try reader.instant("since"),
            until: try reader.instant("until"),
            offer: try reader.opaque("offer"),
            data: try reader.opaque("data")
        )
        for (text, _) in reader.valueIfPresent("declined")?.object?.members ?? JSONObject().members {
            guard let device = ParticipantID(text) else { throw .member("declined") }
            self.declined.insert(device)
        }
    }

    var bytesMax: Int {
        480 + self.from.bytesMax + (self.transferredBy?.bytesMax ?? 0) + (self.offer?.json.encoded.count ?? 0)
            + (self.data?.json.encoded.count ?? 0)
    }
}

extension CallParty {
    var bytesMax: Int { 64 + 2 * (self.name?.text.utf8.count ?? 0) + 6 * (self.user?.utf8.count ?? 0) }
}

extension MissedCall {
    var json: JSONValue {
        [
            "from": self.from.json, "at": .integer(self.at.milliseconds), "intent": .string(self.intent.rawValue),
            "reason": .string(self.reason.rawValue), "call": .string(self.call.description),
        ]
    }

    init(_ reader: FieldReader) throws(RoomFormatError) {
        guard let from = try CallParty(reader, "from") else { throw .member("from") }
        self.init(
            from: from,
            at: try reader.instant("at"),
            intent: try reader.word("intent"),
            reason: try reader.word("reason"),
            call: try reader.identifier("call")
        )
    }
}
