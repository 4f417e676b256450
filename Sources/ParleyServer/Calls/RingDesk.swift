import NIOCore
import ParleyEngine
import ParleyProtocol
import ParleyRooms

/// Carries out what rings: between each room that rings somebody and the lines of those whom it rings.
///
/// ``RingLeg`` decides when, ``CallDriver`` what. Reacts to every change of either room at once, and looks at all of
/// them once a second. Confined to the gateway's event loop.
final class RingDesk {
    private struct Key: Hashable {
        let call: RoomID
        let person: IdentityID
    }

    private final class Leg {
        let key: Key
        var machine: RingLeg
        var call: RoomHost?
        var callIsGone = false
        var line: RoomHost?
        var lineIsAbsent = false
        /// What the wake-up service was told of, and whom to tell that it is over.
        var woken: WakeWebhook.Call?
        /// By which number that is withdrawn, and what it has answered.
        var wake: WakeDesk.Number?
        var waking: RingLeg.Waking
        var timer: UInt64?

        var devices: Int { self.line?.room.presence?.devices ?? 0 }

        init(_ key: Key, _ machine: RingLeg, _ waking: RingLeg.Waking) {
            self.key = key
            self.machine = machine
            self.waking = waking
        }
    }

    private unowned let gateway: Gateway
    private var legs: [Key: Leg] = [:]
    private var byCall: [RoomID: Set<IdentityID>] = [:]
    private var byPerson: [IdentityID: Set<RoomID>] = [:]
    private(set) lazy var clerk = self.gateway.configuration.wakeWebhook.map { WakeClerk($0, self.gateway) }

    init(_ gateway: Gateway) {
        self.gateway = gateway
    }

    private var now: UInt64 { self.gateway.eventLoop.now.uptimeNanoseconds / 1_000_000 }

    var legCount: Int { self.legs.count }

    /// Long enough for a wake-up service to say that it knows of nobody like that: whom it has never heard of is as
    /// whom somebody may not know of.
    private var unreachableMilliseconds: Int {
        self.gateway.limits.unreachableMilliseconds
            + (self.gateway.configuration.wakeWebhook?.service.timeoutMilliseconds ?? 0)
    }

    /// Whether a room is of use here though nobody of it may be.
    func needs(_ host: RoomHost) -> Bool {
        self.byCall[host.id] != nil || host.room.line.map { self.byPerson[$0.owner] != nil } ?? false
    }

    // MARK: What has changed

    /// After each entry of any room: costs a look where nothing rings.
    func changed(_ host: RoomHost) {
        let room = host.room
        if let line = room.line {
            for incoming in line.rings { self.leg(incoming.call, line.owner).line = host }
            guard let calls = self.byPerson[line.owner] else { return }
            for call in calls.sorted() {
                let key = Key(call: call, person: line.owner)
                if !host.isOver {
                    self.legs[key]?.line = host
                    self.legs[key]?.lineIsAbsent = false
                }
                self.lookLater(key)
            }
        } else {
            for (_, ring) in room.ringing {
                for (identity, person) in ring.inOrder where person.state.isOpen {
                    self.leg(room.id, identity).call = host
                }
            }
            guard let people = self.byCall[room.id] else { return }
            for person in people.sorted() { self.lookLater(Key(call: room.id, person: person)) }
        }
    }

    /// Once a second.
    func sweep() {
        for key in self.legs.keys.sorted(by: { ($0.call, $0.person) < ($1.call, $1.person) }) { self.look(key) }
    }

    func dismantle() {
        self.legs = [:]
        self.byCall = [:]
        self.byPerson = [:]
    }

    private func leg(_ call: RoomID, _ person: IdentityID) -> Leg {
        let key = Key(call: call, person: person)
        if let leg = self.legs[key] { return leg }
        let machine = RingLeg(unreachableMilliseconds: self.unreachableMilliseconds, now: self.now)
        let leg = Leg(key, machine, self.clerk == nil ? .none : .asked)
        leg.call = self.gateway.directory.hosts[call]
        self.legs[key] = leg
        self.byCall[call, default: []].insert(person)
        self.byPerson[person, default: []].insert(call)
        return leg
    }

    private func forget(_ leg: Leg) {
        if let woken = leg.woken, !(leg.wake.flatMap { self.clerk?.withdraw($0) } ?? false) {
            self.tellEnd(of: woken, leg)
        }
        self.legs[leg.key] = nil
        self.byCall[leg.key.call]?.remove(leg.key.person)
        if self.byCall[leg.key.call]?.isEmpty == true { self.byCall[leg.key.call] = nil }
        self.byPerson[leg.key.person]?.remove(leg.key.call)
        if self.byPerson[leg.key.person]?.isEmpty == true { self.byPerson[leg.key.person] = nil }
    }

    // MARK: What is due

    /// Behind the step of a room that is being performed.
    private func lookLater(_ key: Key) {
        self.gateway.eventLoop.assumeIsolated().execute { self.look(key) }
    }

    private func look(_ key: Key) {
        guard let leg = self.legs[key] else { return }
        let now = self.now
        self.wakeIfDue(leg)
        let sight = self.sight(leg)
        switch leg.machine.look(sight, now: now) {
        case .none: break
        case .forget: self.forget(leg)
        case .wait(let until):
            guard leg.timer.map({ $0 <= now || until < $0 }) ?? true else { return }
            leg.timer = until
            let deadline = NIODeadline.uptimeNanoseconds(until * 1_000_000)
            self.gateway.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { self.look(key) }
        case .findLine: self.findLine(leg)
        case .findCall: self.findCall(leg)
        case .tellLine(let steps): self.tell(leg.line, steps, leg)
        case .tellCall(let steps): self.tell(leg.call, steps, leg)
        case .reportUnreachable(let ring):
            let verdict = RingVerdict(.unreachable, code: .unreachable)
            self.tell(leg.call, [.report(ring: ring, key.person, verdict)], leg)
        }
    }

    private func ended(_ leg: Leg, isDone: Bool) {
        leg.machine.ended(isDone: isDone, now: self.now)
        self.lookLater(leg.key)
    }

    private func tell(_ host: RoomHost?, _ steps: [CallStep], _ leg: Leg) {
        guard let host, let step = steps.first else { return self.ended(leg, isDone: false) }
        host.submit(RoomCommand(step, at: self.gateway.now), seat: nil) { outcome in
            if step.isDelivery, case .accepted = outcome { self.wake(leg) }
            let isDone =
                switch outcome {
                case .accepted, .duplicate, .rejected(.noChange), .rejected(.ringOver): true
                case .rejected: false
                }
            guard isDone, steps.count > 1 else { return self.ended(leg, isDone: isDone) }
            self.tell(host, Array(steps.dropFirst()), leg)
        }
    }

    private func findLine(_ leg: Leg) {
        self.gateway.directory.findLine(of: leg.key.person, mayMake: false) { result in
            switch result {
            case .success(let host):
                host.whenCurrent { isCurrent in
                    // Its word may be left over from a line that is over.
                    leg.lineIsAbsent = isCurrent && host.room.line == nil
                    leg.line = isCurrent && !leg.lineIsAbsent ? host : nil
                    self.ended(leg, isDone: isCurrent)
                }
            case .failure(.unknownRoom):
                leg.lineIsAbsent = true
                self.ended(leg, isDone: true)
            case .failure: self.ended(leg, isDone: false)
            }
        }
    }

    private func findCall(_ leg: Leg) {
        self.gateway.directory.find(.id(leg.key.call)) { result in
            switch result {
            case .success(let host):
                host.whenCurrent { isCurrent in
                    leg.call = isCurrent || host.room.lifecycle.isEnded ? host : nil
                    self.ended(leg, isDone: leg.call != nil)
                }
            case .failure(.unknownRoom):
                leg.callIsGone = true
                self.ended(leg, isDone: true)
            case .failure: self.ended(leg, isDone: false)
            }
        }
    }

    // MARK: What is seen

    private func sight(_ leg: Leg) -> RingLeg.Sight {
        // A replica that was let go of does not hear any more what happens.
        if let call = leg.call, call.isOver, !call.room.lifecycle.isEnded { leg.call = nil }
        if let line = leg.line, line.isOver { leg.line = nil }
        var sight = RingLeg.Sight()
        let call = leg.call.flatMap { $0.room.lifecycle == .absent ? nil : $0.room }
        let line = leg.line.flatMap { $0.room.line == nil ? nil : $0.room }
        sight.call = call != nil ? .here : leg.callIsGone ? .absent : .unread
        sight.line = line != nil ? .here : leg.lineIsAbsent ? .absent : .unread
        let rung = call?.ringing.last { $0.ring.people[leg.key.person]?.state.isOpen ?? false }
        sight.ring = rung?.number
        sight.waking = leg.waking
        sight.speaksForRoom = call.map { self.speaks(for: $0, rung?.ring) } ?? false
        if let condition = rung?.ring.people[leg.key.person]?.onlyOf, line != nil || condition.isEmpty {
            sight.isHidden = condition.isEmpty || line?.line?.organisation != condition
        }
        if let line {
            sight.hasCopy = line.line?.incoming[leg.key.call] != nil
            sight.hasDevice = leg.line?.present.isEmpty == false
            sight.hasAnyDevice = (line.presence?.devices ?? 0) > 0
            if sight.call != .unread {
                sight.intoLine = CallDriver.stepsIntoLine(line, of: leg.key.call, call) { call?.callerAbilities($0) }
            }
            if let call { sight.intoCall = CallDriver.stepsIntoCall(call, from: line) }
        }
        return sight
    }

    /// Whoever rings is at home here; or, if they have gone, the first of those who are there. For those whose node is
    /// dead everybody speaks.
    private func speaks(for room: Room, _ ring: Ring?) -> Bool {
        guard let ring else { return true }
        let callers = room.participants(of: ring.by.identity)
        let nodes = (callers.isEmpty ? room.participants : callers).compactMap { room.membership($0.id)?.node }
        let alive = self.gateway.nodesAlive
        return nodes.first { $0 == self.gateway.node || alive.isEmpty || alive.contains($0) }
            .map { $0 == self.gateway.node } ?? true
    }

    // MARK: Waking

    /// Nobody has a device that shows it, and nobody may have said so: the node that knew may have died.
    private func wakeIfDue(_ leg: Leg) {
        guard self.clerk != nil, leg.woken == nil, let call = leg.call?.room,
            let rung = call.ringing.last(where: { $0.ring.people[leg.key.person]?.state == .calling }),
            self.speaks(for: call, rung.ring), leg.lineIsAbsent || leg.line?.room.line?.incoming[call.id] != nil
        else { return }
        guard !self.sight(leg).isHidden else { return }
        self.wake(leg)
    }

    private func wake(_ leg: Leg) {
        guard let clerk = self.clerk, leg.woken == nil, let call = leg.call?.room,
            let (number, ring) = call.ringing.last(where: { $0.ring.people[leg.key.person]?.state.isOpen ?? false }),
            let person = ring.people[leg.key.person]
        else { return }
        // What has rung at the line may have been screened there.
        guard leg.lineIsAbsent || leg.line?.room.line?.incoming[call.id] != nil else { return }
        let line = leg.line?.room.line
        var callee = WakeWebhook.Call.Person(identity: leg.key.person, user: person.user ?? line?.user)
        callee.issuer = person.user == nil ? line?.issuer : ring.issuer
        let told = WakeWebhook.Call(
            .ring(until: ring.until, intent: ring.intent.rawValue, ticket: nil, online: leg.devices),
            room: call.id,
            ring: number,
            to: callee,
            from: .init(identity: ring.by.identity, user: ring.by.user, name: ring.by.name?.text)
        )
        leg.woken = told
        leg.wake = clerk.ring(told, until: ring.until) { answer in
            leg.waking = answer == .told ? .told : .none
            self.lookLater(leg.key)
        }
    }

    private func tellEnd(of told: WakeWebhook.Call, _ leg: Leg) {
        var end = told
        end.occasion = .ended(reason: leg.call?.room.ringEnd(told.ring)?.rawValue ?? "over")
        self.clerk?.say(end)
    }
}
