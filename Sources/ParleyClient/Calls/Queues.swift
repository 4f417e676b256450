public import ParleyProtocol

/// A queue in which this client waits, or which it serves: made by ``ParleyClient/joinQueue(_:name:wish:settings:)``.
///
/// ``ParleyClient/events`` tells what happens in it: `taken`, `offered`, `offer-ended`, `agent-changed`, and `left`
/// with its reason.
public struct QueueRoom: Hashable, Sendable {
    public let id: RoomID
    private let client: ParleyClient

    init(_ id: RoomID, _ client: ParleyClient) {
        self.id = id
        self.client = client
    }

    public static func == (left: Self, right: Self) -> Bool { left.id == right.id && left.client === right.client }

    public func hash(into hasher: inout Hasher) { hasher.combine(self.id) }

    /// As it is now; `nil` if this client is not in it. The rest is there: place, estimate, code, customers, agents.
    public var replica: RoomReplica? {
        get async { await self.client.replica(of: self.id) }
    }

    // MARK: Who waits

    /// Waits until this client is taken and somebody else has come to the call as well. Whoever comes though the other
    /// does not is in the line again, and waits on here.
    ///
    /// - Returns: the call, in which this client is then.
    /// - Throws: ``ClientError/notInRoom`` when the wait is over: left, removed, or the code was not entered in time.
    public func call() async throws -> Call { try await self.client.call(from: self.id) }

    /// Gives up the place.
    public func leave() async throws { try await self.client.leave(self.id) }

    // MARK: Agents

    /// The next one, the first who asks for a `skill`, or one whom you name.
    ///
    /// - Returns: the room in which they are expected, with you: see ``ParleyClient/enter(_:name:)``.
    /// - Throws: `ClientError.rejected`, such as `queue-empty` and `already-serving`.
    @discardableResult
    public func take(_ whom: QueueAction.Whom = .next) async throws -> RoomID {
        try await self.client.ask(.queue(.take(whom)), in: self.id)
        let replica = await self.replica
        guard let room = replica?.agents.first(where: { $0.id == replica?.participant })?.serving else {
            throw ClientError.notInRoom
        }
        return room
    }

    /// Whom you are offered shall be offered to somebody else.
    public func pass() async throws { try await self.client.ask(.queue(.pass), in: self.id) }

    /// Whether you serve, and what you can; it also says that you are done with the one before.
    ///
    /// - Parameter skills: `nil`: as before.
    public func serve(_ isAvailable: Bool = true, skills: Set<String>? = nil) async throws {
        try await self.client.ask(.queue(.agent(isAvailable: isAvailable, skills: skills)), in: self.id)
    }
}

/// Queues: wait, be taken, be matched, be paired; and take whoever waits (docs/PROTOCOL.md, section 24).
///
/// ```swift
/// let call = try await client.queue("support", name: "Bob") { queue in print(await queue.replica?.place ?? 0) }
/// ```
extension ParleyClient {
    /// Waits in a queue, until somebody else is in the call with this client. Whose task is cancelled has left.
    ///
    /// - Parameters:
    ///   - room: a room id (`r_…`) or an alias.
    ///   - settings: where it is made by whoever comes first, to match or to pair.
    ///   - onWaiting: gets the queue as soon as this client stands in it.
    /// - Throws: `ClientError.rejected`, such as `no-agent`, `wrong-code` and `room-full`.
    public func queue(
        _ room: String,
        name: String? = nil,
        wish: QueueWish = QueueWish(),
        settings: RoomSettings? = nil,
        onWaiting: @Sendable (QueueRoom) async -> Void = { _ in }
    ) async throws -> Call {
        let queue = try await self.joinQueue(room, name: name, wish: wish, settings: settings)
        await onWaiting(queue)
        do {
            return try await queue.call()
        } catch let error as CancellationError {
            _ = Task { try? await queue.leave() }
            throw error
        }
    }

    /// Comes to a queue: with a `wish` to wait in it, without one to serve it.
    @discardableResult
    public func joinQueue(
        _ room: String,
        name: String? = nil,
        wish queue: QueueWish? = nil,
        settings: RoomSettings? = nil
    ) async throws -> QueueRoom {
        var wish = JoinWish(name: try Self.name(name) ?? self.lineName, kind: .queue, queue: queue)
        wish.settings = settings
        let reference = try Self.reference(room)
        return QueueRoom(try await self.room { $0.join(reference, wish, request: $1, &$2) }.id, self)
    }

    /// By room: one to which you have taken somebody from a queue, or a call of this person's on another device.
    @discardableResult
    public func enter(_ room: RoomID, name: String? = nil) async throws -> Call {
        try await self.continueHere(room, name: name)
    }

    func call(from queue: RoomID) async throws -> Call {
        Call(try await self.room { $0.visit(from: queue, request: $1, &$2) }.id, self)
    }
}

// MARK: - Reading

/// Somebody who waits, as agents see them.
public struct QueueCustomer: Hashable, Sendable {
    public let id: ParticipantID
    public let name: String?
    public let identity: IdentityID?
    public let since: Instant
    public let priority: Int
    public let skills: Set<String>
    public let key: String?
}

/// Somebody who takes them, as agents see each other.
public struct QueueAgent: Hashable, Sendable {
    public struct Offer: Hashable, Sendable {
        public let customer: ParticipantID
        public let until: Instant
    }

    public let id: ParticipantID
    public let isAvailable: Bool
    public let since: Instant
    public let skills: Set<String>
    /// The room in which they serve somebody.
    public let serving: RoomID?
    /// Whom they are asked to take.
    public let offer: Offer?
}

extension RoomReplica {
    private var line: JSONValue? { self.state["queue"]?["line"] }
    private var ownPlace: Int64? { self.line?[self.participant.description]?.integer }
    private var isMatch: Bool { self.state["room"]?["queue"]?["rule"] == "match" }

    private func count(in line: JSONValue?, where isCounted: (Int64) -> Bool) -> Int {
        let members = line?.object?.members ?? JSONObject().members
        return members.reduce(0) { $0 + ($1.value.integer.map(isCounted) == true ? 1 : 0) }
    }

    /// Of a queue: how many are before this client; `nil` if it does not stand in a line, or nobody is before others.
    public var place: Int? {
        guard let mine = self.ownPlace, !self.isMatch else { return nil }
        return self.count(in: self.line) { $0 < mine }
    }

    /// Of a match: how many with the same key are there, this client among them.
    public var found: Int? {
        guard let mine = self.ownPlace, self.isMatch else { return nil }
        return self.count(in: self.line) { $0 == mine }
    }

    /// How long it may take, as far as those before this client tell; `nil` if nobody can say.
    public var estimateMilliseconds: Int64? {
        guard let place, let pace = self.state["queue"]?["pace"]?.integer else { return nil }
        let (product, overflow) = pace.multipliedReportingOverflow(by: Int64(place) + 1)
        return overflow ? nil : product
    }

    /// To tell whoever this client wants to be put together with.
    public var code: String? { self.me?["code"]?.string }

    /// The room that this client is expected in; `nil` while it waits.
    public var takenTo: RoomID? {
        self.state["queue"]?["taken"]?[self.participant.description]?.string.flatMap { RoomID($0) }
    }

    /// For agents: those who wait, the next one first.
    public var customers: [QueueCustomer] {
        let members = self.state["customers"]?.object?.members ?? JSONObject().members
        let customers = members.compactMap { name, row -> (place: Int64, customer: QueueCustomer)? in
            guard let id = ParticipantID(name), row["taken"] == nil else { return nil }
            let waiting = self.state["waiting"]?[name]
            let customer = QueueCustomer(
                id: id,
                name: waiting?["name"]?.string,
                identity: waiting?["identity"]?.string.flatMap { IdentityID($0) },
                since: Instant(milliseconds: row["since"]?.integer ?? 0),
                priority: Int(clamping: row["priority"]?.integer ?? 0),
                skills: row.names("skills"),
                key: row["key"]?.string
            )
            return (self.line?[name]?.integer ?? .max, customer)
        }
        return customers.sorted { ($0.place, $0.customer.id) < ($1.place, $1.customer.id) }.map(\.customer)
    }

    /// For agents: those who take them.
    public var agents: [QueueAgent] {
        let members = self.state["agents"]?.object?.members ?? JSONObject().members
        return members.compactMap { name, row in
            ParticipantID(name).map { id in
                QueueAgent(
                    id: id,
                    isAvailable: row["available"] == true,
                    since: Instant(milliseconds: row["since"]?.integer ?? 0),
                    skills: row.names("skills"),
                    serving: row["serving"]?.string.flatMap { RoomID($0) },
                    offer: QueueAgent.Offer(row["offer"])
                )
            }
        }.sorted { $0.id < $1.id }
    }
}

extension QueueAgent.Offer {
    fileprivate init?(_ json: JSONValue?) {
        guard let customer = json?["participant"]?.string.flatMap({ ParticipantID($0) }) else { return nil }
        self.init(customer: customer, until: Instant(milliseconds: json?["until"]?.integer ?? 0))
    }
}

extension JSONValue {
    fileprivate func names(_ name: String) -> Set<String> {
        Set((self[name]?.object?.members ?? JSONObject().members).map(\.name))
    }
}
