/// A room that an operator asks for, before anybody comes: the body of `POST /v1/rooms`.
public struct RoomOrder: Hashable, Sendable {
    public var alias: RoomAlias?
    /// Whose room it shall be; `nil`: of whoever comes first by the invitation in the answer.
    public var owner: IdentityID?
    public var devices: DeviceRule?
    /// A meeting or a queue; others are made by who is in them.
    public var kind = RoomKind.meeting
    public var settings = RoomSettings()

    /// Nobody is in it for now, so it stays for an hour without people unless it says otherwise.
    public static let emptyMilliseconds: Int64 = 3_600_000

    /// - Throws: `malformed`, `invalid-alias`, `invalid-member` or `invalid-settings`, naming the member.
    public init(body: JSONValue, limits: Limits = Limits()) throws(Rejection) {
        let reader = try MemberReader(message: body)
        self.alias = nil
        if let text = try reader.text("alias") {
            guard let alias = RoomAlias(text, bytesMax: limits.aliasBytesMax), !text.hasPrefix("r_") else {
                throw reader.fault("alias", .invalidAlias)
            }
            self.alias = alias
        }
        self.owner = try reader.optional("ownerIdentity") { value in value.string.flatMap { IdentityID($0) } }
        self.devices = try reader.optional("devices") { value in value.string.flatMap { DeviceRule(rawValue: $0) } }
        self.kind =
            try reader.optional("kind") { value in
                value.string.flatMap { RoomKind(rawValue: $0) }.flatMap { [.meeting, .queue].contains($0) ? $0 : nil }
            } ?? .meeting
        let settings = try reader.reader("settings") ?? reader.inside(JSONObject())
        self.settings = try RoomSettings(settings, limits)
        if self.settings.changes["emptyMilliseconds"] == nil {
            self.settings.set("emptyMilliseconds", .integer(Self.emptyMilliseconds))
        }
    }
}
