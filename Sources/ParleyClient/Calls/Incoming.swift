public import ParleyProtocol

/// Somebody in a call, as one is told of them who is not in it.
public struct CallPerson: Hashable, Sendable {
    public let identity: IdentityID
    /// As they call themselves.
    public let name: String?
    /// As the app calls them.
    public let user: String?
}

/// A call that rings on this device.
public struct Incoming: Hashable, Sendable {
    /// Why it does not ring any more.
    public enum End: String, Hashable, Sendable, BitwiseCopyable {
        /// Here.
        case accepted
        /// By another device of the same person, or by somebody else.
        case answeredElsewhere = "answered-elsewhere"
        case declined
        case noAnswer = "no-answer"
        case cancelled
        /// This device is not online any more.
        case offline
        /// Nobody knows what has become of it.
        case failed
    }

    /// The room that rings.
    public let call: RoomID
    public let ring: UInt64
    public let from: CallPerson
    /// Who wants to be replaced, if it is a transfer.
    public let transferredBy: CallPerson?
    /// Why a transfer of one's own has failed, if it is that which comes back.
    public let recall: String?
    public let mode: RingMode
    public let intent: CallIntent
    /// By the server's clock.
    public let since: Instant
    public let until: Instant
    /// The caller's session description, if it travels with the ring.
    public let offer: AttributeValue?
    /// What the caller's app tells: a subject, a picture.
    public let data: AttributeValue?
}

/// A call that nobody has taken.
public struct MissedCall: Hashable, Sendable {
    /// Counts up; see ``TelephoneLine/missedSeen(through:)``.
    public let number: UInt64
    public let from: CallPerson
    public let at: Instant
    public let intent: CallIntent
    /// See `HangupCode`.
    public let reason: String
    public let call: RoomID
}

/// Somebody is rung, or several people are.
public struct CallRing: Hashable, Sendable {
    public struct Person: Hashable, Sendable {
        public let identity: IdentityID
        public let user: String?
        /// `calling`, `ringing`, `answered`, `declined`, `busy`, `unreachable`, `incompatible`.
        public let state: String
        /// What they have said instead of taking the call.
        public let message: String?
    }

    public let number: UInt64
    /// Who has begun it.
    public let by: IdentityID
    public let mode: RingMode
    public let intent: CallIntent
    public let since: Instant
    public let until: Instant
    public let people: [Person]
}

// MARK: - Reading

extension CallPerson {
    init?(_ json: JSONValue?) {
        guard let identity = json?["identity"]?.string.flatMap({ IdentityID($0) }) else { return nil }
        self.init(identity: identity, name: json?["name"]?.string, user: json?["user"]?.string)
    }
}

extension JSONValue {
    fileprivate func word<Word: RawRepresentable<String>>(_ name: String) -> Word? {
        self[name]?.string.flatMap { Word(rawValue: $0) }
    }

    fileprivate func instant(_ name: String) -> Instant { Instant(milliseconds: self[name]?.integer ?? 0) }

    fileprivate func opaque(_ name: String) -> AttributeValue? { self[name].flatMap { AttributeValue($0) } }

    fileprivate var numbered: [(number: UInt64, json: JSONValue)] {
        (self.object?.members ?? JSONObject().members).compactMap { name, value in
            UInt64(name).map { (number: $0, json: value) }
        }.sorted { $0.number < $1.number }
    }
}

extension Incoming {
    init?(_ call: String, _ row: JSONValue) {
        guard let call = RoomID(call), let ring = row["ring"]?.integer.flatMap({ UInt64(exactly: $0) }),
            let from = CallPerson(row["from"])
        else { return nil }
        self.init(
            call: call,
            ring: ring,
            from: from,
            transferredBy: CallPerson(row["transferredBy"]),
            recall: row["recall"]?.string,
            mode: row.word("mode") ?? .first,
            intent: row.word("intent") ?? .audio,
            since: row.instant("since"),
            until: row.instant("until"),
            offer: row.opaque("offer"),
            data: row.opaque("data")
        )
    }
}

extension MissedCall {
    fileprivate init?(_ number: UInt64, _ row: JSONValue) {
        guard let from = CallPerson(row["from"]), let call = row["call"]?.string.flatMap({ RoomID($0) }) else {
            return nil
        }
        self.init(
            number: number,
            from: from,
            at: row.instant("at"),
            intent: row.word("intent") ?? .audio,
            reason: row["reason"]?.string ?? "",
            call: call
        )
    }
}

extension CallRing {
    fileprivate init?(_ number: UInt64, _ row: JSONValue) {
        guard let by = row["by"]?.string.flatMap({ IdentityID($0) }) else { return nil }
        let people = row["people"]?.object?.members ?? JSONObject().members
        self.init(
            number: number,
            by: by,
            mode: row.word("mode") ?? .first,
            intent: row.word("intent") ?? .audio,
            since: row.instant("since"),
            until: row.instant("until"),
            people: people.compactMap { name, person in
                IdentityID(name).map {
                    Person(
                        identity: $0,
                        user: person["user"]?.string,
                        state: person["state"]?.string ?? "",
                        message: person["message"]?.string
                    )
                }
            }
        )
    }
}

extension RoomReplica {
    /// What sort of room it is.
    public var kind: RoomKind { self.state["room"]?.word("kind") ?? .meeting }

    /// Who is rung, the oldest ring first.
    public var rings: [CallRing] { self.state["rings"]?.numbered.compactMap { CallRing($0.number, $0.json) } ?? [] }

    /// Whether that participant wants no sound and no picture for now.
    public func isHeld(_ participant: ParticipantID) -> Bool {
        self.state["people"]?[participant.description]?["held"] == true
    }

    /// Of a line: what rings on this device, the first one first.
    public var incoming: [Incoming] { self.incomingRows.compactMap { $0.isDeclined ? nil : $0.incoming } }

    /// Of a line: calls that nobody has taken, the newest first.
    public var missed: [MissedCall] {
        self.state["missed"]?.numbered.compactMap { MissedCall($0.number, $0.json) }.reversed() ?? []
    }

    /// Of a line: how reachable its person is.
    public var status: LineStatus { LineStatus(json: self.state["status"] ?? [:]) }

    /// Of a line: whose calls do not get through, by what the app calls them.
    public var blocked: [IdentityID: String] {
        let members = self.state["blocked"]?.object?.members ?? JSONObject().members
        return members.reduce(into: [:]) { blocked, member in
            if let identity = IdentityID(member.name) { blocked[identity] = member.value.string ?? "" }
        }
    }

    /// Of a line: in which calls devices of its person are.
    public var calls: [RoomID: [ParticipantID]] {
        let members = self.state["calls"]?.object?.members ?? JSONObject().members
        return members.reduce(into: [:]) { calls, member in
            guard let call = RoomID(member.name), let devices = member.value.object else { return }
            calls[call] = devices.members.compactMap { ParticipantID($0.name) }
        }
    }

    /// With those that this device does not want.
    var incomingRows: [(incoming: Incoming, isDeclined: Bool)] {
        let members = self.state["incoming"]?.object?.members ?? JSONObject().members
        return members.compactMap { name, row in
            Incoming(name, row).map { ($0, row["declined"]?[self.participant.description] != nil) }
        }.sorted { ($0.0.since.milliseconds, $0.0.call) < ($1.0.since.milliseconds, $1.0.call) }
    }
}
