extension ClientMessage {
    /// Appends the message as JSON text.
    public func encode(into bytes: inout [UInt8]) {
        switch self {
        case .hello(let hello): hello.encode(into: &bytes)
        case .join(let join):
            bytes.open(type: "join")
            join.encodeMembers(into: &bytes)
            bytes.close()
        case .leave(let leave):
            bytes.open(type: "leave")
            bytes.member("id", integer: leave.id)
            bytes.member("room", id: leave.room)
            bytes.member("code", text: leave.code?.rawValue)
            bytes.close()
        case .media(let media): media.encode(into: &bytes)
        case .meeting(let meeting): meeting.encode(into: &bytes)
        case .signal(let signal): signal.encode(into: &bytes)
        case .pulse(let pulse): pulse.encode(into: &bytes)
        case .beat(let beat):
            bytes.open(type: "beat")
            if !beat.acknowledged.isEmpty { bytes.member("ack", watermarks: beat.acknowledged) }
            bytes.close()
        case .resync(let resync): resync.encode(into: &bytes)
        case .chat(let chat): chat.encode(into: &bytes)
        case .chatHistory(let request): request.encode(into: &bytes)
        case .roster(let request): request.encode(into: &bytes)
        case .watch(let request): request.encode(into: &bytes)
        case .networkChanged:
            bytes.open(type: "network-changed")
            bytes.close()
        case .authenticate(let token):
            bytes.open(type: "authenticate")
            bytes.member("token", text: token)
            bytes.close()
        }
    }
}

extension ResyncRequest {
    func encode(into bytes: inout [UInt8]) {
        bytes.open(type: "resync")
        bytes.member("room", id: self.room)
        if let at = self.at { bytes.member("at", position: at) }
        bytes.member("hash", text: self.hash?.description)
        bytes.member("view", text: self.view)
        bytes.close()
    }
}

extension Hello {
    func encode(into bytes: inout [UInt8]) {
        bytes.open(type: "hello")
        bytes.member("protocol", integer: self.protocolVersion)
        if self.clientName != nil || self.clientVersion != nil {
            bytes.member("client") { client in
                client.member("name", text: self.clientName)
                client.member("version", text: self.clientVersion)
            }
        }
        bytes.member("abilities") { abilities in
            abilities.member("rollback", flag: self.abilities.rollback)
            abilities.member("trickle", flag: self.abilities.trickle)
            abilities.member("restart", flag: self.abilities.restart)
            abilities.member("media", json: self.abilities.media?.json)
        }
        if let resume = self.resume {
            bytes.member("resume") { resume.encodeMembers(into: &$0) }
        }
        if let identity = self.identity {
            bytes.member("identity") { proof in
                proof.member("session", id: identity.session)
                proof.member("secret", text: identity.secret)
            }
        }
        bytes.member("token", text: self.token)
        bytes.member("user", text: self.user)
        if let join = self.join { bytes.member("join") { join.encodeMembers(into: &$0) } }
        bytes.close()
    }
}

extension Hello.Resume {
    func encodeMembers(into bytes: inout [UInt8]) {
        bytes.member("session", id: self.session)
        bytes.member("secret", text: self.secret)
        if let rooms = self.rooms {
            bytes.member("rooms", held: rooms)
            var views = JSONObject()
            for room in rooms {
                if let view = room.view { views.append(room.room.description, .string(view)) }
            }
            if !views.isEmpty { bytes.member("views", json: .object(views)) }
            var selves = JSONObject()
            for room in rooms {
                if let me = room.participant { selves.append(room.room.description, .string(me.description)) }
            }
            if !selves.isEmpty { bytes.member("selves", json: .object(selves)) }
        }
        if !self.received.isEmpty { bytes.member("received", watermarks: self.received) }
        if self.attempt > 0 { bytes.member("attempt", integer: self.attempt) }
    }
}

extension JoinCommand {
    func encodeMembers(into bytes: inout [UInt8]) {
        bytes.member("id", integer: self.id)
        switch self.room {
        case .id(let room): bytes.member("room", id: room)
        case .alias(let alias): bytes.member("room", text: alias.text)
        case .new: break
        }
        bytes.member("name", text: self.name?.text)
        bytes.member("devices", text: self.devices?.rawValue)
        bytes.member("media", json: self.media?.json)
        if let settings { bytes.member("settings", json: .object(settings.members)) }
        bytes.member("pin", text: self.pin)
        bytes.member("invitation", text: self.invitation)
        bytes.member("role", text: self.role?.rawValue)
        bytes.member("ticket", text: self.ticket)
        bytes.member("assertion", text: self.assertion)
        bytes.member("kind", text: self.kind?.rawValue)
        self.call?.encodeMembers(into: &bytes)
        if let queue { bytes.member("queue", json: .object(queue.members)) }
    }
}

extension MediaCommand {
    func encode(into bytes: inout [UInt8]) {
        bytes.open(type: "media")
        bytes.member("id", integer: self.id)
        bytes.member("room", id: self.room)
        bytes.member("audio", flag: self.audio)
        bytes.member("video", flag: self.video)
        bytes.member("screen", flag: self.screen)
        bytes.member("refused", text: self.refused?.rawValue)
        bytes.close()
    }
}

extension OutboundSignal {
    func encode(into bytes: inout [UInt8]) {
        bytes.open(type: self.payload.type)
        bytes.member("to", id: self.to)
        bytes.members(n: self.n, floor: self.floor, negotiation: self.negotiation, payload: self.payload)
        bytes.close()
    }
}

extension OutboundPulse {
    func encode(into bytes: inout [UInt8]) {
        bytes.open(type: "pulse")
        bytes.member("room", id: self.room)
        if let to = self.to { bytes.member("to", id: to) }
        bytes.member("kind", text: self.kind)
        bytes.member("data", json: self.data)
        bytes.close()
    }
}

extension SignalPayload {
    var type: StaticString {
        switch self {
        case .offer: "offer"
        case .answer: "answer"
        case .iceCandidate: "ice-candidate"
        case .hangup: "hangup"
        case .iceRestart: "ice-restart"
        case .signal: "signal"
        }
    }
}
