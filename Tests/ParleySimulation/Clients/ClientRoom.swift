import ParleyProtocol

/// Where a client stands in a room: three values that it only compares (docs/PROTOCOL.md, section 4).
struct ClientPosition: Hashable {
    let generation: Int64
    let sequence: Int64
    let uid: String

    init?(_ value: JSONValue?) {
        guard let parts = value?.array, parts.count == 3, let generation = parts[0].integer,
            let sequence = parts[1].integer, let uid = parts[2].string
        else { return nil }
        self.generation = generation
        self.sequence = sequence
        self.uid = uid
    }

    init(_ position: Position) {
        let digits = String(position.uid, radix: 16)
        self.generation = Int64(position.generation)
        self.sequence = Int64(position.sequence)
        self.uid = String(repeating: "0", count: 16 - digits.count) + digits
    }

    var json: JSONValue { .array([.integer(self.generation), .integer(self.sequence), .string(self.uid)]) }
}

/// What a client knows of one room. It knows no event type: it folds patches, and looks for its own commands by the
/// members `by` and `id` that every event may have.
struct ClientRoom {
    let id: String
    let alias: String?
    let me: String
    var position: ClientPosition
    /// What of the room it is shown.
    let view: String
    var state: JSONValue
    /// It has been that participant before, and has left: it does not know any more what it has said and heard.
    var isFormer = false
    var outbox = CommandOutbox()
    /// By recipient.
    var outgoing: [String: SignalOutbox] = [:]
    /// By sender, the highest `n` up to which everything has arrived.
    var received: [String: Int64] = [:]

    init?(_ snapshot: JSONValue) {
        guard let id = snapshot["room"]?.string, let me = snapshot["self"]?.string, let state = snapshot["state"],
            let view = snapshot["view"]?.string, let position = ClientPosition(snapshot["at"])
        else { return nil }
        self.id = id
        self.alias = state["room"]?["alias"]?.string
        self.me = me
        self.position = position
        self.view = view
        self.state = state
    }

    var hash: String { StateHash(of: self.state).description }

    /// Everybody else, in an order that is the same in every run.
    var peers: [String] {
        self.people.filter { $0 != self.me }
    }

    var people: [String] {
        (self.state["people"]?.object?.members.map(\.name) ?? []).sorted()
    }

    func role(of person: String) -> String? {
        self.state["people"]?[person]?["role"]?.string
    }

    /// Whether it may do what hosts and their deputies may.
    var isModerator: Bool { self.view == "moderator" }

    var isLocked: Bool { self.state["room"]?["lifecycle"]?.string == "locked" }

    func connection(of person: String) -> String? {
        self.state["people"]?[person]?["connection"]?.string
    }

    /// RFC 7396.
    static func fold(_ patch: JSONValue, into value: JSONValue?) -> JSONValue {
        guard let changes = patch.object else { return patch }
        var object = value?.object ?? JSONObject()
        for (name, change) in changes.members {
            object[name] = change == .null ? Optional.none : Self.fold(change, into: object[name])
        }
        return .object(object)
    }

    mutating func fold(_ events: [JSONValue]) {
        for patch in events.compactMap({ $0["patch"] }) { self.state = Self.fold(patch, into: self.state) }
    }
}
