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

    @Test func `at most 64 rooms`() throws {
        let rooms = (0..<65).map { JSONValue.string("room-\($0)") }
        #expect(throws: GrantFault(member: "parley.room")) { try Self.grant(["room": .array(rooms)]) }
        #expect(try Self.grant(["room": .array(Array(rooms.dropLast()))]).rooms.count == 64)
    }
}
