import ParleyProtocol
import Testing

@Suite struct RoomOrderTests {
    private static func order(_ text: String) throws -> RoomOrder {
        try RoomOrder(body: try JSONParser.parse(Array(text.utf8)))
    }

    @Test func `an empty order is a room without a name, that stays for an hour`() throws {
        let order = try Self.order("{}")
        #expect(order.alias == nil && order.owner == nil && order.devices == nil && order.kind == .meeting)
        #expect(try Self.order(#"{"kind":"queue"}"#).kind == .queue)
        #expect(order.settings.json == ["emptyMilliseconds": 3_600_000])
        #expect(try Self.order(#"{"settings":{"emptyMilliseconds":0}}"#).settings.json == ["emptyMilliseconds": 0])
    }

    /// An alias is ASCII alone, so that none looks like another.
    @Test(arguments: [
        ("[]", RejectionCode.malformed, nil),
        (#"{"alias":7}"#, .invalidMember, "alias"),
        (#"{"alias":""}"#, .invalidAlias, "alias"),
        (#"{"alias":"Blue-Fox"}"#, .invalidAlias, "alias"),
        (#"{"alias":"blue fox"}"#, .invalidAlias, "alias"),
        (#"{"alias":"r_blue"}"#, .invalidAlias, "alias"),
        ("{\"alias\":\"blu\u{435}-fox\"}", .invalidAlias, "alias"),
        ("{\"alias\":\"blue\u{200D}-fox\"}", .invalidAlias, "alias"),
        ("{\"alias\":\"\u{FF42}lue-fox\"}", .invalidAlias, "alias"),
        (#"{"ownerIdentity":"p_AAAAAAAAAAEAAAAAAAAAAQ"}"#, .invalidMember, "ownerIdentity"),
        (#"{"devices":"some"}"#, .invalidMember, "devices"),
        // Whoever calls makes the call.
        (#"{"kind":"call"}"#, .invalidMember, "kind"),
        (#"{"settings":[]}"#, .invalidMember, "settings"),
        (#"{"settings":{"maximumMilliseconds":0}}"#, .invalidSettings, "maximumMilliseconds"),
        (#"{"settings":{"maximumMilliseconds":31557600000000}}"#, .invalidSettings, "maximumMilliseconds"),
    ])
    func `what cannot be ordered is refused by name`(text: String, code: RejectionCode, member: String?) {
        let error = #expect(throws: Rejection.self) { try Self.order(text) }
        #expect(error?.code == code)
        #expect(error?.member == member)
    }
}
