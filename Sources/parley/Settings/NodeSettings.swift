import ParleyRooms
import ParleyServer

/// What a server says of itself where there are several.
extension Setting {
    static let nodes = [nodeName, advertise, roomSemantics]

    /// Only tests say it.
    static let roomSemantics = Setting(key: "room-semantics", allowed: "5, 6 or 7")

    static let nodeName = Setting(
        key: "node-name",
        allowed: "1 to 64 characters of A-Z, a-z, 0-9, \"-\", \".\" and \"_\""
    )
    static let advertise = Setting(
        key: "advertise",
        allowed: "the address by which clients reach this very server, such as wss://a.example.org"
    )
}

extension ServerConfiguration {
    mutating func readNode(_ settings: SettingsReader) throws {
        if let name = try settings.value(.nodeName, parse: Self.nodeName) { self.nodeName = name }
        if let semantics = try settings.integer(.roomSemantics, in: 5...7) {
            self.newestSemantics = RoomSemantics(rawValue: Int64(semantics))
        }
        self.advertisedAddress = try settings.value(.advertise, parse: Self.advertised) ?? self.advertisedAddress
    }

    private static func nodeName(_ text: String) -> String? {
        let isPlain = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        return isPlain && (1...64).contains(text.utf8.count) ? text : nil
    }

    /// With the path where WebSockets connect, if there is none: clients open it as it is.
    private static func advertised(_ text: String) -> String? {
        guard let scheme = ["wss://", "ws://"].first(where: { text.hasPrefix($0) }) else { return nil }
        let rest = text.dropFirst(scheme.count)
        let host = rest.prefix { $0 != "/" }
        let path = rest.dropFirst(host.count)
        let isPlain = text.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\"") }
        guard !host.isEmpty, isPlain, text.utf8.count <= 256, !text.contains("?"), !text.contains("#") else {
            return nil
        }
        return path.isEmpty || path == "/" ? "\(scheme)\(host)/v1/connect" : text
    }
}
