public import ParleyProtocol

/// Somebody who sells relays, and lends credentials for them by an API over HTTP.
public protocol TurnVendor: Sendable {
    /// For logs and people.
    var name: String { get }

    /// Asks for credentials that are good for so long.
    ///
    /// - Returns: as they are to be handed to clients. The caller sees to it that this does not last.
    func lend(forSeconds seconds: Int, by http: any VendorHTTP) async throws(TurnVendorError) -> VendorGrant
}

/// How a vendor is asked. Over the network, or, in a test, not.
public protocol VendorHTTP: Sendable {
    func send(_ request: VendorRequest) async throws(TurnVendorError) -> JSONValue
}

/// A question to a vendor. It has secrets in it: nothing prints it.
public struct VendorRequest: Hashable, Sendable {
    public var method: String
    public var url: String
    public var headers: [String: String] = [:]
    public var body: [UInt8] = []

    public init(_ method: String, _ url: String) {
        self.method = method
        self.url = url
    }

    /// A name and a password (RFC 7617).
    mutating func authorize(_ name: String, _ secret: TurnSecret) {
        self.headers["authorization"] = "Basic \(Base64.encoded(Array("\(name):\(secret.revealed)".utf8)))"
    }

    mutating func setBody(_ object: JSONValue) {
        self.headers["content-type"] = "application/json"
        self.body = object.encoded
    }
}

/// Why a vendor has lent nothing. It says nothing that is secret.
public enum TurnVendorError: Error, Hashable, CustomStringConvertible {
    case timeout
    case unreachable(String)
    /// The status of the answer, which is none of those that mean success.
    case refused(Int)
    /// The answer does not have the documented shape.
    case malformed

    public var description: String {
        switch self {
        case .timeout: "no answer in time"
        case .unreachable(let reason): "unreachable: \(reason)"
        case .refused(let status): "refused with the status \(status)"
        case .malformed: "an answer that has not the documented shape"
        }
    }
}

/// What a vendor has lent.
public struct VendorGrant: Hashable, Sendable {
    public let servers: [ICEServer]
    /// How long it is good for, if the vendor says so.
    public let seconds: Int?

    /// Of more servers, and more addresses of one, the first ones are taken: browsers slow down with many.
    package static let serversMax = 16
    package static let addressesMax = 16
    package static let textBytesMax = 1_024

    /// - Parameter entries: one entry or a list of them, each with `urls` (one or a list) or `url`, and perhaps
    ///   `username` and `credential`. What is no address of a STUN or TURN server is left out.
    package init(_ entries: JSONValue?, seconds: Int? = nil) throws(TurnVendorError) {
        let list = entries?.array ?? (entries?.object == nil ? [] : [entries].compactMap { $0 })
        self.servers = list.prefix(Self.serversMax).compactMap { entry in
            let texts = (entry["urls"] ?? entry["url"]).map { $0.array ?? [$0] } ?? []
            let urls = texts.compactMap(\.string).filter {
                $0.utf8.count <= Self.textBytesMax && TurnAddress($0) != nil
            }
            let (name, word) = (entry["username"]?.string, entry["credential"]?.string)
            let isSound = [name, word].allSatisfy { ($0?.utf8.count ?? 0) <= Self.textBytesMax }
            guard !urls.isEmpty, isSound else { return nil }
            return ICEServer(urls: Array(urls.prefix(Self.addressesMax)), username: name, credential: word)
        }
        self.seconds = seconds
        guard self.servers.contains(where: { $0.username != nil && $0.credential != nil }) else { throw .malformed }
    }
}
