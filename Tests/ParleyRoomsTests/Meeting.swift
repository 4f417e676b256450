import ParleyProtocol
import ParleyRooms
import Testing

/// A room with people who are called by name, for tests that read as transcripts.
///
/// Each step decides one command, applies what was decided, and says in one line what happened.
struct Meeting {
    var room: Room
    /// The state as somebody with that view has folded it from the patches, nothing else.
    var folded: [View: JSONValue] = Dictionary(uniqueKeysWithValues: View.allCases.map { ($0, [:]) })
    /// What the log holds.
    var log: [RoomEvent] = []
    private let devices: DeviceRule
    private let settings: RoomSettings
    private var sequences: [String: CommandSequence] = [:]
    private var memberships: [String: UInt64] = [:]
    static let clock = Instant(milliseconds: 1_795_226_400_000)

    /// - Parameters:
    ///   - devices: what the join asks for that creates the room.
    ///   - rules: the same.
    init(
        room: RoomID = RoomID(high: 1, low: 1),
        alias: String? = nil,
        capacity: Int = 100,
        devices: DeviceRule = .allow,
        rules: RoomRules = RoomRules()
    ) {
        self.devices = devices
        self.settings = RoomSettings(json: rules == RoomRules() ? [:] : ["rules": rules.json])
        self.room = Room(
            id: room,
            alias: alias.flatMap { RoomAlias($0) },
            capacity: capacity
        )
    }

    // MARK: Who

    private static func letter(_ name: String) -> UInt64 { UInt64(name.utf8.first ?? 0) }

    /// "Ada's phone" and "Ada" are two devices of one identity.
    private static func device(_ name: String) -> UInt64 {
        let words = name.split(separator: "'")
        let device = words.count == 2 ? words[1].utf8.reduce(0) { $0 + UInt64($1) } : 0
        return Self.letter(name) + device << 8
    }

    static func session(_ name: String) -> SessionID { SessionID(high: 7, low: Self.device(name)) }
    static func identity(_ name: String) -> IdentityID { IdentityID(high: 9, low: Self.letter(name)) }

    static func participant(_ name: String, membership: UInt64) -> ParticipantID {
        ParticipantID(high: membership, low: Self.device(name))
    }

    /// The id of the membership that `name` has, or had last.
    func id(_ name: String) -> ParticipantID {
        self.room.participant(of: Self.session(name))
            ?? Self.participant(name, membership: self.memberships[name, default: 1])
    }

    static func name(_ id: ParticipantID) -> String {
        let names = ["Ada", "Bob", "Cleo", "Dan", "Eve", "Fay", "Ada's phone", "Ada's tablet", "Bob's phone"]
        return names.first { Self.device($0) == id.low } ?? "?"
    }

    // MARK: Steps

    /// - Parameter wishes: what the join asks for beside.
    mutating func join(
        _ name: String,
        number: UInt64? = nil,
        display: String? = nil,
        media: MediaAbilities? = nil,
        at instant: Instant = clock,
        _ wishes: (inout RoomCommand.Join) -> Void = { _ in }
    ) -> String {
        let isHere = self.room.participant(of: Self.session(name)) != nil
        if !isHere {
            self.memberships[name, default: 0] += 1
            self.sequences[name] = self.sequences[name] ?? CommandSequence()
        }
        var join = RoomCommand.Join(
            session: Self.session(name),
            identity: Self.identity(name),
            name: display.flatMap { try? DisplayName($0, bytesMax: 128) },
            abilities: Abilities(rollback: true, media: media),
            devices: self.devices
        )
        join.settings = self.settings
        wishes(&join)
        let id = Self.participant(name, membership: self.memberships[name, default: 1])
        return self.command(name, id, number, .join(join), at: instant)
    }

    /// By a connection that knows nothing of the membership that its session has.
    mutating func joinAgain(_ name: String, membership: UInt64, attempt: UInt64, node: UInt64) -> String {
        let join = RoomCommand.Join(
            session: Self.session(name),
            node: NodeID(high: 0, low: node),
            attempt: attempt,
            identity: Self.identity(name),
            abilities: Abilities(rollback: true)
        )
        let id = Self.participant(name, membership: membership)
        return self.decide(RoomCommand(participant: id, number: 1, at: Self.clock, action: .join(join)))
    }

    mutating func leave(_ name: String, number: UInt64? = nil, code: HangupCode? = nil) -> String {
        self.command(name, self.id(name), number, .leave, code: code)
    }

    /// By the server, in calls and on lines.
    mutating func step(_ step: CallStep, at instant: Instant = clock) -> String {
        self.decide(RoomCommand(step, at: instant))
    }

    mutating func media(
        _ name: String,
        audio: Bool? = nil,
        video: Bool? = nil,
        screen: Bool? = nil,
        number: UInt64? = nil
    ) -> String {
        let change = Participant.MediaChange(audio: audio, video: video, screen: screen)
        return self.command(name, self.id(name), number, .media(change))
    }

    mutating func ask(
        _ name: String,
        _ action: MeetingAction,
        number: UInt64? = nil,
        at instant: Instant = clock
    ) -> String {
        self.command(name, self.id(name), number, .meeting(action), at: instant)
    }

    /// By nobody in the room.
    mutating func operate(_ action: MeetingAction, at instant: Instant = clock) -> String {
        self.decide(RoomCommand(operators: action, at: instant))
    }

    mutating func create(_ create: RoomCommand.Create, at instant: Instant = clock) -> String {
        self.decide(RoomCommand(participant: self.id("?"), number: nil, at: instant, action: .create(create)))
    }

    mutating func pass(_ instant: Instant) -> String { self.decide(RoomCommand(deadlineAt: instant)) }

    mutating func disconnect(
        _ name: String,
        _ reason: RoomEvent.LeaveReason = .disconnected,
        epoch: UInt64? = nil
    ) -> String {
        let line = self.found(name, .disconnect(reason, epoch: epoch))
        // A page that was closed has forgotten its numbers.
        if reason == .left, self.room.participant(of: Self.session(name)) == nil { self.sequences[name] = nil }
        return line
    }

    // MARK: What the server finds out. Without an epoch: of the connection that the room knows.

    func epoch(_ name: String) -> UInt64 { self.room.membership(self.id(name))?.epoch ?? 0 }

    mutating func interrupt(_ name: String, epoch: UInt64? = nil, at instant: Instant = clock) -> String {
        self.found(name, .interrupt(epoch: epoch ?? self.epoch(name)), at: instant)
    }

    /// - Parameter attempt: absent: the one after the last one that the room knows.
    mutating func attach(
        _ name: String,
        attempt: UInt64? = nil,
        node: UInt64 = 0,
        since epoch: UInt64? = nil,
        secret: UInt64 = 0
    ) -> String {
        let next = (self.room.membership(self.id(name))?.attempt ?? 0) + 1
        let node = NodeID(high: 0, low: node)
        let attach = RoomCommand.Attach(node: node, attempt: attempt ?? next, epoch: epoch, secret: secret)
        return self.found(name, .attach(attach))
    }

    mutating func expire(_ name: String, epoch: UInt64? = nil) -> String {
        self.found(name, .expire(epoch: epoch ?? self.epoch(name)))
    }

    /// So much later a deadline has passed, or is said to have.
    mutating func deadline(after milliseconds: Int) -> String {
        self.decide(RoomCommand(deadlineAt: Self.clock.advanced(milliseconds: milliseconds)))
    }

    private mutating func found(
        _ name: String,
        _ action: RoomCommand.Action,
        at instant: Instant = clock
    ) -> String {
        self.decide(RoomCommand(participant: self.id(name), number: nil, at: instant, action: action))
    }

    private mutating func command(
        _ name: String,
        _ id: ParticipantID,
        _ number: UInt64?,
        _ action: RoomCommand.Action,
        at instant: Instant = clock,
        code: HangupCode? = nil
    ) -> String {
        var sequence = self.sequences[name] ?? CommandSequence()
        let number = number ?? sequence.next
        var command = RoomCommand(
            participant: id,
            number: number,
            rejectedSince: sequence.rejectedSince,
            at: instant,
            action: action
        )
        command.code = code
        let isNext = sequence.receive(number) == .accept
        let decision = self.room.decide(command)
        switch decision {
        case .events where isNext: sequence.accepted(number)
        case .rejected(let code) where isNext: sequence.refused(number, code)
        case .events, .rejected, .duplicate: break
        }
        self.sequences[name] = sequence
        let line = self.decide(command)
        if self.room.membership(id) == nil, case .events = decision { self.sequences[name] = nil }
        return line
    }

    mutating func decide(_ command: RoomCommand) -> String {
        switch self.room.decide(command) {
        case .rejected(let code): return "rejected \(code.rawValue)"
        case .duplicate(nil): return "duplicate"
        case .duplicate(let code?): return "duplicate \(code.rawValue)"
        case .events(let events):
            return events.map { self.apply($0) }.joined(separator: ", ")
        }
    }

    mutating func apply(_ event: RoomEvent) -> String {
        let patches = self.room.evolve(event)
        self.log.append(event)
        for view in View.allCases {
            guard let patch = patches.patch(for: view) else { continue }
            self.folded[view] = mergePatch(self.folded[view] ?? [:], patch)
        }
        var words = [event.type]
        if let participant = event.participant { words.append(Self.name(participant)) }
        // Whoever is told to be out knows that their numbers begin anew.
        if let id = event.participant, self.room.membership(id) == nil { self.sequences[Self.name(id)] = nil }
        if case .left(_, let reason) = event.fact, reason != .left { words.append("(\(reason.rawValue))") }
        if case .meeting(.role(.changed(_, let role, .some))) = event.fact { words.append(role.rawValue) }
        if case .meeting = event.fact {
            let wire = event.wire(patch: nil)
            let why = wire["reason"]?.string ?? wire["outcome"]?.string
            if let why { words.append("(\(why))") }
        }
        if case .ended(let reason) = event.fact, reason != .empty { words.append("(\(reason.rawValue))") }
        if let code = event.code { words.append("[\(code.rawValue)]") }
        if let cause = event.cause { words.append("#\(cause.number)") }
        return words.joined(separator: " ")
    }
}

extension Meeting {
    /// What every view has folded is what the room shows it, by its hash as well; and the log and a snapshot make the
    /// same room again.
    func checkViews(_ location: SourceLocation = #_sourceLocation) throws {
        for view in View.allCases {
            let state = self.room.state(for: view)
            #expect(self.folded[view] == state, "\(view)", sourceLocation: location)
            #expect(StateHash(of: state) == self.room.hash(for: view), "\(view)", sourceLocation: location)
        }
        var room = Room(id: self.room.id)
        for event in self.log { room.evolve(try RoomEvent(json: event.json)) }
        #expect(room == self.room, sourceLocation: location)
        #expect(try Room(snapshot: room.snapshot) == room, sourceLocation: location)
    }
}

/// RFC 7396, section 2, as its pseudocode has it; the production code has its own.
func mergePatch(_ target: JSONValue, _ patch: JSONValue) -> JSONValue {
    guard let changes = patch.object else { return patch }
    var result = target.object ?? JSONObject()
    for (name, change) in changes.members {
        if change == .null {
            result[name] = nil
        } else {
            result[name] = mergePatch(result[name] ?? .null, change)
        }
    }
    return .object(result)
}
