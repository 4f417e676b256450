extension ServerMessage {
    /// Reads a message. Members that this version does not know are ignored, types become ``unknown(type:)``.
    ///
    /// A server is as bound to the protocol as a client: the rejection names what it got wrong.
    public static func decode(_ value: JSONValue) throws(Rejection) -> ServerMessage {
        let reader = try MemberReader(message: value)
        let type = try reader.requiredText("type")
        switch type {
        case "welcome": return .welcome(try Welcome(reader))
        case "snapshot": return .snapshot(try Snapshot(reader))
        case "events": return .events(try EventsMessage(reader))
        case "offer", "answer", "ice-candidate", "hangup", "ice-restart", "signal":
            return .signal(try RelayedSignal(reader, type))
        case "pulse": return .pulse(try RelayedPulse(reader))
        case "rejected": return .rejected(try RejectedMessage(reader))
        case "beat":
            return .beat(try ServerBeat(reader))
        case "ice-servers": return .iceServers(try ICEServersMessage(reader))
        case "restarter": return .restarter(try Restarter(reader))
        case "chat":
            return .chat(ChatFrame(room: try reader.requiredIdentifier("room"), message: try ChatMessage(reader)))
        case "chat-history": return .chatHistory(try ChatHistory(reader))
        case "roster": return .roster(try RosterPage(reader))
        case "presence": return .presence(try PresenceMessage(reader))
        case "goaway": return .goaway(try Goaway(reader))
        case "stay": return .stay
        case "authenticated": return .authenticated(expiresAt: try reader.requiredInstant("expiresAt"))
        case "token-expiring": return .tokenExpiring(at: try reader.requiredInstant("expiresAt"))
        case "token-expired": return .tokenExpired(withinMilliseconds: try reader.requiredInt("withinMilliseconds"))
        default: return .unknown(type: type)
        }
    }
}

extension Welcome {
    init(_ reader: MemberReader) throws(Rejection) {
        guard try reader.requiredCount("protocol") == 1 else {
            throw reader.fault("protocol", .unsupportedProtocol)
        }
        let heartbeat = try reader.requiredReader("heartbeat")
        self.session = try reader.requiredIdentifier("session")
        self.identity = try reader.requiredIdentifier("identity")
        self.resumed = try reader.required("resumed") { $0.bool }
        // A reason that this version does not know is none.
        self.resumeRefused = try reader.text("resumeRefused").flatMap { ResumeRefusal(rawValue: $0) }
        self.selves =
            (try reader.optional("selves") { $0.object })?.members.compactMap { room, participant in
                guard let room = RoomID(room), let participant = participant.string.flatMap({ ParticipantID($0) })
                else { return nil }
                return Place(room: room, participant: participant)
            } ?? []
        self.resumeSecret = try reader.requiredReader("resume").requiredText("secret")
        self.silenceMilliseconds = try heartbeat.requiredInt("silenceMilliseconds")
        self.darkMilliseconds = try heartbeat.requiredInt("darkMilliseconds")
        self.limits = try Bounds(try reader.requiredReader("limits"))
        self.features = try reader.required("features") { value in
            let texts = value.array?.compactMap { $0.string }
            return texts?.count == value.array?.count ? texts : nil
        }
        self.iceServers = .array(try reader.required("iceServers") { $0.array })
        self.iceServersExpireAt = try reader.optional("iceServersExpireAt") { value in
            value.integer.map { Instant(milliseconds: $0) }
        }
        self.endpoints = (try reader.optional("endpoints") { $0.array })?.compactMap(\.string) ?? []
        self.time = Instant(milliseconds: try reader.required("time") { $0.integer })
    }
}

extension Welcome.Bounds {
    init(_ reader: MemberReader) throws(Rejection) {
        self.init()
        self.frameBytesMax = try reader.requiredInt("frameBytesMax")
        self.nameBytesMax = try reader.requiredInt("nameBytesMax")
        self.roomsPerSessionMax = try reader.requiredInt("roomsPerSessionMax")
        self.unacknowledgedSignalsMax = try reader.requiredInt("unacknowledgedSignalsMax")
    }
}

extension Snapshot {
    init(_ reader: MemberReader) throws(Rejection) {
        self.init(
            room: try reader.requiredIdentifier("room"),
            participant: try reader.requiredIdentifier("self"),
            at: try reader.required("at") { Position($0) },
            view: try reader.text("view"),
            me: try reader.optional("me") { value in value.object.map { .object($0) } },
            state: .object(try reader.required("state") { $0.object }),
            hash: try reader.required("hash") { value in value.string.flatMap { StateHash($0) } },
            lastCommand: try reader.count("lastCommand"),
            events: try reader.required("events") { $0.array }
        )
    }
}

extension EventsMessage {
    init(_ reader: MemberReader) throws(Rejection) {
        self.init(
            room: try reader.requiredIdentifier("room"),
            at: try reader.required("at") { Position($0) },
            after: try reader.required("after") { Position($0) },
            events: try reader.required("events") { $0.array }
        )
    }
}

extension ServerBeat {
    init(_ reader: MemberReader) throws(Rejection) {
        self.init(
            time: Instant(milliseconds: try reader.required("time") { $0.integer }),
            delivered: try reader.watermarks("delivered")
        )
        for (room, value) in try reader.readers("rooms") {
            guard let room = RoomID(room) else { throw reader.fault("rooms") }
            self.rooms.append(try Room(room: room, value))
        }
        self.degraded = try reader.flag("degraded")
    }
}

extension ServerBeat.Room {
    init(room: RoomID, _ reader: MemberReader) throws(Rejection) {
        self.init(
            room: room,
            at: try reader.optional("at") { Position($0) },
            hash: try reader.optional("hash") { value in value.string.flatMap { StateHash($0) } },
            roundTrips: try reader.watermarks("roundTripMilliseconds").map {
                RoundTrip(participant: $0.participant, milliseconds: Int(clamping: $0.n))
            }
        )
    }
}

extension ICEServersMessage {
    init(_ reader: MemberReader) throws(Rejection) {
        self.init(
            iceServers: .array(try reader.required("iceServers") { $0.array }),
            expireAt: try reader.optional("iceServersExpireAt") { value in
                value.integer.map { Instant(milliseconds: $0) }
            }
        )
    }
}

extension Restarter {
    init(_ reader: MemberReader) throws(Rejection) {
        self.init(
            room: try reader.requiredIdentifier("room"),
            peer: try reader.requiredIdentifier("peer"),
            restarter: try reader.nullableIdentifier("restarter")
        )
    }
}

extension Goaway {
    init(_ reader: MemberReader) throws(Rejection) {
        self.init(
            withinMilliseconds: try reader.requiredInt("withinMilliseconds"),
            deadlineMilliseconds: try reader.requiredInt("deadlineMilliseconds"),
            endpoint: try reader.text("endpoint")
        )
    }
}

extension RelayedSignal {
    init(_ reader: MemberReader, _ type: String) throws(Rejection) {
        let (negotiation, payload) = try SignalPayload.read(reader, type)
        self.init(
            from: try reader.requiredIdentifier("from"),
            n: try reader.requiredCount("n"),
            floor: try reader.count("floor"),
            negotiation: negotiation,
            payload: payload
        )
    }
}

extension RelayedPulse {
    init(_ reader: MemberReader) throws(Rejection) {
        self.init(
            room: try reader.requiredIdentifier("room"),
            from: try reader.requiredIdentifier("from"),
            kind: try reader.requiredText("kind"),
            data: reader.object["data"]
        )
    }
}

extension RejectedMessage {
    init(_ reader: MemberReader) throws(Rejection) {
        self.init(code: try reader.requiredText("code"), message: try reader.text("message") ?? "")
        self.of = try reader.text("of")
        self.room = try reader.text("room")
        self.id = try reader.count("id")
        self.cid = try reader.text("cid")
        self.to = try reader.text("to")
        self.n = try reader.count("n")
        self.expected = try reader.count("expected")
        self.member = try reader.text("member")
        self.retryAfterMilliseconds = try reader.count("retryAfterMilliseconds")
    }
}

extension MemberReader {
    fileprivate func requiredInstant(_ name: String) throws(Rejection) -> Instant {
        Instant(milliseconds: try self.required(name) { $0.integer })
    }

    fileprivate func requiredInt(_ name: String) throws(Rejection) -> Int {
        try self.required(name) { $0.integer.flatMap { Int(exactly: $0) } }
    }
}

extension Position {
    /// Reads `[generation, sequence, "uid"]`.
    public init?(_ value: JSONValue) {
        guard let parts = value.array, parts.count == 3,
            let generation = parts[0].integer.flatMap({ UInt32(exactly: $0) }),
            let sequence = parts[1].integer.flatMap({ UInt64(exactly: $0) }), sequence <= countMax,
            let uid = parts[2].string.flatMap({ UInt64(hexadecimal: $0) })
        else { return nil }
        self.init(generation: generation, sequence: sequence, uid: uid)
    }
}
