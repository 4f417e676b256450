extension ServerMessage {
    /// Appends the message as JSON text, `type` first.
    public func encode(into bytes: inout [UInt8]) {
        switch self {
        case .welcome(let welcome): welcome.encode(into: &bytes)
        case .snapshot(let snapshot): snapshot.encode(into: &bytes)
        case .events(let events): events.encode(into: &bytes)
        case .signal(let signal): signal.encode(into: &bytes)
        case .pulse(let pulse): pulse.encode(into: &bytes)
        case .rejected(let rejected): rejected.encode(into: &bytes)
        case .beat(let beat): beat.encode(into: &bytes)
        case .iceServers(let message): message.encode(into: &bytes)
        case .restarter(let restarter): restarter.encode(into: &bytes)
        case .chat(let chat): chat.encode(into: &bytes)
        case .chatHistory(let history): history.encode(into: &bytes)
        case .roster(let page): page.encode(into: &bytes)
        case .presence(let presence): presence.encode(into: &bytes)
        case .goaway(let goaway): goaway.encode(into: &bytes)
        case .stay:
            bytes.open(type: "stay")
            bytes.close()
        case .authenticated(let instant):
            bytes.open(type: "authenticated")
            bytes.member("expiresAt", integer: instant.milliseconds)
            bytes.close()
        case .tokenExpiring(let instant):
            bytes.open(type: "token-expiring")
            bytes.member("expiresAt", integer: instant.milliseconds)
            bytes.close()
        case .tokenExpired(let milliseconds):
            bytes.open(type: "token-expired")
            bytes.member("withinMilliseconds", integer: milliseconds)
            bytes.close()
        case .unknown(let type):
            var object = JSONObject()
            object.append("type", .string(type))
            object.encode(into: &bytes)
        }
    }
}

extension Welcome {
    public func encode(into bytes: inout [UInt8]) {
        bytes.open(type: "welcome")
        bytes.member("protocol", integer: 1)
        bytes.member("session", id: self.session)
        bytes.member("identity", id: self.identity)
        bytes.member("resumed", flag: self.resumed)
        bytes.member("resumeRefused", text: self.resumeRefused?.rawValue)
        if !self.selves.isEmpty {
            var selves = JSONObject()
            for place in self.selves { selves.append(place.room.description, .string(place.participant.description)) }
            bytes.member("selves", json: .object(selves))
        }
        bytes.member("resume") { $0.member("secret", text: self.resumeSecret) }
        bytes.member("heartbeat") { heartbeat in
            heartbeat.member("silenceMilliseconds", integer: self.silenceMilliseconds)
            heartbeat.member("darkMilliseconds", integer: self.darkMilliseconds)
        }
        bytes.member("limits") { limits in
            limits.member("frameBytesMax", integer: self.limits.frameBytesMax)
            limits.member("nameBytesMax", integer: self.limits.nameBytesMax)
            limits.member("roomsPerSessionMax", integer: self.limits.roomsPerSessionMax)
            limits.member("unacknowledgedSignalsMax", integer: self.limits.unacknowledgedSignalsMax)
        }
        bytes.member("features", texts: self.features)
        bytes.member("iceServers", json: self.iceServers)
        if let expiry = self.iceServersExpireAt {
            bytes.member("iceServersExpireAt", integer: expiry.milliseconds)
        }
        if !self.endpoints.isEmpty { bytes.member("endpoints", texts: self.endpoints) }
        bytes.member("time", integer: self.time.milliseconds)
        bytes.close()
    }
}

extension Snapshot {
    public func encode(into bytes: inout [UInt8]) {
        self.encode(into: &bytes, encodedState: self.state.encoded)
    }

    /// From a state that is JSON text already, in place of ``state``: a room encodes it once for all who come at the
    /// same time.
    public func encode(into bytes: inout [UInt8], encodedState: [UInt8]) {
        bytes.open(type: "snapshot")
        bytes.member("room", id: self.room)
        bytes.member("self", id: self.participant)
        bytes.member("at", position: self.at)
        bytes.member("view", text: self.view)
        bytes.member("me", json: self.me)
        bytes.write(",\"state\":")
        bytes.append(contentsOf: encodedState)
        bytes.member("hash", text: self.hash.description)
        bytes.member("lastCommand", count: self.lastCommand)
        bytes.member("events", array: self.events)
        bytes.close()
    }
}

extension EventsMessage {
    public func encode(into bytes: inout [UInt8]) {
        Self.encodeHead(room: self.room, at: self.at, after: self.after, into: &bytes)
        bytes.member("events", array: self.events)
        bytes.close()
    }

    /// The same frame from events that are JSON text already, so that a room encodes each of them once
    /// for all its views.
    ///
    /// - Parameter encodedEvents: the events' texts, joined with commas, without brackets.
    public static func encode(
        room: RoomID,
        at: Position,
        after: Position,
        encodedEvents: some Collection<UInt8>,
        into bytes: inout [UInt8]
    ) {
        self.encodeHead(room: room, at: at, after: after, into: &bytes)
        bytes.write(",\"events\":[")
        bytes.append(contentsOf: encodedEvents)
        bytes.write("]}")
    }

    private static func encodeHead(
        room: RoomID,
        at: Position,
        after: Position,
        into bytes: inout [UInt8]
    ) {
        bytes.open(type: "events")
        bytes.member("room", id: room)
        bytes.member("at", position: at)
        bytes.member("after", position: after)
    }
}

extension RelayedSignal {
    /// What a server writes with a ``RelayFrame``, from values.
    public func encode(into bytes: inout [UInt8]) {
        bytes.open(type: self.payload.type)
        bytes.member("from", id: self.from)
        bytes.members(n: self.n, floor: self.floor, negotiation: self.negotiation, payload: self.payload)
        bytes.close()
    }
}

extension RelayedPulse {
    /// What a server writes with a ``PulseFrame``, from values.
    public func encode(into bytes: inout [UInt8]) {
        bytes.open(type: "pulse")
        bytes.member("room", id: self.room)
        bytes.member("from", id: self.from)
        bytes.member("kind", text: self.kind)
        bytes.member("data", json: self.data)
        bytes.close()
    }
}

extension RejectedMessage {
    public init(_ rejection: Rejection) {
        self.init(code: rejection.code.rawValue, message: rejection.code.message)
        self.of = rejection.of
        self.room = rejection.room
        self.id = rejection.id
        self.cid = rejection.cid
        self.to = rejection.to
        self.n = rejection.n
        self.expected = rejection.expected
        self.member = rejection.member
        self.retryAfterMilliseconds = rejection.retryAfterMilliseconds
    }

    public func encode(into bytes: inout [UInt8]) {
        bytes.open(type: "rejected")
        bytes.member("of", text: self.of)
        bytes.member("room", text: self.room)
        bytes.member("to", text: self.to)
        bytes.member("id", count: self.id)
        bytes.member("cid", text: self.cid)
        bytes.member("n", count: self.n)
        bytes.member("code", text: self.code)
        bytes.member("message", text: self.message)
        bytes.member("member", text: self.member)
        bytes.member("expected", count: self.expected)
        bytes.member("retryAfterMilliseconds", count: self.retryAfterMilliseconds)
        bytes.close()
    }
}

extension ServerBeat {
    public func encode(into bytes: inout [UInt8]) {
        bytes.open(type: "beat")
        bytes.member("time", integer: self.time.milliseconds)
        if !self.delivered.isEmpty { bytes.member("delivered", watermarks: self.delivered) }
        if !self.rooms.isEmpty { bytes.member("rooms", rooms: self.rooms) }
        if let degraded = self.degraded { bytes.member("degraded", flag: degraded) }
        bytes.close()
    }
}

extension ServerBeat.Room {
    func encodeMembers(into bytes: inout [UInt8]) {
        if let at = self.at { bytes.member("at", position: at) }
        bytes.member("hash", text: self.hash?.description)
        guard !self.roundTrips.isEmpty else { return }
        let marks = self.roundTrips.map { Watermark(participant: $0.participant, n: UInt64(max(0, $0.milliseconds))) }
        bytes.member("roundTripMilliseconds", watermarks: marks)
    }
}

extension ICEServersMessage {
    public func encode(into bytes: inout [UInt8]) {
        bytes.open(type: "ice-servers")
        bytes.member("iceServers", json: self.iceServers)
        if let expiry = self.expireAt { bytes.member("iceServersExpireAt", integer: expiry.milliseconds) }
        bytes.close()
    }
}

extension Restarter {
    public func encode(into bytes: inout [UInt8]) {
        bytes.open(type: "restarter")
        bytes.member("room", id: self.room)
        bytes.member("peer", id: self.peer)
        if let restarter = self.restarter {
            bytes.member("restarter", id: restarter)
        } else {
            bytes.member("restarter", json: .null)
        }
        bytes.close()
    }
}

extension Goaway {
    public func encode(into bytes: inout [UInt8]) {
        bytes.open(type: "goaway")
        bytes.member("withinMilliseconds", integer: self.withinMilliseconds)
        bytes.member("deadlineMilliseconds", integer: self.deadlineMilliseconds)
        bytes.member("endpoint", text: self.endpoint)
        bytes.close()
    }
}
