package import ParleyProtocol

/// The joins that have no outcome yet: asked for by the app, and by ourselves when a place was lost.
///
/// ```
///            flush          connection lost
/// waiting ----------> sent ------------------> waiting   (its room has a name: asking twice does no harm)
///    ^                  |  ------------------> unsure    (it creates a room: perhaps it has done so)
///    +---- 1 s after a resume, if no room came ---+
/// ```
///
/// Each is known by what it asks for, because that is what its outcome names.
package struct Joins: Sendable {
    package typealias RequestID = UInt64

    package enum Effect: Hashable, Sendable {
        case send(JoinCommand)
        case failed(RequestID, ClientError)
        /// The place in that room cannot be had again.
        case lost(RoomID, ClientError)
        case wake(at: Duration)
    }

    /// What came of a join.
    package struct Joined: Hashable, Sendable {
        package let requests: [RequestID]
        package let wish: JoinWish
        /// The membership that this one takes the place of.
        package let instead: RoomID?
        /// The room in which this client was told to come here.
        package let from: RoomID?
    }

    private enum Phase: Hashable {
        case waiting
        case sent
        case unsure
        /// Not before that time.
        case later(Duration)
    }

    private struct Pending: Hashable {
        let room: RoomReference
        let wish: JoinWish
        var instead: RoomID?
        var from: RoomID?
        var requests: [RequestID] = []
        var phase = Phase.waiting
    }

    /// So many wait; one more fails.
    package static let pendingMax = 64
    private static let unsureFor = Duration.seconds(1)
    private static let retryDelay = Duration.seconds(2)

    /// In the order of asking.
    private var pending: [Pending] = []

    package init() {}

    package func isRejoining(_ room: RoomID) -> Bool { self.pending.contains { $0.instead == room } }

    /// Those who wait for the line of this client's own person, if there is none yet.
    package mutating func wait(forLine request: RequestID) -> Bool {
        guard let index = self.pending.firstIndex(where: { $0.wish.kind == .line }) else { return false }
        self.pending[index].requests.append(request)
        return true
    }

    // MARK: Asking

    package mutating func ask(
        _ room: RoomReference,
        _ wish: JoinWish,
        request: RequestID,
        _ effects: inout [Effect]
    ) {
        // The same room twice is one join; a room without a name is another one each time.
        if room != .new, let index = self.pending.firstIndex(where: { $0.room == room }) {
            return self.pending[index].requests.append(request)
        }
        guard self.pending.count < Self.pendingMax else { return effects.append(.failed(request, .tooManyWaiting)) }
        self.pending.append(Pending(room: room, wish: wish, requests: [request]))
    }

    /// Somebody who may has sent this client there from another room.
    package mutating func follow(to room: RoomReference, _ wish: JoinWish, from: RoomID) {
        guard !self.pending.contains(where: { $0.room == room }) else { return }
        self.pending.append(Pending(room: room, wish: wish, from: from))
    }

    /// A place is lost, and wanted again.
    package mutating func again(_ room: RoomReference, _ wish: JoinWish, instead: RoomID) {
        let isSame: (Pending) -> Bool = { $0.room == room && (room != .new || $0.wish.kind == wish.kind) }
        let requests = self.pending.first(where: isSame)?.requests ?? []
        self.pending.removeAll(where: isSame)
        self.pending.append(Pending(room: room, wish: wish, instead: instead, requests: requests))
    }

    /// - Parameter isHeld: whether the session is still in that room: then its goodbye comes first.
    package mutating func flush(isHeld: (RoomReference) -> Bool, _ effects: inout [Effect]) {
        // Their outcomes name nothing, so rooms are created one after the other.
        var creates = self.pending.contains { $0.room == .new && $0.phase != .waiting }
        for index in self.pending.indices where self.pending[index].phase == .waiting {
            let join = self.pending[index]
            if join.room == .new {
                if creates { continue }
                creates = true
            } else if join.instead == nil, isHeld(join.room) {
                continue
            }
            self.pending[index].phase = .sent
            effects.append(.send(join.wish.command(join.room)))
        }
    }

    // MARK: Connections

    package mutating func lost() {
        for index in self.pending.indices {
            switch self.pending[index].phase {
            case .sent: self.pending[index].phase = self.pending[index].room == .new ? .unsure : .waiting
            case .later: self.pending[index].phase = .waiting
            case .waiting, .unsure: break
            }
        }
    }

    /// The room may exist already: then its snapshot comes now. A second one would belong to nobody.
    package mutating func resumed(_ moment: Moment, _ effects: inout [Effect]) {
        for index in self.pending.indices where self.pending[index].phase == .unsure {
            self.pending[index].phase = .later(moment.time + Self.unsureFor)
            effects.append(.wake(at: moment.time + Self.unsureFor))
        }
    }

    /// Nothing of the earlier session exists.
    package mutating func renewed() {
        for index in self.pending.indices where self.pending[index].phase == .unsure {
            self.pending[index].phase = .waiting
        }
    }

    /// Call ``flush(isHeld:_:)`` behind it.
    package mutating func tick(_ moment: Moment, _ effects: inout [Effect]) {
        for index in self.pending.indices {
            guard case .later(let at) = self.pending[index].phase else { continue }
            if moment.time >= at { self.pending[index].phase = .waiting } else { effects.append(.wake(at: at)) }
        }
    }

    // MARK: Outcomes

    /// - Returns: `nil` for a room that nobody has asked for.
    package mutating func snapshot(of room: RoomID, alias: RoomAlias?) -> Joined? {
        guard let index = self.index(of: room, alias) else { return nil }
        let join = self.pending.remove(at: index)
        return Joined(requests: join.requests, wish: join.wish, instead: join.instead, from: join.from)
    }

    /// Whether a snapshot of that room is what a join waits for.
    package func isAnswered(by room: RoomID, alias: RoomAlias?) -> Bool {
        self.index(of: room, alias) != nil
    }

    private func index(of room: RoomID, _ alias: RoomAlias?) -> Int? {
        let names: [RoomReference] = [.id(room)] + (alias.map { [.alias($0)] } ?? [])
        return self.pending.firstIndex { names.contains($0.room) }
            ?? self.pending.firstIndex { $0.room == .new && $0.phase != .waiting }
    }

    /// - Returns: `false` if it is the outcome of no join here.
    package mutating func rejected(_ rejected: RejectedMessage, _ moment: Moment, _ effects: inout [Effect]) -> Bool {
        guard let index = self.index(of: rejected) else { return false }
        let join = self.pending[index]
        guard let instead = join.instead, !Self.isFinal(rejected) else {
            self.pending.remove(at: index)
            effects += join.requests.map { .failed($0, .rejected(rejected)) }
            (join.instead ?? join.from).map { effects.append(.lost($0, .rejected(rejected))) }
            return true
        }
        // Full or busy for the moment: we were in and want to be in again.
        assert(self.isRejoining(instead))
        let wait = rejected.retryAfterMilliseconds.map { Duration.milliseconds(Int64(clamping: $0)) } ?? Self.retryDelay
        self.pending[index].phase = .later(moment.time + wait)
        effects.append(.wake(at: moment.time + wait))
        return true
    }

    private func index(of rejected: RejectedMessage) -> Int? {
        guard let name = rejected.room else {
            return self.pending.firstIndex { $0.room == .new && $0.phase == .sent }
        }
        guard let room = try? RoomReference(name) else { return nil }
        return self.pending.firstIndex { $0.room == room && $0.phase == .sent }
    }

    private static func isFinal(_ rejected: RejectedMessage) -> Bool {
        switch rejected.knownCode {
        case .unknownRoom, .roomEnded, .malformed, .invalidMember, .unknownType, .invalidName, .invalidAlias,
            .identityPresent, .ringOver, .answeredElsewhere, .unsupportedKind, .wrongCode, .noAgent:
            true
        case .some, .none: false
        }
    }

    package mutating func fail(_ error: ClientError, _ effects: inout [Effect]) {
        for request in self.pending.flatMap(\.requests) { effects.append(.failed(request, error)) }
        self.pending = []
    }
}
