import ParleyProtocol
import ParleyRooms
import Testing

/// A room whose creator is Ada, with these settings.
private func meeting(_ settings: JSONValue = [:]) -> Meeting {
    var meeting = Meeting()
    _ = meeting.join("Ada") { $0.settings = RoomSettings(json: settings) }
    return meeting
}

private func grant(_ json: JSONValue) -> Grant? { try? Grant(json: json, limits: Limits()) }

private func digest(_ byte: UInt8) -> Digest? { Digest([UInt8](repeating: byte, count: 32)) }

extension Meeting {
    fileprivate mutating func join(_ name: String, _ json: JSONValue) -> String {
        self.join(name) { $0.grant = grant(json) }
    }

    fileprivate func isTrue() throws {
        try self.checkViews()
        #expect((try? Room(snapshot: self.room.snapshot)) == self.room)
        for event in self.log { #expect((try? RoomEvent(json: event.json)) == event) }
    }
}

@Suite("What tokens grant in a room")
struct GrantedTests {
    @Test func `nobody creates a room whose token does not say so`() {
        var meeting = Meeting()
        #expect(meeting.join("Bob", ["room": "*"]) == "rejected unknown-room")
        #expect(meeting.join("Bob", ["room": "*", "create": true]) == "created, joined Bob #2")
        #expect(meeting.join("Ada", ["room": "*"]) == "joined Ada #1")
    }

    @Test func `they are what their token says, unless the room has said otherwise`() {
        var meeting = meeting()
        for (name, role) in [("Bob", Role.speaker), ("Cleo", .audience), ("Dan", .observer), ("Eve", .coHost)] {
            _ = meeting.join(name, ["role": .string(role.rawValue)])
            #expect(meeting.room.participant(meeting.id(name))?.role == role)
        }
        // There is a host already.
        _ = meeting.join("Fay", ["role": "host"])
        #expect(meeting.room.participant(meeting.id("Fay"))?.role == .coHost)
        // Who was made something else here stays it.
        _ = meeting.ask("Ada", .role(.set(meeting.id("Bob"), .coHost)))
        _ = meeting.leave("Bob")
        _ = meeting.join("Bob", ["role": "audience"])
        #expect(meeting.room.participant(meeting.id("Bob"))?.role == .coHost)
    }

    @Test func `a token takes what a role gives, and gives what it does not`() throws {
        var meeting = meeting()
        _ = meeting.join("Bob", ["permissions": ["publish": false, "mute": true]])
        let bob = meeting.id("Bob")
        #expect(
            meeting.room.state(for: .participant)["people"]?[bob.description]?["permissions"]
                == ["mute": true, "publish": false]
        )
        #expect(meeting.media("Bob", video: true) == "rejected muted-by-rule")
        _ = meeting.join("Cleo", ["permissions": ["admit": true]])
        _ = meeting.media("Cleo", audio: true)
        let mute = MeetingAction.moderation(.mute(meeting.id("Cleo"), MediaKinds(audio: true)))
        #expect(meeting.ask("Cleo", mute) == "rejected not-permitted")
        #expect(meeting.ask("Bob", mute).hasPrefix("muted"))
        #expect(meeting.room.view(of: meeting.id("Cleo")) == .moderator)
        _ = meeting.join("Dan", ["permissions": ["roster": false]])
        #expect(meeting.room.view(of: meeting.id("Dan")) == .audience)
        // Another role does not give it back.
        _ = meeting.ask("Ada", .role(.set(bob, .speaker)))
        #expect(meeting.media("Bob", video: true) == "rejected muted-by-rule")
        try meeting.isTrue()
    }

    @Test func `a token that says so passes PIN and waiting, but not a lock or a ban`() throws {
        let pin = try #require(digest(1))
        var meeting = meeting(["admission": "approval", "pin": .string(pin.description)])
        #expect(meeting.join("Bob", [:]) == "rejected pin-required")
        #expect(meeting.join("Bob", ["bypass": true]) == "joined Bob #2")
        _ = meeting.ask("Ada", .lifecycle(.lock))
        #expect(meeting.join("Cleo", ["bypass": true]) == "rejected room-locked")
    }

    @Test func `what a token says of somebody stands beside them, and nobody there changes it`() throws {
        var meeting = Meeting()
        _ = meeting.join("Ada", ["create": true, "attributes": ["team": "red"]])
        _ = meeting.join("Bob", ["attributes": ["team": "blue", "seat": ["row": 3]]])
        let bob = meeting.id("Bob")
        func shown() -> JSONValue? { meeting.room.state(for: .participant)["people"]?[bob.description]?["attributes"] }
        let blue: JSONValue = ["value": "blue", "version": 1, "granted": true]
        #expect(shown() == ["seat": ["value": ["row": 3], "version": 1, "granted": true], "team": blue])
        for (by, value) in [("Bob", "red"), ("Ada", "red"), ("Bob", nil)] as [(String, JSONValue?)] {
            let change = AttributeChange(
                participant: bob,
                key: try #require(AttributeKey("team")),
                value: value.flatMap { AttributeValue($0) }
            )
            #expect(meeting.ask(by, .attribute(.set(change))) == "rejected not-permitted")
        }
        // Their own are theirs, beside those.
        let mood = AttributeChange(
            participant: bob,
            key: try #require(AttributeKey("mood")),
            value: AttributeValue("glad")
        )
        #expect(meeting.ask("Bob", .attribute(.set(mood))).hasPrefix("attribute-set"))
        #expect(shown()?["mood"] == ["value": "glad", "version": 1])
        #expect(shown()?["team"] == blue)
        try meeting.isTrue()
    }

    @Test func `attributes of a token have the bounds of attributes`() {
        func attributes(_ json: JSONValue) -> Int? { grant(["attributes": json])?.attributes.count }
        func many(_ count: Int, _ bytes: Int) -> JSONValue {
            .object(
                (0..<count).reduce(into: JSONObject()) { object, number in
                    object.append("k\(number)", .string(String(repeating: "x", count: bytes)))
                }
            )
        }
        #expect(attributes([:]) == 0)
        #expect(attributes(many(16, 4)) == 16)
        #expect(attributes(many(17, 4)) == nil)
        // Two for the key, two for the quotation marks.
        #expect(attributes(many(1, 1_020)) == 1)
        #expect(attributes(many(1, 1_021)) == nil)
        for wrong in [["Team": "red"], ["team": .null], ["team": ["red"]], ["team": .number("1.5")]] as [JSONValue] {
            #expect(attributes(wrong) == nil)
        }
        #expect(attributes("team") == nil)
    }

    static let automatic: JSONValue = [
        "admission": "approval", "autoAdmit": ["domains": ["example.org": true], "roles": ["speaker": true]],
    ]

    @Test(arguments: ["approval", "members"])
    func `a room lets in by itself who belongs to a domain or has a role`(admission: String) throws {
        var settings = Self.automatic.object ?? JSONObject()
        settings["admission"] = .string(admission)
        var meeting = meeting(.object(settings))
        #expect(meeting.join("Bob", ["domain": "example.org"]) == "joined Bob #1")
        #expect(meeting.join("Cleo", ["role": "speaker"]) == "joined Cleo #1")
        let no = admission == "members" ? "rejected denied" : "waiting Dan (approval) #1"
        #expect(meeting.join("Dan", ["domain": "example.com"]) == no)
        #expect(meeting.join("Eve").hasPrefix("joined") == false)
        try meeting.isTrue()
    }

    @Test func `who waits comes in when their domain is let in from now on`() throws {
        var meeting = meeting(["admission": "approval"])
        #expect(meeting.join("Bob", ["domain": "example.org"]) == "waiting Bob (approval) #1")
        let waiting = meeting.room.state(for: .moderator)["waiting"]
        #expect(waiting?[meeting.id("Bob").description]?["domain"] == "example.org")
        try meeting.isTrue()
        let settings = RoomSettings(json: ["autoAdmit": ["domains": ["example.org": true]]])
        let line = meeting.ask("Ada", .lifecycle(.configure(settings)))
        #expect(line.contains("joined Bob"), "\(line)")
        try meeting.isTrue()
    }

    @Test func `a ban holds for the token that many may have, not only for who came by it`() throws {
        var meeting = meeting()
        let shared = try #require(digest(7))
        _ = meeting.join("Bob") { $0.token = shared }
        _ = meeting.ask("Ada", .admission(.remove(meeting.id("Bob"), AdmissionAction.Ban(milliseconds: nil))))
        #expect(meeting.join("Cleo", { $0.token = shared }) == "rejected banned")
        #expect(meeting.join("Dan", { $0.token = digest(8) }) == "joined Dan #1")
        #expect(meeting.join("Eve") == "joined Eve #1")
        // It is in no view.
        for view in View.allCases {
            let text = String(decoding: meeting.room.state(for: view).encoded, as: UTF8.self)
            #expect(!text.contains(shared.description))
        }
        try meeting.isTrue()
    }
}
