import ParleyProtocol

/// What a client knows of its session, and what follows from what it is told.
///
/// ```
///             hello              welcome                    closed
/// (new)  ---------->  greeting ----------->  established  --------->  closed
/// ```
///
/// Numbers commands and signals, matches outcomes, folds rooms, drops what it has seen, and acknowledges.
struct ClientStateMachine {
    /// Who waits for an outcome; made by the driver.
    typealias RequestID = UInt64

    enum Effect: Hashable {
        case send(ClientMessage)
        case welcomed(Welcome)
        case joined(RequestID, RoomReplica)
        case succeeded(RequestID)
        case failed(RequestID, ClientError)
        case tell(ClientEvent)
        /// Nothing sensible can follow.
        case close(ClientError)
    }

    private enum Phase {
        case greeting
        case established
        case closed(ClientError)
    }

    private enum Command: Hashable {
        /// Known by how it named its room, which has no id yet.
        case join(RoomReference)
        case other(RoomID, id: UInt64)
    }

    private var phase = Phase.greeting
    private(set) var rooms: [RoomID: RoomReplica] = [:]
    /// In order of sending.
    private var waiting: [(command: Command, request: RequestID)] = []
    private var nextCommand: [RoomID: UInt64] = [:]
    private var outgoing: [ParticipantID: Outgoing] = [:]
    private var incoming: [ParticipantID: UInt64] = [:]
    private var unacknowledged: [ParticipantID: UInt64] = [:]
    private var unacknowledgedCount = 0

    private struct Outgoing {
        var next: UInt64 = 1
        var delivered: UInt64 = 0
        var negotiation: UInt64 = 0
    }

    /// Acknowledge at the latest after so many (docs/PROTOCOL.md, section 6).
    static let acknowledgeAfter = 32

    // MARK: Asking

    mutating func hello(abilities: Abilities, name: String, version: String, _ effects: inout [Effect]) {
        var hello = Hello()
        hello.clientName = name
        hello.clientVersion = version
        hello.abilities = abilities
        effects.append(.send(.hello(hello)))
    }

    mutating func join(_ room: RoomReference, name: DisplayName?, request: RequestID, _ effects: inout [Effect]) {
        guard self.check(request, &effects) else { return }
        self.waiting.append((.join(room), request))
        effects.append(.send(.join(JoinCommand(id: 1, room: room, name: name))))
    }

    mutating func leave(_ room: RoomID, request: RequestID, _ effects: inout [Effect]) {
        guard self.check(request, &effects) else { return }
        let id = self.number(room, request)
        effects.append(.send(.leave(LeaveCommand(id: id, room: room))))
    }

    mutating func media(
        _ room: RoomID,
        audio: Bool?,
        video: Bool?,
        screen: Bool?,
        request: RequestID,
        _ effects: inout [Effect]
    ) {
        guard self.check(request, &effects) else { return }
        let id = self.number(room, request)
        effects.append(.send(.media(MediaCommand(id: id, room: room, audio: audio, video: video, screen: screen))))
    }

    /// - Returns: the signal's number, by which `delivered` names it.
    mutating func signal(
        _ payload: SignalPayload,
        to peer: ParticipantID,
        negotiation: UInt64?,
        _ effects: inout [Effect]
    ) -> UInt64 {
        var pair = self.outgoing[peer] ?? Outgoing()
        let n = pair.next
        pair.next += 1
        let signal = OutboundSignal(
            to: peer,
            n: n,
            floor: pair.delivered + 1,
            negotiation: negotiation,
            payload: payload
        )
        self.outgoing[peer] = pair
        effects.append(.send(.signal(signal)))
        return n
    }

    /// What has come since the last acknowledgement; the driver asks after 100 ms.
    mutating func acknowledge(_ effects: inout [Effect]) {
        guard self.unacknowledgedCount > 0 else { return }
        let marks = self.unacknowledged.sorted { $0.key < $1.key }.map { Watermark(participant: $0.key, n: $0.value) }
        self.unacknowledged = [:]
        self.unacknowledgedCount = 0
        effects.append(.send(.beat(ClientBeat(acknowledged: marks))))
    }

    var wantsToAcknowledge: Bool { self.unacknowledgedCount > 0 }

    private mutating func check(_ request: RequestID, _ effects: inout [Effect]) -> Bool {
        switch self.phase {
        case .greeting, .established: return true
        case .closed(let error):
            effects.append(.failed(request, error))
            return false
        }
    }

    private mutating func number(_ room: RoomID, _ request: RequestID) -> UInt64 {
        let id = self.nextCommand[room, default: 2]
        self.nextCommand[room] = id + 1
        self.waiting.append((.other(room, id: id), request))
        return id
    }

    // MARK: Hearing

    mutating func received(_ message: ServerMessage, _ effects: inout [Effect]) {
        switch message {
        case .welcome(let welcome):
            self.phase = .established
            effects.append(.welcomed(welcome))
        case .snapshot(let snapshot): self.received(snapshot, &effects)
        case .events(let events): self.received(events, &effects)
        case .signal(let signal): self.received(signal, &effects)
        case .pulse(let pulse): effects.append(.tell(.pulse(pulse)))
        case .rejected(let rejected): self.received(rejected, &effects)
        case .beat(let beat):
            for mark in beat.delivered {
                self.outgoing[mark.participant]?.delivered = mark.n
                effects.append(.tell(.delivered(to: mark.participant, n: mark.n)))
            }
        case .iceServers, .restarter, .goaway, .stay:
            break
        case .unknown:
            // A newer server may say more: the protocol asks to ignore it.
            break
        }
    }

    private mutating func received(_ snapshot: Snapshot, _ effects: inout [Effect]) {
        let replica = RoomReplica(snapshot)
        guard replica.hash == snapshot.hash else {
            return effects.append(.close(.protocolViolation("A snapshot and its hash disagree.")))
        }
        self.rooms[snapshot.room] = replica
        self.nextCommand[snapshot.room] = 2
        let alias = snapshot.state["room"]?["alias"]?.string.flatMap { RoomAlias($0) }
        // A join by id of a room that has an alias, too, is known by its id.
        let name = alias.map { RoomReference.alias($0) } ?? .new
        if let request = self.finish(.join(.id(snapshot.room))) ?? self.finish(.join(name)) {
            effects.append(.joined(request, replica))
        }
    }

    private mutating func received(_ message: EventsMessage, _ effects: inout [Effect]) {
        // Left just now: the last frames of a room that is history here.
        guard var replica = self.rooms[message.room] else { return }
        guard replica.apply(message) else { return effects.append(.close(.gap)) }
        self.rooms[message.room] = replica
        for event in message.events {
            let notice = RoomEventNotice(event)
            effects.append(.tell(.room(notice, replica)))
            if event["by"]?.string == replica.participant.description, let id = event["id"]?.integer,
                let request = self.finish(.other(message.room, id: UInt64(clamping: id)))
            {
                effects.append(.succeeded(request))
            }
            if notice.type == "left", let gone = notice.participant { self.forget(gone, replica) }
        }
    }

    private mutating func forget(_ gone: ParticipantID, _ replica: RoomReplica) {
        self.outgoing[gone] = nil
        self.incoming[gone] = nil
        self.unacknowledged[gone] = nil
        if gone == replica.participant {
            self.rooms[replica.id] = nil
            self.nextCommand[replica.id] = nil
        }
    }

    private mutating func received(_ signal: RelayedSignal, _ effects: inout [Effect]) {
        let last = self.incoming[signal.from] ?? 0
        // Sent again after a reconnect: it was told already.
        guard signal.n > last else { return }
        guard signal.n == last + 1 || (signal.floor ?? 1) > last + 1 else { return effects.append(.close(.gap)) }
        self.incoming[signal.from] = signal.n
        self.unacknowledged[signal.from] = signal.n
        self.unacknowledgedCount += 1
        effects.append(.tell(.signal(signal)))
        if self.unacknowledgedCount >= Self.acknowledgeAfter { self.acknowledge(&effects) }
    }

    private mutating func received(_ rejected: RejectedMessage, _ effects: inout [Effect]) {
        guard let id = rejected.id else { return effects.append(.tell(.rejected(rejected))) }
        guard let command = Self.command(rejected, id: id), let request = self.finish(command) else {
            return effects.append(.tell(.rejected(rejected)))
        }
        // The room is as the command wanted it: that is a success.
        effects.append(
            rejected.knownCode == .noChange ? .succeeded(request) : .failed(request, .rejected(rejected))
        )
    }

    private static func command(_ rejected: RejectedMessage, id: UInt64) -> Command? {
        guard rejected.of == "join" else { return rejected.room.flatMap { RoomID($0) }.map { .other($0, id: id) } }
        guard let room = rejected.room else { return .join(.new) }
        return (try? RoomReference(room)).map { .join($0) }
    }

    private mutating func finish(_ command: Command) -> RequestID? {
        guard let index = self.waiting.firstIndex(where: { $0.command == command }) else { return nil }
        return self.waiting.remove(at: index).request
    }

    mutating func closed(_ error: ClientError, _ effects: inout [Effect]) {
        self.phase = .closed(error)
        for (_, request) in self.waiting { effects.append(.failed(request, error)) }
        self.waiting = []
    }
}
