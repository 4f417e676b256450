import ParleyProtocol
import ParleyRooms
import ParleyTestSupport
import Testing

@Suite struct RoomStateTests {
    @Test func `the state is what the protocol says`() {
        var meeting = Meeting(alias: "blue-fox")
        _ = meeting.join("Ada", display: "Ada")
        _ = meeting.join("Bob")
        _ = meeting.media("Bob", screen: true)
        _ = meeting.interrupt("Bob", at: Instant(milliseconds: 1_795_226_400_500))
        let ada: JSONValue = [
            "name": "Ada", "identity": .string(Meeting.identity("Ada").description), "role": "host",
            "owner": true, "connection": "connected", "joined": 1, "joinedAt": 1_795_226_400_000,
            "abilities": ["rollback": true, "trickle": false, "restart": false],
            "media": ["audio": false, "video": false, "screen": false],
        ]
        let bob: JSONValue = [
            "identity": .string(Meeting.identity("Bob").description), "role": "participant",
            "connection": "interrupted", "interruptedAt": 1_795_226_400_500,
            "joined": 2, "joinedAt": 1_795_226_400_000,
            "abilities": ["rollback": true, "trickle": false, "restart": false],
            "media": ["audio": false, "video": false, "screen": true],
        ]
        let screen: JSONValue = [
            "capacity": 1, "policy": "free", "queue": [:],
            "holders": .object([meeting.id("Bob").description: ["since": 1_795_226_400_000, "order": 1]]),
        ]
        let state: JSONValue = [
            "room": [
                "id": .string(meeting.room.id.description), "alias": "blue-fox", "lifecycle": "open",
                "createdAt": 1_795_226_400_000, "capacity": 100, "graceMilliseconds": 30_000,
                "devices": "allow",
            ],
            "people": .object([meeting.id("Ada").description: ada, meeting.id("Bob").description: bob]),
            "floors": ["screen": screen],
        ]
        // Whoever waits at the door sees what is written on it.
        let door: JSONValue = ["room": state.object?["room"] ?? .null]
        for view in View.allCases {
            let shown = view == .waiting ? door : state
            #expect(meeting.room.state(for: view) == shown)
            #expect(meeting.folded[view] == shown)
            #expect(meeting.room.hash(for: view) == StateHash(of: shown))
        }
    }

    @Test func `each event changes no more than it says`() {
        var room = Room(id: RoomID(high: 1, low: 1))
        var meeting = Meeting()
        _ = meeting.join("Ada")
        _ = meeting.media("Ada", audio: true)
        _ = meeting.interrupt("Ada", at: Instant(milliseconds: 5))
        _ = meeting.attach("Ada")
        _ = meeting.leave("Ada")
        let id = meeting.id("Ada").description
        let patches = meeting.log.map { room.evolve($0).patch(for: .participant) }
        #expect(patches.count == 7)
        #expect(patches[0]?["people"] == [:])
        #expect(patches[1]?["room"] == nil)
        #expect(patches[1]?["people"]?[id]?["joined"] == 1)
        #expect(patches[2] == ["people": .object([id: ["media": ["audio": true]]])])
        let lost: JSONValue = ["connection": "interrupted", "interruptedAt": 5]
        #expect(patches[3] == ["people": .object([id: lost])])
        let back: JSONValue = ["connection": "connected", "interruptedAt": .null]
        #expect(patches[4] == ["people": .object([id: back])])
        #expect(patches[5] == ["people": .object([id: .null])])
        #expect(patches[6] == ["room": ["lifecycle": "ended"]])
        #expect(room.hash(for: .participant) == StateHash(of: room.state(for: .participant)))
    }

    @Test func `nothing of the server's section is in any view, patch or event`() {
        var meeting = Meeting(alias: "blue-fox")
        var said: [JSONValue] = []
        _ = meeting.join("Ada")
        _ = meeting.join("Bob")
        _ = meeting.media("Bob", audio: false)
        _ = meeting.media("Bob", audio: true)
        _ = meeting.interrupt("Bob")
        _ = meeting.attach("Bob")
        _ = meeting.leave("Ada")
        var replica = Room(id: meeting.room.id)
        for event in meeting.log {
            let patches = replica.evolve(event)
            for view in View.allCases {
                said.append(event.wire(patch: patches.patch(for: view)))
                said.append(replica.state(for: view))
            }
        }
        let text = said.map { String(decoding: $0.encoded, as: UTF8.self) }.joined()
        let log = meeting.log.map { String(decoding: $0.json.encoded, as: UTF8.self) }.joined()
        for secret in ["s_", "\"session\"", "\"rejected\"", "no-change", "lastCommand", "joinedLast", "epoch"] {
            #expect(!text.contains(secret), "\(secret) was said to clients")
        }
        for kept in ["s_", "\"session\"", "\"rejected\"", "no-change"] {
            #expect(log.contains(kept), "the log keeps \(kept)")
        }
    }

    @Test func `a view is a fixed set of sections`() {
        let rows = View.allCases.map { view in Section.allCases.filter { view.includes($0) } }
        #expect(
            rows == [
                [.moderation, .door, .stage, .roster, .own], [.door, .stage, .roster, .own], [.door, .stage, .own],
                [.door, .own],
            ]
        )
    }

    @Test func `a patch shows only the sections of the view, put together`() {
        var patches = StatePatches(["people": ["p_1": ["name": "Ada"]]], in: .stage)
        patches[.roster] = ["people": ["p_2": ["name": "Bob"]]]
        patches[.moderation] = ["waiting": ["p_3": ["name": "Cleo"]]]
        #expect(patches.patch(for: .audience) == ["people": ["p_1": ["name": "Ada"]]])
        let people: JSONValue = ["p_1": ["name": "Ada"], "p_2": ["name": "Bob"]]
        #expect(patches.patch(for: .participant) == ["people": people])
        #expect(
            patches.patch(for: .moderator) == ["people": people, "waiting": ["p_3": ["name": "Cleo"]]]
        )
        #expect(StatePatches.none.patch(for: .moderator) == nil)
    }
}

@Suite struct RoomEventTests {
    @Test func `what clients are told`() {
        var meeting = Meeting()
        _ = meeting.join("Ada")
        _ = meeting.interrupt("Ada")
        _ = meeting.attach("Ada")
        _ = meeting.disconnect("Ada")
        let ada = JSONValue.string(meeting.id("Ada").description)
        #expect(
            meeting.log.map { $0.wire(patch: nil) } == [
                ["type": "created"],
                ["type": "joined", "participant": ada, "by": ada, "id": 1],
                ["type": "interrupted", "participant": ada],
                ["type": "resumed", "participant": ada],
                ["type": "left", "participant": ada, "reason": "disconnected"],
                ["type": "ended", "reason": "empty"],
            ]
        )
        #expect(meeting.log[0].wire(patch: ["a": 1]) == ["type": "created", "patch": ["a": 1]])
        // The first member is the type, whatever else there is.
        #expect(
            meeting.log.allSatisfy { $0.wire(patch: nil).object?.members.first { _ in true }?.name == "type" }
        )
    }

    @Test func `what cannot be read is refused by name`() throws {
        var meeting = Meeting(alias: "a")
        _ = meeting.join("Ada", display: "Ada")
        let joined = try #require(meeting.log.last).json
        #expect(try RoomEvent(json: joined) == meeting.log.last)
        #expect(throws: RoomFormatError.unknownEvent("frobbed")) { try RoomEvent(json: ["type": "frobbed"]) }
        #expect(throws: RoomFormatError.member("event")) { try RoomEvent(json: 1) }
        #expect(throws: RoomFormatError.member("type")) { try RoomEvent(json: [:]) }
        for name in ["participant", "session", "identity", "role", "joined", "at", "abilities", "id"] {
            for wrong in [nil, JSONValue.null, "?", -1] where !(name == "at" && wrong == -1) {
                var damaged = try #require(joined.object)
                damaged[name] = wrong
                #expect(throws: RoomFormatError.member(name)) { try RoomEvent(json: .object(damaged)) }
            }
        }
    }

    @Test func `a snapshot that was damaged is refused by name`() throws {
        var meeting = Meeting(alias: "a")
        _ = meeting.join("Ada")
        let snapshot = try #require(meeting.room.snapshot.object)
        #expect(try Room(snapshot: .object(snapshot)) == meeting.room)
        func error(_ name: String, _ value: JSONValue?) -> RoomFormatError? {
            var damaged = snapshot
            damaged[name] = value
            do throws(RoomFormatError) { _ = try Room(snapshot: .object(damaged)) } catch { return error }
            return nil
        }
        #expect(error("version", 1) == .unknownVersion(1))
        #expect(error("capacity", 99) == .hashMismatch)
        #expect(error("people", []) == .hashMismatch)
        #expect(error("lifecycle", "asleep") == .member("lifecycle"))
        for (name, _) in snapshot.members where name != "alias" {
            #expect(error(name, nil) == .member(name))
        }
    }

    /// A log that no `decide` has written must not end the server that reads it.
    @Test func `facts that do not fit change nothing, and state and hash stay true`() {
        var meeting = Meeting()
        for name in ["Ada", "Bob", "Cleo"] {
            _ = meeting.join(name)
            _ = meeting.media(name, audio: true)
        }
        for name in ["Ada", "Cleo"] {
            _ = meeting.interrupt(name)
            _ = meeting.attach(name)
        }
        for name in ["Ada", "Bob", "Cleo"] { _ = meeting.leave(name) }
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<200 {
            var room = Room(id: meeting.room.id)
            var folded: JSONValue = [:]
            for event in meeting.log.shuffled(using: &generator) {
                if let patch = room.evolve(event).patch(for: .participant) {
                    folded = mergePatch(folded, patch)
                }
                #expect(folded == room.state(for: .participant))
                #expect(room.hash(for: .participant) == StateHash(of: folded))
            }
        }
    }
}
