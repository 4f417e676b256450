import ParleyProtocol
import ParleyRooms
import Testing

/// Every state that a few people can bring a room into, breadth first.
///
/// Command numbers are left out of what tells two states apart: they grow for ever, and what they do
/// is checked on each edge by sending the command again, too late and too early.
struct RoomSearch {
    struct Node {
        var room: Room
        var folded: [JSONValue]
        /// How many memberships each of them has had.
        var memberships: [Int]
    }

    let people: Int
    let membershipsMax: Int
    let capacity: Int
    let changes: [Participant.MediaChange]
    /// Whether connections are lost and come back, too.
    let areLost: Bool
    /// Fewer than people: then some of them are devices of one identity.
    let identities: Int
    let devices: DeviceRule

    var states = 0
    var edges = 0
    var refusals = 0
    var faults: [String] = []

    init(
        people: Int,
        membershipsMax: Int,
        capacity: Int,
        changes: [Participant.MediaChange],
        areLost: Bool = false,
        identities: Int? = nil,
        devices: DeviceRule = .allow
    ) {
        self.people = people
        self.membershipsMax = membershipsMax
        self.capacity = capacity
        self.changes = changes
        self.areLost = areLost
        self.identities = identities ?? people
        self.devices = devices
    }

    mutating func run() {
        let room = Room(id: RoomID(high: 1, low: 1), alias: RoomAlias("blue-fox"), capacity: self.capacity)
        let start = Node(
            room: room,
            folded: View.allCases.map { _ in [:] },
            memberships: Array(repeating: 0, count: self.people)
        )
        var seen: Set<[UInt64]> = [self.key(start)]
        var queue = [start]
        var next = 0
        while next < queue.count {
            let node = queue[next]
            next += 1
            self.check(node.room)
            for index in View.allCases.indices { self.checkFold(node, at: index) }
            for person in 0..<self.people {
                for action in self.actions(person, node.room) {
                    guard let reached = self.step(node, person, action), self.faults.isEmpty else { continue }
                    if seen.insert(self.key(reached)).inserted { queue.append(reached) }
                }
            }
        }
        self.states = queue.count
    }

    // MARK: Edges

    private func actions(_ person: Int, _ room: Room) -> [RoomCommand.Action] {
        let join = RoomCommand.Join(
            session: self.session(person),
            identity: self.identity(person),
            name: person == 0 ? nil : try? DisplayName("person \(person)", bytesMax: 128),
            abilities: Abilities(rollback: person != 1, trickle: true),
            devices: self.devices
        )
        let media = self.changes.map { RoomCommand.Action.media($0) }
        let always = [.join(join)] + media + [.leave, .disconnect(.disconnected)]
        guard self.areLost else { return always }
        let membership = room.participant(of: self.session(person)).flatMap { room.membership($0) }
        let epoch = membership?.epoch ?? 1
        let attempt = membership?.attempt ?? 0
        let attaches = [attempt, attempt + 1].map { attempt -> RoomCommand.Action in
            .attach(.init(node: NodeID(high: 0, low: attempt), attempt: max(attempt, 1)))
        }
        // What is found out may be about this connection or about the one before.
        return always + attaches
            + (epoch - 1...epoch).flatMap { epoch -> [RoomCommand.Action] in
                [.interrupt(epoch: epoch), .expire(epoch: epoch), .disconnect(.disconnected, epoch: epoch)]
            }
    }

    private func session(_ person: Int) -> SessionID { SessionID(high: 7, low: UInt64(person)) }

    private func identity(_ person: Int) -> IdentityID {
        IdentityID(high: 9, low: UInt64(person % self.identities))
    }

    /// `nil` if the command was refused, or if this person has had its memberships.
    private mutating func step(_ node: Node, _ person: Int, _ action: RoomCommand.Action) -> Node? {
        var reached = node
        let current = node.room.participant(of: self.session(person))
        if case .join = action, current == nil {
            guard node.memberships[person] < self.membershipsMax else { return nil }
            reached.memberships[person] += 1
        }
        let membership = UInt64(reached.memberships[person])
        var command = RoomCommand(
            participant: current ?? ParticipantID(high: membership, low: UInt64(person)),
            number: current.flatMap { node.room.membership($0)?.lastCommand }.map { $0 + 1 } ?? 1,
            at: Instant(milliseconds: 5),
            action: action
        )
        if action.isByServer { command.number = nil }
        let decision = node.room.decide(command)
        self.edges += 1
        self.expect(node.room.decide(command) == decision, "a decision can be repeated")
        switch decision {
        case .rejected(let code):
            self.refusals += 1
            self.checkRefusal(code, node, current, action)
            return nil
        case .duplicate:
            self.expect(false, "the next number is no duplicate")
            return nil
        case .events(let events):
            self.expect(!events.isEmpty, "no decision is empty")
            for event in events { self.apply(event, &reached) }
        }
        self.checkNumbers(command, node.room, reached.room)
        self.checkConnection(command, node.room, reached.room)
        self.checkJoin(command, node.room, reached.room)
        return reached
    }

    private mutating func apply(_ event: RoomEvent, _ node: inout Node) {
        self.expect((try? RoomEvent(json: event.json)) == event, "an event survives its JSON: \(event.type)")
        let text = event.json.encoded
        self.expect((try? JSONParser.parse(text)).map(\.encoded) == text, "and its text")
        let patches = node.room.evolve(event)
        self.expect(node.room.count <= node.room.capacity, "no more people than places, even between two events")
        for (index, view) in View.allCases.enumerated() {
            guard let patch = patches.patch(for: view) else { continue }
            node.folded[index] = mergePatch(node.folded[index], patch)
        }
        // One view on each edge; all of them once per state.
        self.checkFold(node, at: self.edges % View.allCases.count)
    }

    private mutating func checkFold(_ node: Node, at index: Int) {
        let view = View.allCases[index]
        let state = node.room.state(for: view)
        self.expect(node.folded[index] == state, "folded patches are the state")
        self.expect(node.room.hash(for: view) == StateHash(of: state), "the hash is that of the state")
    }

    // MARK: What always holds

    private mutating func check(_ room: Room) {
        let people = room.participants
        switch room.lifecycle {
        case .absent, .ended: self.expect(people.isEmpty, "nobody is in a room that is not open")
        case .scheduled, .open, .locked: self.expect(!people.isEmpty, "an open room is never empty")
        }
        self.expect(people.count <= room.capacity, "no more people than places")
        let sharing = people.filter(\.media.screen).map(\.id)
        self.expect(sharing.count <= 1, "one screen at a time")
        self.expect(sharing == room.floors[.screen]?.holdersInOrder, "who shares holds the floor")
        let hosts = Set(people.filter { $0.role == .host }.map(\.identity))
        self.expect(hosts.count == (people.isEmpty ? 0 : 1), "one host for as long as anybody is here")
        self.expect(people.allSatisfy { !$0.isOwner || $0.role == .host }, "the creator is it, if here")
        if self.devices != .allow {
            self.expect(Set(people.map(\.identity)).count == people.count, "everybody is here once")
        }
        for person in 0..<self.identities {
            let devices = people.filter { $0.identity == self.identity(person) }
            self.expect(room.participants(of: self.identity(person)) == devices, "whose device is whose")
        }
        self.expect(Set(people.map(\.joined)).count == people.count, "everybody arrived on their own")
        for participant in people {
            let membership = room.membership(participant.id)
            self.expect(
                membership.flatMap { room.participant(of: $0.session) } == participant.id,
                "sessions and participants belong together"
            )
        }
        self.expect((try? Room(snapshot: room.snapshot)) == room, "a room survives its snapshot")
        let text = room.snapshot.encoded
        let parsed = (try? JSONParser.parse(text)).flatMap { try? Room(snapshot: $0) }
        self.expect(parsed?.snapshot.encoded == text, "and its text")
    }

    private mutating func checkRefusal(
        _ code: RejectionCode,
        _ node: Node,
        _ current: ParticipantID?,
        _ action: RoomCommand.Action
    ) {
        let expected: RejectionCode
        switch (node.room.lifecycle, action) {
        case (.ended, _): expected = .roomEnded
        case (_, .join) where current != nil: expected = .alreadyJoined
        case (_, .join(let join)):
            let isHere = node.room.participants.contains { $0.identity == join.identity && !$0.isInterrupted }
            expected = self.devices == .reject && isHere ? .identityPresent : .roomFull
        case (_, .media(let change)) where current != nil:
            let isTaken = node.room.participants.contains { $0.media.screen && $0.id != current }
            expected = change.screen == true && isTaken ? .floorBusy : .noChange
        case (_, .interrupt) where current != nil, (_, .attach) where current != nil,
            (_, .expire) where current != nil, (_, .disconnect) where current != nil:
            expected = .noChange
        case (_, .deadline), (_, .create), (_, .call): expected = .noChange
        case (_, .skip(let said, _)): expected = said
        case (_, .media), (_, .meeting), (_, .leave), (_, .disconnect), (_, .interrupt), (_, .attach), (_, .expire):
            expected = .notJoined
        }
        self.expect(code == expected, "refused with \(code.rawValue), not \(expected.rawValue)")
        if code == .roomFull { self.expect(node.room.count == self.capacity, "full means full") }
    }

    /// Somebody is interrupted, comes back, or has left once per connection, however often it is found out.
    private mutating func checkConnection(_ command: RoomCommand, _ before: Room, _ after: Room) {
        let id = command.participant
        let epochs = (before: before.membership(id)?.epoch, after: after.membership(id)?.epoch)
        let isLost = (before: before.participant(id)?.isInterrupted, after: after.participant(id)?.isInterrupted)
        switch command.action {
        case .join: self.expect(epochs == (nil, 1) && isLost == (nil, false), "a join is connected")
        case .media, .meeting, .skip, .deadline, .create, .call:
            self.expect(epochs.before == epochs.after && isLost.before == isLost.after, "of no connection")
        case .leave, .disconnect: self.expect(epochs.after == nil, "who has left is gone")
        case .interrupt(let epoch):
            self.expect(epochs == (epoch, epoch) && isLost == (false, true), "interrupted by its own epoch")
        case .attach(let attach):
            self.expect(epochs.after == epochs.before.map { $0 + 1 } && isLost.after == false, "another connection")
            self.expect(after.membership(id)?.attempt == attach.attempt, "the newest one")
            self.expect(after.membership(id)?.node == attach.node, "on that node")
        case .expire(let epoch):
            self.expect(epochs == (epoch, nil) && isLost == (true, nil), "expired by its own epoch")
        }
        guard command.action.isByServer else { return }
        switch after.decide(command) {
        case .events: self.expect(false, "what was found out has an effect once")
        case .duplicate(let code):
            // Only a connection can be told twice: the append that told it first may have had no answer.
            guard case .attach = command.action, code == nil else {
                return self.expect(false, "what was found out has an effect once")
            }
        case .rejected(let code):
            self.expect([.noChange, .notJoined, .roomEnded].contains(code), "and then none: \(code.rawValue)")
        }
    }

    /// Whoever is replaced is of the same identity, and what they were goes over; everybody else stays.
    private mutating func checkJoin(_ command: RoomCommand, _ before: Room, _ after: Room) {
        guard case .join(let join) = command.action else { return }
        let newcomer = after.participant(command.participant)
        let stay = Set(after.participants.map(\.id))
        let gone = before.participants.filter { !stay.contains($0.id) }
        let same = before.participants.filter { $0.identity == join.identity }
        let wasHost = same.contains { $0.role == .host }
        let isHost = before.lifecycle == .absent || wasHost || before.standing.host == join.identity
        if isHost { self.expect(newcomer?.role == .host, "the role is the person's") }
        let hosts = Set(after.participants.filter { $0.role == .host }.map(\.identity))
        self.expect(hosts.count <= 1, "never two hosts")
        self.expect(stay.count == before.count - gone.count + 1, "one comes")
        switch self.devices {
        case .allow: self.expect(gone.isEmpty, "nobody has to go")
        case .replace: self.expect(gone == same, "all earlier devices go, and nobody else")
        case .reject:
            self.expect(gone == same, "all earlier devices go, and nobody else")
            self.expect(gone.allSatisfy(\.isInterrupted), "only who is lost has to go")
        }
    }

    private mutating func checkNumbers(_ command: RoomCommand, _ before: Room, _ after: Room) {
        guard let number = command.number else { return }
        var early = command
        early.number = number + 1
        self.expect(before.decide(early) == .rejected(.commandGap), "no number is left out")
        guard after.membership(command.participant) != nil else { return }
        self.expect(after.decide(command) == .duplicate(nil), "a command is applied once")
    }

    private mutating func expect(_ holds: Bool, _ rule: @autoclosure () -> String) {
        if !holds { self.faults.append(rule()) }
    }

    private func key(_ node: Node) -> [UInt64] {
        var key: [UInt64] = [node.room.lifecycle == .absent ? 0 : node.room.lifecycle == .open ? 1 : 2]
        let owner = (0..<self.identities).first { self.identity($0) == node.room.standing.owner }
        key.append(UInt64(owner.map { $0 + 1 } ?? 0))
        for person in 0..<self.people {
            key.append(UInt64(node.memberships[person]))
            guard let id = node.room.participant(of: self.session(person)),
                let participant = node.room.participant(id)
            else { continue }
            let media = participant.media
            let bits = (media.audio ? 1 : 0) + (media.video ? 2 : 0) + (media.screen ? 4 : 0)
            let flags = (participant.isInterrupted ? 8 : 0) + (participant.role == .host ? 16 : 0)
            key += [100 + participant.joined, UInt64(bits + flags)]
        }
        return key
    }
}

extension Participant {
    fileprivate var isInterrupted: Bool {
        switch self.connection {
        case .connected: false
        case .interrupted: true
        }
    }
}

extension RoomCommand.Action {
    fileprivate var isByServer: Bool {
        switch self {
        case .join, .leave, .media, .meeting, .skip: false
        case .disconnect, .interrupt, .attach, .expire, .deadline, .create, .call: true
        }
    }
}

@Suite struct RoomSearchTests {
    @Test func `every state of three people who come and go twice`() {
        var search = RoomSearch(
            people: 3,
            membershipsMax: 2,
            capacity: 3,
            changes: [.init(audio: true), .init(audio: false)]
        )
        search.run()
        #expect(search.faults == [])
        #expect(search.states == 3370)
    }

    @Test func `every state of three people with all their devices`() {
        var search = RoomSearch(
            people: 3,
            membershipsMax: 1,
            capacity: 3,
            changes: [
                .init(audio: true), .init(audio: false), .init(audio: false, video: true, screen: true),
            ]
        )
        search.run()
        #expect(search.faults == [])
        // One screen at a time.
        #expect(search.states == 613)
    }

    @Test func `every state of three people who compete for two places`() {
        var search = RoomSearch(people: 3, membershipsMax: 2, capacity: 2, changes: [.init(audio: true)])
        search.run()
        #expect(search.faults == [])
        #expect(search.states == 1570)
    }

    @Test func `every state of three people who are lost and come back`() {
        var search = RoomSearch(people: 3, membershipsMax: 1, capacity: 3, changes: [], areLost: true)
        search.run()
        #expect(search.faults == [])
        #expect(search.states == 241)
    }

    @Test func `every state of two people who are lost, come back and come again`() {
        var search = RoomSearch(
            people: 2,
            membershipsMax: 2,
            capacity: 2,
            changes: [.init(audio: true), .init(audio: false)],
            areLost: true
        )
        search.run()
        #expect(search.faults == [])
        #expect(search.states == 259)
    }

    @Test(arguments: [(DeviceRule.allow, 689), (.replace, 409), (.reject, 409)])
    func `every state of two identities with two devices each, in a room for two`(rule: DeviceRule, states: Int) {
        var search = RoomSearch(
            people: 4,
            membershipsMax: 1,
            capacity: 2,
            changes: [],
            areLost: true,
            identities: 2,
            devices: rule
        )
        search.run()
        #expect(search.faults == [])
        #expect(search.states == states)
    }

    @Test(arguments: [(DeviceRule.replace, 114), (.reject, 114)])
    func `every state of one identity whose three devices come, are lost and come again`(
        rule: DeviceRule,
        states: Int
    ) {
        var search = RoomSearch(
            people: 3,
            membershipsMax: 2,
            capacity: 3,
            changes: [],
            areLost: true,
            identities: 1,
            devices: rule
        )
        search.run()
        #expect(search.faults == [])
        #expect(search.states == states)
    }
}
