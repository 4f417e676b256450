public import NIOCore
public import ParleyProtocol

/// What a node says of itself.
public struct NodeLease: Hashable, Sendable {
    public let node: NodeID
    /// Where clients find it, for example `wss://a.example.org`; empty if nobody has said. No engine interprets it.
    public let address: String
    /// How its operator calls it; for logs.
    public let name: String
    /// It accepts nobody new.
    public let isDraining: Bool
    /// The newest semantics of rooms that it knows; it knows those before it as well.
    public let semantics: Int
    /// How many clients it carries.
    public let clients: Int

    public init(
        node: NodeID,
        address: String,
        name: String = "",
        isDraining: Bool = false,
        semantics: Int = 1,
        clients: Int = 0
    ) {
        self.node = node
        self.address = address
        self.name = name
        self.isDraining = isDraining
        self.semantics = semantics
        self.clients = clients
    }
}

/// How an engine keeps it: opaque bytes, so that what nodes say of themselves may grow.
extension NodeLease {
    public func encode() -> ByteBuffer {
        let json: JSONValue = [
            "node": .string(self.node.description),
            "address": .string(self.address),
            "name": .string(self.name),
            "draining": .bool(self.isDraining),
            "semantics": .integer(Int64(clamping: self.semantics)),
            "clients": .integer(Int64(clamping: self.clients)),
        ]
        return ByteBuffer(bytes: json.encoded)
    }

    /// What another version says beyond that is ignored.
    ///
    /// - Returns: `nil` for what no node has written.
    public init?(encoded: ByteBuffer) {
        guard let json = try? JSONParser.parse(Array(encoded.readableBytesView)),
            let node = json["node"]?.string.flatMap({ NodeID($0) })
        else { return nil }
        self.init(
            node: node,
            address: json["address"]?.string ?? "",
            name: json["name"]?.string ?? "",
            isDraining: json["draining"]?.bool ?? false,
            semantics: Int(clamping: json["semantics"]?.integer ?? 1),
            clients: max(0, Int(clamping: json["clients"]?.integer ?? 0))
        )
    }
}
