import ParleyProtocol
import Testing

@Suite("What a token grants")
struct GrantTests {
    static func grant(_ json: JSONValue) throws -> Grant { try Grant(json: json, limits: Limits()) }

    @Test func `rooms are named, begun or all`() throws {
        let id = RoomID(high: 1, low: 2)
        let fox = try #require(RoomAlias("blue-fox", bytesMax: 64))
        let team = try #require(RoomAlias("team-1", bytesMax: 64))
        let some = try Self.grant(["room": ["blue-fox", "team-*", .string(id.description)]])
        #expect(some.covers(fox) && some.covers(team) && some.covers(id, alias: nil))
        #expect(!some.covers(try #require(RoomAlias("blue-foxes", bytesMax: 64))))
        #expect(!some.covers(try #require(RoomAlias("teams", bytesMax: 64))))
        #expect(!some.covers(RoomID(high: 1, low: 3), alias: nil))
        #expect(some.covers(RoomID(high: 1, low: 3), alias: team))
        #expect(!some.coversNewRooms)
        let all = try Self.grant(["room": "*"])
        #expect(all.covers(fox) && all.covers(id, alias: nil) && all.coversNewRooms)
        let none = try Self.grant([:])
        #expect(!none.covers(fox) && !none.covers(id, alias: fox) && !none.coversNewRooms)
    }

    @Test func `what is read is written again`() throws {
        let json: JSONValue = [
            "room": ["a", "b-*"], "create": true, "role": "co-host", "permissions": ["share": false, "mute": true],
            "bypass": true, "domain": "example.org", "operator": true, "sessionSeconds": 3_600,
        ]
        let grant = try Self.grant(json)
        #expect(try Self.grant(grant.json) == grant)
        #expect(grant.permissions.permits(.share) == false)
        #expect(grant.permissions.permits(.mute) == true)
        #expect(grant.permissions.permits(.chat) == nil)
    }

    @Test func `what a grant may hold, and one more`() throws {
        let limits = Limits()
        func object(_ members: [(String, JSONValue)]) -> JSONValue {
            var object = JSONObject()
            for (name, value) in members { object[name] = value }
            return .object(object)
        }
        func text(_ bytes: Int) -> String { String(repeating: "x", count: bytes) }
        func attributes(_ count: Int, _ name: (Int) -> String, _ value: JSONValue = 1) -> JSONValue {
            object((0..<count).map { (name($0), value) })
        }
        let bounds: [(max: Int, member: String, value: (Int) -> JSONValue)] = [
            (limits.roomsPerGrantMax, "room", { count in .array((0..<count).map { .string("room-\($0)") }) }),
            (limits.aliasBytesMax, "room", { .string(text($0)) }),
            (Int(limits.sessionSecondsMax), "sessionSeconds", { .integer(Int64($0)) }),
            (limits.attributeKeyBytesMax, "attributes", { bytes in object([(text(bytes), 1)]) }),
            (limits.attributesPerParticipantMax, "attributes", { count in attributes(count) { "k\($0)" } }),
            (limits.contactsPerGrantMax, "contacts", { count in .array((0..<count).map { .string("p\($0)") }) }),
            (limits.organisationBytesMax, "organisation", { .string(text($0)) }),
            // The key, and the quotation marks.
            (limits.attributeBytesPerGrantMax, "attributes", { bytes in object([("k", .string(text(bytes - 3)))]) }),
        ]
        for (max, member, value) in bounds {
            _ = try Self.grant(object([(member, value(max))]))
            #expect(throws: GrantFault(member: "parley.\(member)")) {
                try Self.grant(object([(member, value(max + 1))]))
            }
        }
        #expect(throws: GrantFault(member: "parley.sessionSeconds")) { try Self.grant(["sessionSeconds": 0]) }
    }
}
