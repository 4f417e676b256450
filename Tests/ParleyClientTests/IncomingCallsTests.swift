import ParleyClient
import ParleyProtocol
import Testing

@Suite("What rings on a device, as its client tells it")
struct IncomingCallsTests {
    private static let line = RoomID(high: 1, low: 7)
    private static let call = RoomID(high: 1, low: 9)
    private var client = ScriptedClient()
    private var sequence: UInt64 = 1

    init() {
        _ = self.client.start()
        _ = self.client.take { $0.online(JoinWish(kind: .line), request: 1, &$2) }
        _ = self.client.hear(Self.snapshot([:]))
    }

    private static func row(_ ring: Int64 = 1, declined: Bool = false) -> JSONValue {
        var row: JSONObject = ["ring": .integer(ring)]
        row.append("from", ["identity": .string(IdentityID(high: 4, low: 2).description), "name": "Bob"])
        row.append("mode", "first")
        row.append("intent", "video")
        row.append("since", 1_000)
        row.append("until", 46_000)
        if declined { row.append("declined", [ScriptedClient.ada.description: true]) }
        return .object(row)
    }

    private static func snapshot(_ incoming: JSONValue, line: RoomID = Self.line, at sequence: UInt64 = 1)
        -> ServerMessage
    {
        let state: JSONValue = [
            "room": ["lifecycle": "open", "kind": "line"], "people": [ScriptedClient.ada.description: ["joined": 1]],
            "incoming": incoming,
        ]
        return .snapshot(
            Snapshot(
                room: line,
                participant: ScriptedClient.ada,
                at: ScriptedClient.at(sequence),
                state: state,
                hash: StateHash(of: state),
                lastCommand: nil,
                events: []
            )
        )
    }

    /// The next frame of the line.
    private mutating func event(_ event: JSONValue) -> [ClientEvent] {
        self.sequence += 1
        return self.client.hear(ScriptedClient.event(self.sequence, event, room: 7)).calls
    }

    private mutating func rings(_ row: JSONValue = Self.row()) -> [ClientEvent] {
        self.event(["type": "incoming", "patch": ["incoming": [Self.call.description: row]]])
    }

    private mutating func ends(_ reason: String) -> [ClientEvent] {
        let call = Self.call.description
        return self.event([
            "type": "incoming-ended", "call": .string(call), "ring": 1, "reason": .string(reason),
            "patch": ["incoming": [call: .null]],
        ])
    }

    @Test("a call is told once, and its end once, with the reason")
    mutating func once() throws {
        let told = self.rings()
        guard case .incoming(let incoming)? = told.first else { return #expect(Bool(false), "\(told)") }
        #expect(told.count == 1)
        #expect(incoming.call == Self.call && incoming.ring == 1 && incoming.intent == .video)
        #expect(incoming.from.name == "Bob" && incoming.from.user == nil)
        #expect(self.event(["type": "availability-changed", "patch": ["status": ["availability": "away"]]]) == [])
        #expect(self.ends("answered") == [.incomingEnded(incoming, .answeredElsewhere)])
        #expect(self.client.pass(.seconds(100)).calls == [])
    }

    @Test("what this device has declined is over here; the same call may ring anew", arguments: ["declined"])
    mutating func declined(reason: String) throws {
        guard case .incoming(let incoming)? = self.rings().first else { return #expect(Bool(false)) }
        #expect(self.rings(Self.row(declined: true)) == [.incomingEnded(incoming, .declined)])
        #expect(self.ends(reason) == [])
        guard case .incoming(let again)? = self.rings(Self.row(2)).first else { return #expect(Bool(false)) }
        #expect(again.ring == 2)
    }

    @Test("whoever accepts is told that it was this device, or who else, by the outcome of the join")
    mutating func accepted() throws {
        guard case .incoming(let incoming)? = self.rings().first else { return #expect(Bool(false)) }
        var other = self
        let wish = JoinWish(call: CallJoin(ring: 1))
        let sent = self.client.take { $0.accept(Self.call, wish, request: 2, &$2) }.sent
        guard case .join(let join)? = sent.first else { return #expect(Bool(false), "\(sent)") }
        #expect(join.room == .id(Self.call) && join.call?.ring == 1)
        // The line says it first, and does not say which device.
        #expect(self.ends("answered") == [])
        let entered = self.client.hear(Self.snapshot([:], line: Self.call))
        #expect(entered.calls == [.incomingEnded(incoming, .accepted)])
        _ = other.client.take { $0.accept(Self.call, wish, request: 2, &$2) }
        #expect(other.ends("answered") == [])
        let refused = other.client.hear(ScriptedClient.rejected("join", .answeredElsewhere, room: 9))
        #expect(refused.calls == [.incomingEnded(incoming, .answeredElsewhere)])
        #expect(refused.contains { if case .failed(2, .rejected) = $0 { true } else { false } })
    }

    @Test("without a server it stops 5 s after the ring should be over; with the line it stops at once")
    mutating func silent() throws {
        guard case .incoming(let incoming)? = self.rings().first else { return #expect(Bool(false)) }
        var (gone, closed) = (self.client, self.client)
        #expect(self.client.pass(.milliseconds(49_999)).calls == [])
        #expect(self.client.pass(.milliseconds(1)).calls == [.incomingEnded(incoming, .noAnswer)])
        _ = self.client.pass(.seconds(10))
        #expect(self.ends("no-answer") == [])
        let left = gone.hear(
            ScriptedClient.event(
                self.sequence,
                ["type": "left", "participant": .string(ScriptedClient.ada.description)],
                room: 7
            )
        )
        #expect(left.calls == [.incomingEnded(incoming, .offline)])
        #expect(gone.take { $0.close($1, &$2) }.calls.isEmpty)
        #expect(closed.take { $0.close($1, &$2) }.calls == [.incomingEnded(incoming, .offline)])
    }

    @Test("a line that is lost with its session is made again, with the status that was wanted last")
    mutating func renewed() throws {
        guard case .incoming(let incoming)? = self.rings().first else { return #expect(Bool(false)) }
        let away = CommandOutbox.Action.meeting(.line(.availability(LineStatus(.away, note: "tea"))))
        _ = self.client.take { $0.command(away, in: Self.line, request: 3, &$2) }
        _ = self.client.reopen()
        let sent = self.client.welcome(session: 2, resumed: false).sent
        let joins = sent.compactMap { if case .join(let join) = $0 { join } else { nil } }
        #expect(joins.map(\.kind) == [.line])
        #expect(joins.first?.room == .new)
        #expect(joins.first?.call?.status == LineStatus(.away, note: "tea"))
        // Another one of the same person, where it still rings, and one where it does not.
        var over = self.client
        let again = RoomID(high: 1, low: 8)
        let rings: JSONValue = [Self.call.description: Self.row()]
        #expect(self.client.hear(Self.snapshot(rings, line: again)).calls == [])
        #expect(over.hear(Self.snapshot([:], line: again)).calls == [.incomingEnded(incoming, .failed)])
        #expect(self.client.machine.line == again)
    }

    @Test("to be online twice is one line")
    mutating func twice() {
        let held = self.client.take { $0.online(JoinWish(kind: .line), request: 5, &$2) }
        #expect(held.sent.isEmpty)
        #expect(held.contains { if case .joined(5, _) = $0 { true } else { false } })
        var fresh = ScriptedClient()
        _ = fresh.start()
        _ = fresh.take { $0.online(JoinWish(kind: .line), request: 1, &$2) }
        #expect(fresh.take { $0.online(JoinWish(kind: .line), request: 2, &$2) }.sent.isEmpty)
        let answered = fresh.hear(Self.snapshot([:]))
        #expect(answered.count { if case .joined = $0 { true } else { false } } == 2)
    }

    @Test("whoever a call has moved goes after its people, once, with the ticket")
    mutating func moved() throws {
        _ = self.client.take { client, _, effects in
            client.join(.new, JoinWish(kind: .call), request: 6, &effects)
        }
        let state: JSONValue = ["room": ["kind": "call"], "people": [ScriptedClient.ada.description: ["joined": 1]]]
        var snapshot = Snapshot(
            room: Self.call,
            participant: ScriptedClient.ada,
            at: ScriptedClient.at(1),
            state: state,
            hash: StateHash(of: state),
            lastCommand: nil,
            events: []
        )
        _ = self.client.hear(.snapshot(snapshot))
        let target = RoomID(high: 1, low: 10)
        let event: JSONValue = [
            "type": "transferred", "participant": .string(ScriptedClient.ada.description),
            "room": .string(target.description), "ticket": "T",
        ]
        let sent = self.client.hear(ScriptedClient.event(2, event, room: 9)).sent
        guard case .join(let join)? = sent.first else { return #expect(Bool(false), "\(sent)") }
        #expect(join.room == .id(target) && join.ticket == "T")
        _ = self.client.hear(ScriptedClient.event(3, ["type": "ended", "reason": "merged"], room: 9))
        snapshot = Snapshot(
            room: target,
            participant: ScriptedClient.ada,
            at: ScriptedClient.at(1),
            state: state,
            hash: StateHash(of: state),
            lastCommand: nil,
            events: []
        )
        let told = self.client.hear(.snapshot(snapshot)).told
        #expect(told.contains { if case .moved(let room, from: Self.call) = $0 { room.id == target } else { false } })
    }
}

extension [ClientStateMachine.Effect] {
    fileprivate var calls: [ClientEvent] {
        self.told.filter {
            switch $0 {
            case .incoming, .incomingEnded: true
            default: false
            }
        }
    }
}
