import ParleyProtocol
import ParleyRooms

/// The states that a call between two people with two devices each can come into, breadth first.
///
/// Ada calls from one device, and may go on with the other one. Bob's line has two. Anybody may lose their connection,
/// come back, or be gone; Ada may cancel; Bob may accept on either device, decline on one or on all. Meanwhile somebody
/// looks at both rooms (``CallDriver``) and notes what is to be done; each note is carried out later, in whatever
/// order, however old it is by then, and up to two of them wait. Time passes when it likes.
struct CallSearch {
    static let (call, line) = (RoomID(high: 5, low: 1), RoomID(high: 5, low: 2))
    static let (ada, bob) = (IdentityID(high: 9, low: 1), IdentityID(high: 9, low: 2))
    /// Before the ring's end, at it, and when even the line gives up.
    static let times: [Instant] = [0, 5_000, 5_000 + Limits().incomingSlackMilliseconds]
        .map { Meeting.clock.advanced(milliseconds: $0) }

    struct Node {
        var call: Room
        var line: Room
        /// Notes of what is to be done.
        var notes: Set<CallStep> = []
        var time = 0
        /// How often somebody has come in by the ring.
        var accepted = 0
        /// Who has been where, and does not come twice.
        var used: Set<Place> = []
        /// Whether it has rung on the line, whether that was over since, and whether somebody there did not want it.
        var hasRung = false
        var hasStopped = false
        var isDeclined = false
    }

    struct Place: Hashable {
        var device: UInt64
        var isLine: Bool
    }

    enum Step: Hashable {
        /// Somebody looks at both rooms.
        case look
        case carryOut(CallStep)
        case deadline(isLine: Bool)
        case time
        case comes(Place)
        case accepts(UInt64)
        case does(Place, Deed)
    }

    enum Deed: Hashable { case leave, lose, back, expire, cancel, declineHere, decline }

    /// What people do beside calling, accepting, leaving and declining for all devices. All at once would be too much.
    enum Freedom: Hashable { case callerChangesDevice, callsAreLost, linesAreLost, oneDeviceDeclines }

    let freedoms: Set<Freedom>
    let mutant: Mutant?
    var states = 0
    var edges = 0
    var faults: [String] = []

    init(_ freedoms: Set<Freedom>, without mutant: Mutant? = nil) {
        self.freedoms = freedoms
        self.mutant = mutant
    }

    // MARK: Running

    mutating func run(statesMax: Int = .max) {
        guard let start = self.start() else { return self.faults.append("a call cannot begin") }
        var seen: Set<[UInt64]> = [self.key(start)]
        var queue = [start]
        var next = 0
        while next < queue.count, self.faults.isEmpty, queue.count < statesMax {
            let node = queue[next]
            next += 1
            self.check(node, isWhole: next.isMultiple(of: 16))
            for step in self.steps(node) {
                guard let reached = self.take(step, node).map(self.noted) else { continue }
                self.edges += 1
                self.check(step, reached)
                if seen.insert(self.key(reached)).inserted { queue.append(reached) }
            }
        }
        self.states = queue.count
    }

    private func start() -> Node? {
        var node = Node(call: Room(id: Self.call), line: Room(id: Self.line))
        let request = RingRequest([Callee(Self.bob, user: "bob")], milliseconds: 5_000)
        var join = self.join(1, Self.ada)
        join.kind = .call
        join.call = CallJoin(request: request)
        guard self.act(.join(join), by: self.id(1), 1, at: node.time, &node.call) else { return nil }
        node.used = [Place(device: 1, isLine: false), Place(device: 3, isLine: true)]
        return self.joinLine(3, &node) ? node : nil
    }

    // MARK: People. Devices 1 and 2 are Ada's, 3 and 4 Bob's.

    private func id(_ device: UInt64) -> ParticipantID { ParticipantID(high: 1, low: device) }
    private func session(_ device: UInt64) -> SessionID { SessionID(high: 7, low: device) }

    private func join(_ device: UInt64, _ identity: IdentityID) -> RoomCommand.Join {
        RoomCommand.Join(session: self.session(device), identity: identity, abilities: Abilities())
    }

    private func joinLine(_ device: UInt64, _ node: inout Node) -> Bool {
        var join = self.join(device, Self.bob)
        join.kind = .line
        join.call = CallJoin()
        join.call?.user = "bob"
        return self.act(.join(join), by: self.id(device), 1, at: node.time, &node.line)
    }

    private func act(
        _ action: RoomCommand.Action,
        by id: ParticipantID,
        _ number: UInt64?,
        at time: Int,
        _ room: inout Room
    ) -> Bool {
        let command = RoomCommand(participant: id, number: number, at: Self.times[time], action: action)
        var decision = room.decide(command)
        if let mutant { decision = mutant.instead(of: decision, room, command) }
        guard case .events(let events) = decision else { return false }
        for event in events { room.evolve(event) }
        return true
    }

    // MARK: Edges

    private func steps(_ node: Node) -> [Step] {
        var steps: [Step] = [.look] + node.notes.sorted { "\($0)" < "\($1)" }.map { .carryOut($0) }
        if self.mutant != .noDeadlines { steps += [.deadline(isLine: false), .deadline(isLine: true)] }
        if node.time + 1 < Self.times.count { steps.append(.time) }
        if self.freedoms.contains(.callerChangesDevice), !node.used.contains(Place(device: 2, isLine: false)) {
            steps.append(.comes(Place(device: 2, isLine: false)))
        }
        if !node.used.contains(Place(device: 4, isLine: true)) { steps.append(.comes(Place(device: 4, isLine: true))) }
        for device: UInt64 in [3, 4] where !node.used.contains(Place(device: device, isLine: false)) {
            steps.append(.accepts(device))
        }
        for device: UInt64 in 1...4 where node.call.participant(self.id(device)) != nil {
            let place = Place(device: device, isLine: false)
            steps.append(.does(place, .leave))
            if self.freedoms.contains(.callsAreLost) { steps += [.lose, .back, .expire].map { .does(place, $0) } }
            if device < 3 { steps.append(.does(place, .cancel)) }
        }
        for device: UInt64 in [3, 4] where node.line.participant(self.id(device)) != nil {
            let place = Place(device: device, isLine: true)
            steps.append(.does(place, .decline))
            if self.freedoms.contains(.oneDeviceDeclines) { steps.append(.does(place, .declineHere)) }
            if self.freedoms.contains(.linesAreLost) { steps += [.lose, .back, .expire].map { .does(place, $0) } }
        }
        return steps
    }

    /// `nil`, if nothing comes of it.
    private func take(_ step: Step, _ node: Node) -> Node? {
        var reached = node
        switch step {
        case .look:
            guard node.notes.count < 2, let note = self.look(node).first(where: { !node.notes.contains($0) }) else {
                return nil
            }
            reached.notes.insert(note)
            return reached
        case .carryOut(let note):
            reached.notes.remove(note)
            _ = self.carryOut(note, &reached)
            return reached
        case .deadline(let isLine):
            let nobody = ParticipantID(high: 0, low: 0)
            let isDone =
                isLine
                ? self.act(.deadline, by: nobody, nil, at: node.time, &reached.line)
                : self.act(.deadline, by: nobody, nil, at: node.time, &reached.call)
            return isDone ? reached : nil
        case .time:
            reached.time += 1
            return reached
        case .comes(let place):
            reached.used.insert(place)
            if place.isLine { return self.joinLine(place.device, &reached) ? reached : nil }
            let join = self.join(place.device, Self.ada)
            return self.act(.join(join), by: self.id(place.device), 1, at: node.time, &reached.call) ? reached : nil
        case .accepts(let device):
            var join = self.join(device, Self.bob)
            join.call = CallJoin(ring: 1)
            guard self.act(.join(join), by: self.id(device), 1, at: node.time, &reached.call) else { return nil }
            reached.used.insert(Place(device: device, isLine: false))
            reached.accepted += 1
            return reached
        case .does(let place, let deed): return self.does(deed, place, node)
        }
    }

    private func does(_ deed: Deed, _ place: Place, _ node: Node) -> Node? {
        var reached = node
        let id = self.id(place.device)
        let room = place.isLine ? node.line : node.call
        guard let membership = room.membership(id) else { return nil }
        let next = membership.lastCommand + 1
        let (action, number): (RoomCommand.Action, UInt64?) =
            switch deed {
            case .leave: (.leave, next)
            case .lose: (.interrupt(epoch: membership.epoch), nil)
            case .back: (.attach(.init(node: NodeID(high: 0, low: 0), attempt: membership.attempt + 1)), nil)
            case .expire: (.expire(epoch: membership.epoch), nil)
            case .cancel: (.meeting(.ring(.cancel(1))), next)
            case .declineHere: (.meeting(.line(.decline(CallDecline(Self.call, scope: .device)))), next)
            case .decline: (.meeting(.line(.decline(CallDecline(Self.call)))), next)
            }
        if deed == .decline || deed == .declineHere { reached.isDeclined = true }
        // Who is connected comes back from nowhere.
        if deed == .back, room.participant(id)?.isInterrupted != true { return nil }
        let isDone =
            place.isLine
            ? self.act(action, by: id, number, at: node.time, &reached.line)
            : self.act(action, by: id, number, at: node.time, &reached.call)
        return isDone ? reached : nil
    }

    // MARK: The driver

    private func look(_ node: Node) -> [CallStep] {
        let steps =
            CallDriver.stepsIntoLine(node.line, of: Self.call, node.call)
            + CallDriver.stepsIntoCall(node.call, from: node.line)
        return steps.filter { step in
            switch (step, self.mutant) {
            case (.conclude, .driverNeverConcludes), (.deliver, .driverNeverDelivers), (.report, .driverNeverReports):
                false
            case (.conclude, _), (.deliver, _), (.report, _), (.await, _), (.occupy, _), (.arrive, _): true
            }
        }
    }

    private func carryOut(_ note: CallStep, _ node: inout Node) -> Bool {
        let nobody = ParticipantID(high: 0, low: 0)
        return switch note {
        case .report, .await: self.act(.call(note), by: nobody, nil, at: node.time, &node.call)
        case .deliver, .conclude, .occupy, .arrive: self.act(.call(note), by: nobody, nil, at: node.time, &node.line)
        }
    }

    /// What is remembered of the line, since the line itself forgets.
    private func noted(_ node: Node) -> Node {
        var node = node
        let rings = node.line.line?.incoming[Self.call] != nil
        node.hasStopped = node.hasStopped || node.hasRung && !rings
        node.hasRung = node.hasRung || rings
        return node
    }

    /// All notes are carried out, and all that is to be done then.
    private func settled(_ node: Node) -> Node {
        var node = node
        for note in node.notes.sorted(by: { "\($0)" < "\($1)" }) { _ = self.carryOut(note, &node) }
        node.notes = []
        for _ in 0..<8 {
            let steps = self.look(node)
            guard !steps.isEmpty else { break }
            for step in steps { _ = self.carryOut(step, &node) }
        }
        return node
    }

    // MARK: What always holds

    private mutating func check(_ step: Step, _ reached: Node) {
        switch step {
        case .accepts, .does(_, .cancel):
            self.expect(reached.call.ringing.isEmpty, "what is accepted or cancelled rings no more")
        case .does(_, .decline):
            self.expect(reached.line.line?.incoming.isEmpty ?? true, "what is declined rings no more")
        case .look, .carryOut, .deadline, .time, .comes, .does: break
        }
    }

    /// - Parameter isWhole: also what follows from the rules for all rooms.
    private mutating func check(_ node: Node, isWhole: Bool) {
        self.expect(node.accepted <= 1, "one ring lets one device in")
        let rangAgain = node.hasStopped && node.line.line?.incoming[Self.call] != nil
        self.expect(!rangAgain, "what has stopped ringing never rings again")
        let bobs = node.call.participants.filter { $0.identity == Self.bob }
        self.expect(bobs.count <= 1, "one person is in a call once")
        self.expect((node.line.line?.missed.count ?? 0) <= 1, "a call is missed once")
        if isWhole {
            self.checkState(node.call)
            self.checkState(node.line)
        }
        self.checkAlone(node.call)
        let settled = self.settled(node)
        let rings = settled.line.line?.incoming[Self.call] != nil
        let isRung = settled.call.rings(Self.bob)
        self.expect(!rings || isRung, "no phone rings when the call does not")
        let isJudged = settled.line.line.map { !$0.missed.isEmpty } ?? false
        self.expect(rings || !isRung || isJudged || settled.time > 0, "a phone rings as long as the call does")
        if isRung, rings, settled.line.participants.contains(where: { !$0.isInterrupted }) {
            let state = settled.call.ringing.first?.ring.people[Self.bob]?.state
            self.expect(state == .ringing, "whoever calls knows that it rings")
        }
        self.checkEnd(settled)
    }

    /// Whatever has happened: in the end it rings nowhere, and nobody is left in a call alone.
    private mutating func checkEnd(_ node: Node) {
        var end = node
        end.time = Self.times.count - 1
        let nobody = ParticipantID(high: 0, low: 0)
        if self.mutant != .noDeadlines {
            _ = self.act(.deadline, by: nobody, nil, at: end.time, &end.call)
            _ = self.act(.deadline, by: nobody, nil, at: end.time, &end.line)
        }
        self.expect(end.line.line?.incoming.isEmpty ?? true, "nothing rings beyond its time, without any driver")
        self.expect(end.call.ringing.isEmpty, "no ring is open beyond its time")
        let isMissed = end.line.line?.missed.isEmpty == false
        let wasWanted = end.accepted > 0 || end.isDeclined
        self.expect(!end.hasRung || wasWanted || isMissed, "a call that nobody took is missed")
        self.checkAlone(end.call)
    }

    private mutating func checkAlone(_ call: Room) {
        switch call.lifecycle {
        case .ended: self.expect(call.count == 0, "nobody is in a call that is over")
        case .absent, .scheduled, .open, .locked:
            let people = Set(call.participants.map(\.identity)).count
            self.expect(people > 1 || !call.ringing.isEmpty, "a call without anybody to talk to or to wait for is over")
        }
    }

    private mutating func checkState(_ room: Room) {
        for view in [View.moderator, .audience] {
            self.expect(StateHash(of: room.state(for: view)) == room.hash(for: view), "the hash is that of the state")
        }
        self.expect((try? Room(snapshot: room.snapshot)) == room, "a room survives its snapshot")
    }

    private mutating func expect(_ holds: Bool, _ rule: @autoclosure () -> String) {
        if !holds { self.faults.append(rule()) }
    }

    // MARK: What tells two states apart. Numbers of commands and connections grow for ever, and are left out.

    private func key(_ node: Node) -> [UInt64] {
        var key = self.key(node.call) + self.key(node.line)
        key += node.notes.map { UInt64(bitPattern: Int64($0.hashValue)) }.sorted()
        key += [UInt64(node.time), UInt64(node.accepted)]
        key += [node.hasRung, node.hasStopped, node.isDeclined].map { $0 ? 1 : 0 }
        key += node.used.map { $0.device * 2 + ($0.isLine ? 1 : 0) }.sorted()
        return key
    }

    private func key(_ room: Room) -> [UInt64] {
        var hasher = Hasher()
        hasher.combine(room.lifecycle)
        hasher.combine(room.memory)
        return [
            UInt64(room.hash(for: .moderator).description, radix: 16) ?? 0,
            UInt64(bitPattern: Int64(hasher.finalize())),
        ]
    }
}
