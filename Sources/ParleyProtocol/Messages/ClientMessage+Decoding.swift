extension ClientMessage {
    /// Parses and decodes a whole frame.
    ///
    /// - Parameter frame: a text frame that is UTF-8; the transport has checked that.
    public static func decode(
        frame: UnsafeRawBufferPointer,
        limits: Limits = Limits()
    ) throws(Rejection) -> ClientMessage {
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONParser.parse(frame, depthMax: limits.depthMax)
        } catch {
            throw Rejection(.malformed)
        }
        return try Self.decode(value, limits: limits)
    }

    /// Reads a message, checking every member that this version knows and ignoring the others.
    ///
    /// Signals and pulses are read too, though a server relays them by their ``Envelope`` alone.
    public static func decode(
        _ value: JSONValue,
        limits: Limits = Limits()
    ) throws(Rejection) -> ClientMessage {
        let reader = try MemberReader(message: value)
        let type = try reader.requiredText("type")
        switch Array(type.utf8).withUnsafeBytes({ MessageKind(type: $0) }) {
        case .hello: return .hello(try Hello(reader, limits))
        case .join: return .join(try JoinCommand(reader, limits))
        case .leave: return .leave(try LeaveCommand(reader))
        case .media: return .media(try MediaCommand(reader))
        case .offer, .answer, .iceCandidate, .hangup, .iceRestart, .signal:
            return .signal(try OutboundSignal(reader, type))
        case .pulse: return .pulse(try OutboundPulse(reader, limits))
        case .beat: return .beat(ClientBeat(acknowledged: try reader.watermarks("ack")))
        case .resync: return .resync(try ResyncRequest(reader))
        case .networkChanged: return .networkChanged
        case .authenticate: return .authenticate(token: try reader.requiredText("token"))
        case .chat: return .chat(try ChatCommand(reader, limits))
        case .chatHistory: return .chatHistory(try ChatHistoryRequest(reader, limits))
        case .roster: return .roster(try RosterRequest(reader, limits))
        case .watch: return .watch(try WatchRequest(reader, limits))
        case .meeting:
            guard let command = try MeetingCommand(type, reader, limits) else { throw reader.unknownType }
            return .meeting(command)
        case .unknown: throw reader.unknownType
        }
    }
}

extension Hello {
    init(_ reader: MemberReader, _ limits: Limits) throws(Rejection) {
        // First of all: another version may mean anything by the other members.
        let version = try reader.required("protocol") { $0.integer }
        guard version == 1 else { throw reader.fault("protocol", .unsupportedProtocol) }
        self.init()
        if let client = try reader.reader("client") {
            self.clientName = try client.text("name")?.cut(toBytes: limits.clientNameBytesMax)
            self.clientVersion = try client.text("version")?.cut(toBytes: limits.clientNameBytesMax)
        }
        if let abilities = try reader.reader("abilities") { self.abilities = try Abilities(abilities, limits) }
        if let resume = try reader.reader("resume") { self.resume = try Resume(resume, limits) }
        if let proof = try reader.reader("identity") { self.identity = try IdentityProof(proof) }
        self.token = try reader.text("token")
        self.user = try reader.text("user")
        if let user, !isPlainWord(user.utf8, bytesMax: limits.aliasBytesMax) { throw reader.fault("user") }
        if var join = try reader.reader("join") {
            // The refusal of a join must be recognised as one, wherever it was said.
            join.rejection.id = try? join.count("id")
            join.rejection.room = try? join.text("room")?.cut(toBytes: limits.aliasBytesMax)
            do throws(Rejection) {
                self.join = try JoinCommand(join, limits)
            } catch {
                guard JoinCommand.mistakes.contains(error.code) else { throw error }
                self.refusedJoin = error
                self.refusedJoin?.of = "join"
            }
        }
    }
}

extension Hello.Resume {
    init(_ reader: MemberReader, _ limits: Limits) throws(Rejection) {
        self.init(
            session: try reader.requiredIdentifier("session"),
            secret: try reader.requiredText("secret"),
            rooms: try Self.rooms(reader, limits),
            received: try reader.watermarks("received", countMax: limits.peersPerSessionMax),
            attempt: try reader.count("attempt") ?? 0
        )
    }

    private static func rooms(_ reader: MemberReader, _ limits: Limits) throws(Rejection) -> [HeldRoom]? {
        guard let object = try reader.optional("rooms", { $0.object }) else { return nil }
        guard object.count <= limits.roomsPerSessionMax else { throw reader.fault("rooms") }
        let views = try reader.optional("views", { $0.object })
        let selves = try reader.optional("selves", { $0.object })
        var rooms: [HeldRoom] = []
        for (text, value) in object.members {
            let position = Position(value)
            guard let room = RoomID(text), position != nil || value == .null else {
                throw reader.fault("rooms")
            }
            let participant = selves?[text]?.string.flatMap { ParticipantID($0) }
            rooms.append(HeldRoom(room: room, at: position, view: views?[text]?.string, participant: participant))
        }
        return rooms
    }
}

extension IdentityProof {
    init(_ reader: MemberReader) throws(Rejection) {
        self.init(session: try reader.requiredIdentifier("session"), secret: try reader.requiredText("secret"))
    }
}

extension ResyncRequest {
    init(_ reader: MemberReader) throws(Rejection) {
        self.init(
            room: try reader.requiredIdentifier("room"),
            at: try reader.optional("at") { Position($0) },
            hash: try reader.optional("hash") { value in value.string.flatMap { StateHash($0) } },
            view: try reader.text("view")
        )
    }
}

extension Abilities {
    init(_ reader: MemberReader, _ limits: Limits) throws(Rejection) {
        self.init(
            rollback: try reader.flag("rollback") ?? false,
            trickle: try reader.flag("trickle") ?? false,
            restart: try reader.flag("restart") ?? false
        )
        if let media = try reader.reader("media") { self.media = try MediaAbilities(media, limits) }
    }
}

// MARK: - Commands

extension JoinCommand {
    init(_ reader: MemberReader, _ limits: Limits) throws(Rejection) {
        let id = try reader.requiredCount("id")
        var room = RoomReference.new
        if let text = try reader.text("room") {
            do throws(RejectionCode) {
                room = try RoomReference(text, limits: limits)
            } catch {
                throw reader.fault("room", error)
            }
        }
        var name: DisplayName?
        if let text = try reader.text("name") {
            do throws(RejectionCode) {
                name = try DisplayName(text, bytesMax: limits.nameBytesMax)
            } catch {
                throw reader.fault("name", error)
            }
        }
        let devices = try reader.optional("devices") { value in value.string.flatMap { DeviceRule(rawValue: $0) } }
        self.init(id: id, room: room, name: name, devices: devices)
        if let media = try reader.reader("media") { self.media = try MediaAbilities(media, limits) }
        if let settings = try reader.reader("settings") { self.settings = try RoomSettings(settings, limits) }
        self.pin = try reader.text("pin")
        if let pin, !(1...limits.pinBytesMax).contains(pin.utf8.count) { throw reader.fault("pin", .wrongPIN) }
        self.invitation = try reader.text("invitation")
        if let invitation, invitation.utf8.count > limits.nameBytesMax {
            throw reader.fault("invitation", .invalidInvitation)
        }
        if let role = try reader.text("role") {
            guard let role = Role(rawValue: role) else { throw reader.fault("role", .invalidRole) }
            self.role = role
        }
        self.ticket = try reader.text("ticket")
        self.assertion = try reader.text("assertion")
        if let assertion, !(1...limits.assertionBytesMax).contains(assertion.utf8.count) {
            throw reader.fault("assertion")
        }
        self.kind = try reader.word("kind")
        self.call = try CallJoin(reader, limits)
        self.queue = try reader.reader("queue").map { inside throws(Rejection) in try QueueWish(inside, limits) }
        switch self.kind {
        case .call, .line:
            // Neither has a name, and neither is joined by kind: a call that is there is joined by its id.
            guard room == .new else { throw reader.fault("room") }
            guard self.kind == .line || self.call?.request != nil else { throw reader.fault("call") }
        case .meeting, .queue, nil: break
        }
    }

    /// What a person may have got wrong: that costs them the join, not the session.
    static let mistakes: Set<RejectionCode> = [
        .invalidName, .invalidAlias, .invalidSettings, .invalidInvitation, .invalidRole, .wrongPIN,
    ]
}

extension LeaveCommand {
    init(_ reader: MemberReader) throws(Rejection) {
        self.init(
            id: try reader.requiredCount("id"),
            room: try reader.requiredIdentifier("room"),
            code: try reader.word("code")
        )
    }
}

extension MediaCommand {
    init(_ reader: MemberReader) throws(Rejection) {
        self.init(
            id: try reader.requiredCount("id"),
            room: try reader.requiredIdentifier("room"),
            audio: try reader.flag("audio"),
            video: try reader.flag("video"),
            screen: try reader.flag("screen")
        )
        self.refused = try reader.refused()
    }
}

extension MemberReader {
    /// What the client knows to be refused was refused with a code that uses up a number; one that this server does not
    /// know counts as one that it does.
    func refused() throws(Rejection) -> RejectionCode? {
        guard let text = try self.text("refused") else { return nil }
        guard let code = RejectionCode(rawValue: text), code.usesUpNumber else { return .noChange }
        return code
    }
}

extension RejectionCode {
    private static let leavingNumber: Set<RejectionCode> = [
        .commandGap, .busy, .rateLimited, .engineUnavailable, .malformed, .invalidMember, .unknownType, .notJoined,
    ]

    /// Whether a command that is refused like that is over, and its number with it.
    package var usesUpNumber: Bool { !Self.leavingNumber.contains(self) }
}

// MARK: - Signals and pulses

extension OutboundSignal {
    init(_ reader: MemberReader, _ type: String) throws(Rejection) {
        let to: ParticipantID = try reader.requiredIdentifier("to")
        let n = try reader.requiredCount("n")
        let floor = try reader.requiredCount("floor")
        guard floor <= n else { throw reader.fault("floor") }
        let (negotiation, payload) = try SignalPayload.read(reader, type)
        self.init(to: to, n: n, floor: floor, negotiation: negotiation, payload: payload)
    }
}

extension SignalPayload {
    /// The negotiation, where the type has one, and the payload.
    static func read(
        _ reader: MemberReader,
        _ type: String
    ) throws(Rejection) -> (negotiation: UInt64?, payload: SignalPayload) {
        switch type {
        case "offer":
            return (try reader.requiredCount("negotiation"), .offer(sdp: try reader.requiredText("sdp")))
        case "answer":
            return (try reader.requiredCount("negotiation"), .answer(sdp: try reader.requiredText("sdp")))
        case "ice-candidate":
            let negotiation = try reader.requiredCount("negotiation")
            let candidate = try reader.required("candidate") { $0 }
            guard candidate == .null || candidate.object != nil else { throw reader.fault("candidate") }
            return (negotiation, .iceCandidate(candidate))
        case "hangup": return (nil, .hangup(reason: try reader.text("reason")))
        case "ice-restart": return (nil, .iceRestart)
        default: return (nil, .signal(data: try reader.required("data") { $0 }))
        }
    }
}

extension OutboundPulse {
    init(_ reader: MemberReader, _ limits: Limits) throws(Rejection) {
        let room: RoomID = try reader.requiredIdentifier("room")
        let to = try reader.optional("to") { value in value.string.flatMap { ParticipantID($0) } }
        let kind = try reader.requiredText("kind")
        guard isPlainWord(kind.utf8, bytesMax: limits.pulseKindBytesMax) else {
            throw reader.fault("kind", .invalidKind)
        }
        self.init(room: room, to: to, kind: kind, data: reader.object["data"])
    }
}

extension String {
    /// The longest beginning of whole characters that is not longer than so many bytes.
    package func cut(toBytes bytesMax: Int) -> String {
        guard self.utf8.count > bytesMax else { return self }
        var bytes = 0
        return String(
            self.prefix { character in
                bytes += character.utf8.count
                return bytes <= bytesMax
            }
        )
    }
}

extension MemberReader {
    fileprivate var unknownType: Rejection {
        var rejection = self.rejection
        rejection.code = .unknownType
        return rejection
    }
}
