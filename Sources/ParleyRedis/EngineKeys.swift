import NIOCore
import ParleyEngine
import ParleyProtocol

/// How everything is called in the server.
///
/// What belongs to one log stands in one slot of a cluster: its tag `{kind:id}` decides. An id may hold anything, a
/// brace too: all names of one log begin alike, and what follows the tag is one of a few words.
struct EngineKeys: Sendable {
    /// In front of every name: several Parleys may share a server.
    static let usualPrefix = "parley"

    private let prefix: String
    let leases: [ByteBuffer]

    init(prefix: String) {
        self.prefix = prefix
        self.leases = ["beats", "leases", "life"].map { ByteBuffer(string: "\(prefix):{nodes}:\($0)") }
    }

    /// Names may not be read as a tag, and stay short.
    static func allows(prefix: String, limits: Limits) -> Bool {
        !prefix.isEmpty && prefix.utf8.count <= limits.redisPrefixBytesMax
            && prefix.utf8.allSatisfy { byte in
                byte > 0x20 && byte < 0x7F && byte != UInt8(ascii: "{") && byte != UInt8(ascii: "}")
            }
    }

    /// The name of a log's channel; all its keys begin like that.
    func channel(of log: LogID) -> ByteBuffer {
        ByteBuffer(string: "\(self.prefix):{\(log.kind.rawValue):\(log.id)}")
    }

    func channel(of node: NodeID) -> ByteBuffer {
        ByteBuffer(string: "\(self.prefix):{node:\(node)}")
    }

    /// Its entries and its snapshot.
    func log(_ log: LogID) -> [ByteBuffer] {
        [self.channel(of: log).with(":l"), self.channel(of: log).with(":s")]
    }

    /// Which mailboxes a room has.
    func mailboxes(of log: LogID) -> ByteBuffer { self.channel(of: log).with(":b") }

    /// What the names of a room's mailboxes and of their queues begin with.
    func mailboxPrefixes(of log: LogID) -> [ByteBuffer] {
        [self.channel(of: log).with(":m:"), self.channel(of: log).with(":q:")]
    }

    /// The room's list of mailboxes, the mailbox's pairs, its queue.
    func mailbox(_ mailbox: MailboxID) -> [ByteBuffer] {
        let room = LogID(room: mailbox.room)
        return [self.mailboxes(of: room)]
            + self.mailboxPrefixes(of: room).map { prefix in
                var key = prefix
                key.writeIdentifier(mailbox.recipient)
                return key
            }
    }

    /// The ids of one kind of log, and when those that end by themselves do.
    func index(of kind: LogKind) -> [ByteBuffer] {
        let name = ByteBuffer(string: "\(self.prefix):{index:\(kind.rawValue)}")
        return [name.with(":ids"), name.with(":ends")]
    }
}

extension ByteBuffer {
    fileprivate func with(_ suffix: StaticString) -> ByteBuffer {
        var copy = self
        copy.writeStaticString(suffix)
        return copy
    }

    /// An identifier as 16 bytes.
    mutating func writeIdentifier<Kind>(_ id: Identifier<Kind>) {
        self.writeInteger(id.high)
        self.writeInteger(id.low)
    }

    mutating func readIdentifier<Kind>(as: Identifier<Kind>.Type = Identifier<Kind>.self) -> Identifier<Kind>? {
        guard let (high, low) = self.readMultipleIntegers(as: (UInt64, UInt64).self) else { return nil }
        return Identifier(high: high, low: low)
    }
}
