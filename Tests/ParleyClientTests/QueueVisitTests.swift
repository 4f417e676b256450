import Foundation
import ParleyClient
import ParleyProtocol
import Testing

/// Bob waits, and is taken, as the golden vectors say it.
@Suite("Whoever waits in a queue goes to the call that they are taken to")
struct QueueVisitTests {
    private static let bob = "p_BobQ7wE4rTz1YuI8oPaSdA"
    private var client = ScriptedClient()
    private let vectors: [String: JSONValue]
    private let queue: RoomID
    private let call: RoomID
    private var position: Position

    init() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Vectors/messages.json")
        let all = try #require(JSONParser.parse([UInt8](Data(contentsOf: file)), depthMax: 40).array)
        self.vectors = all.reduce(into: [:]) { $0[$1["name"]?.string ?? ""] = $1["message"] }
        self.queue = try #require(RoomID("r_Jt5bXw2QmLz8RfK0uVhYcA"))
        self.call = try #require(RoomID("r_Zx9cVb7nMq5wErT3yUiOpA"))
        self.position = ScriptedClient.at(1)
        _ = self.client.start()
        let wish = JoinWish(kind: .queue, queue: QueueWish())
        let alias = try RoomReference("support")
        _ = self.client.take { $0.join(alias, wish, request: 1, &$2) }
        _ = try self.hear("snapshot-queue")
        let queue = self.queue
        _ = self.client.take { $0.visit(from: queue, request: 2, &$2) }
    }

    private var replica: RoomReplica? { self.client.machine.replica(of: self.queue) }

    private mutating func hear(_ vector: String) throws -> [ClientStateMachine.Effect] {
        let effects = self.client.hear(try ServerMessage.decode(try #require(self.vectors[vector])))
        if let position = self.replica?.position { self.position = position }
        return effects
    }

    /// The next frame of the queue.
    private mutating func happens(_ event: JSONValue) -> [ClientStateMachine.Effect] {
        let at = Position(generation: 1, sequence: self.position.sequence + 1, uid: self.position.sequence + 100)
        let frame = EventsMessage(room: self.queue, at: at, after: self.position, events: [event])
        self.position = at
        return self.client.hear(.events(frame))
    }

    private mutating func comes(with others: Bool) -> [ClientStateMachine.Effect] {
        var people: JSONObject = [ScriptedClient.ada.description: ["joined": 1]]
        if others { people.append(ScriptedClient.bob.description, ["joined": 2]) }
        let state: JSONValue = ["room": ["lifecycle": "open", "kind": "call"], "people": .object(people)]
        return self.client.hear(
            .snapshot(
                Snapshot(
                    room: self.call,
                    participant: ScriptedClient.ada,
                    at: ScriptedClient.at(1),
                    state: state,
                    hash: StateHash(of: state),
                    lastCommand: nil,
                    events: []
                )
            )
        )
    }

    private mutating func taken() throws -> [ClientStateMachine.Effect] {
        var sent: [ClientStateMachine.Effect] = []
        for name in ["events-offered", "events-offer-ended", "events-taken"] { sent += try self.hear(name) }
        return sent
    }

    @Test("a place, an estimate, and what agents see")
    mutating func reads() throws {
        #expect(self.replica?.place == 0 && self.replica?.estimateMilliseconds == 95_000)
        #expect(self.replica?.found == nil && self.replica?.takenTo == nil && self.replica?.code == nil)
        _ = try self.hear("events-offered")
        #expect(self.replica?.agents.first?.offer?.customer.description == Self.bob)
        _ = try self.hear("events-offer-ended")
        #expect(self.replica?.agents.first?.offer == nil)
        _ = try self.hear("events-taken")
        #expect(self.replica?.place == nil && self.replica?.takenTo == self.call)
        #expect(self.replica?.agents.first?.serving == self.call)
        #expect(self.replica?.customers == [])
        _ = try self.hear("events-agent-changed")
        #expect(self.replica?.agents.first?.serving == nil && self.replica?.agents.first?.skills == ["pension"])
    }

    @Test("it goes there when it is taken, and the call is there when somebody else is")
    mutating func goes() throws {
        let effects = try self.taken()
        guard case .join(let join)? = effects.sent.first else { return #expect(Bool(false), "\(effects)") }
        #expect(join.room == .id(self.call) && join.kind == nil && join.queue == nil)
        #expect(self.comes(with: false).answers == [])
        let joined: JSONValue = [
            "type": "joined", "participant": .string(ScriptedClient.bob.description),
            "patch": ["people": [ScriptedClient.bob.description: ["joined": 2]]],
        ]
        let there = self.client.hear(
            .events(
                EventsMessage(
                    room: self.call,
                    at: ScriptedClient.at(2),
                    after: ScriptedClient.at(1),
                    events: [joined]
                )
            )
        )
        #expect(there.answers == [2])
        // Once.
        #expect(self.happens(["type": "left", "participant": .string(Self.bob), "reason": "met"]).answers == [])
        #expect(self.replica == nil)
    }

    @Test("whom the queue lets go is in the call, whoever else is there")
    mutating func letGo() throws {
        _ = try self.taken()
        _ = self.comes(with: false)
        #expect(self.happens(["type": "left", "participant": .string(Self.bob), "reason": "met"]).answers == [2])
    }

    @Test("though the other does not come it waits again, leaves the room, and goes to the next one")
    mutating func unmet() throws {
        _ = try self.taken()
        _ = self.comes(with: false)
        let back = self.happens([
            "type": "unmet", "room": .string(self.call.description), "people": [Self.bob: true],
            "patch": ["queue": ["line": [Self.bob: 7_000_000_000_001], "taken": [Self.bob: .null]]],
        ])
        guard case .leave(let leave)? = back.sent.first else { return #expect(Bool(false), "\(back)") }
        #expect(leave.room == self.call && back.answers == [])
        #expect(self.replica?.place == 0)
        let next = RoomID(high: 8, low: 8)
        let again = self.happens([
            "type": "taken", "room": .string(next.description), "people": [Self.bob: true],
            "patch": ["queue": ["line": [Self.bob: .null], "taken": [Self.bob: .string(next.description)]]],
        ])
        guard case .join(let join)? = again.sent.first else { return #expect(Bool(false), "\(again)") }
        #expect(join.room == .id(next))
    }

    @Test("the wait is over when the queue has let somebody go who is not in a call, and with the session")
    mutating func over() throws {
        var other = self
        let gone = self.happens(["type": "left", "participant": .string(Self.bob), "reason": "expired"])
        #expect(gone.failures == [2])
        let closed = other.client.take { $0.close($1, &$2) }
        #expect(closed.failures == [2])
    }
}

extension [ClientStateMachine.Effect] {
    fileprivate var answers: [UInt64] {
        self.compactMap { if case .joined(let request, _) = $0, request > 0 { request } else { nil } }
    }

    fileprivate var failures: [UInt64] {
        self.compactMap { if case .failed(let request, _) = $0 { request } else { nil } }
    }
}
