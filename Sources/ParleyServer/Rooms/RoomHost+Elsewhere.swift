import NIOCore
import ParleyEngine
import ParleyProtocol
import ParleyRooms
import ParleyTransport

/// People of this room who are at home on other nodes, and people who move.
extension RoomHost {
    // MARK: Seats that move

    /// The participant is in the room already; from now on its connection is here.
    func take(_ seat: Seat, joined: UInt64) {
        seat.view = self.room.view(of: seat.id)
        self.streams.open(seat.view, at: self.position)
        seat.isCounted = self.room.participant(seat.id).map { !$0.isListed } ?? false
        self.hasMovers = true
        self.add(seat, joined: joined)
        self.put(seat)
        for other in self.present where other !== seat { seat.reroute(other) }
        self.peopleElsewhere.remove(seat.id)
    }

    /// The same for somebody at the door.
    func takeWaiting(_ seat: Seat) {
        self.put(seat)
        self.place(seat, in: self.room, from: self.position)
    }

    /// The participant stays in the room; its connection is, or will be, somewhere else.
    func release(_ seat: Seat) {
        self.remove(seat, isElsewhere: true)
        guard self.room.participant(seat.id) != nil else { return }
        self.peopleElsewhere.insert(seat.id)
    }

    /// What an entry says about where people are, after it was delivered.
    func follow(_ events: [RoomEvent]) {
        let node = self.gateway.node
        for event in events {
            switch event.fact {
            case .joined(let joining):
                self.latestArrival = max(self.latestArrival, joining.at)
                if joining.node != node { self.peopleElsewhere.insert(joining.participant) }
            case .attached(let attachment):
                let seat = self.seats[attachment.participant]
                seat?.epoch = self.room.membership(attachment.participant)?.epoch ?? 0
                if attachment.node == node {
                    self.peopleElsewhere.remove(attachment.participant)
                } else if let seat {
                    self.gateway.moved(seat, to: attachment)
                } else if self.room.participant(attachment.participant) != nil {
                    self.peopleElsewhere.insert(attachment.participant)
                }
            case .left(let id, _):
                let wasElsewhere = self.peopleElsewhere.remove(id) != nil
                let acquaintances = self.acquaintances.removeValue(forKey: id) ?? []
                for seat in wasElsewhere || self.hasMovers ? self.present : acquaintances {
                    guard seat.forget(id) || wasElsewhere else { continue }
                    // What it sent and nobody has read goes with it: a number beyond all stands for all.
                    self.gateway.acknowledgeLater([SignalNumber(sender: id, n: .max)], of: seat)
                }
            case .interrupted(let id, _):
                guard let seat = self.seats[id] else { continue }
                if seat.session.connection == nil {
                    seat.session.life.told(now: self.gateway.eventLoop.now.uptimeNanoseconds)
                } else {
                    // Found out too late, or before its join was through: its connection is here.
                    self.gateway.attach(seat, since: seat.epoch)
                }
            case .created, .mediaChanged, .ended, .meeting: break
            }
        }
    }

    /// The replica is another one.
    func recountElsewhere() {
        let room = self.room
        self.latestArrival = room.participants.map(\.joinedAt).max() ?? self.latestArrival
        self.peopleElsewhere = Set(room.participants.map(\.id).filter { self.seats[$0] == nil })
        for seat in self.present {
            seat.epoch = room.membership(seat.id)?.epoch ?? seat.epoch
            for recipient in Array(seat.routes.keys) where room.participant(recipient) == nil {
                _ = seat.forget(recipient)
            }
        }
    }

    /// Where everybody's connection is follows from the room and from the seats. After a loss the two may disagree, and
    /// no event tells: then this node says what it knows, or lets go of what a later connection has elsewhere.
    func reconcile() {
        for seat in self.present where seat.reports == 0 && !seat.session.isExpected {
            guard let membership = self.room.membership(seat.id), let participant = self.room.participant(seat.id)
            else { continue }
            let isHere = membership.node == self.gateway.node
            if seat.session.connection == nil {
                // Whether those of this node are away is known to the list of sessions without a connection.
                if !isHere { self.gateway.letGo(seat) }
            } else if !isHere, membership.attempt > seat.session.attempt {
                self.gateway.letGo(seat)
            } else if !isHere || participant.isInterrupted {
                self.gateway.attach(seat, since: membership.epoch)
            }
        }
    }

    // MARK: Hints

    /// Says it to the other nodes that hold the room, if there can be any.
    func publish(_ hint: @autoclosure () -> RoomHint) {
        guard !self.peopleElsewhere.isEmpty else { return }
        self.gateway.engine.publishEphemeral(hint().encoded(author: self.gateway.node), to: LogID(room: self.id))
    }

    /// A pulse to somebody who is at home on another node.
    func publish(_ pulse: PulseFrame, to recipient: ParticipantID, from sender: Seat) {
        let bytes = [UInt8](unsafeUninitializedCapacity: pulse.byteCount) { buffer, count in
            pulse.write(to: UnsafeMutableRawBufferPointer(buffer))
            count = pulse.byteCount
        }
        self.publish(.pulse(from: sender.id, to: recipient, ByteBuffer(bytes: bytes)))
    }

    func hear(ephemeral bytes: ByteBuffer) {
        guard let (author, hint) = RoomHint.decode(bytes), author != self.gateway.node else { return }
        switch hint {
        case .delivered(let recipient, let numbers):
            self.gateway.heard(delivered: numbers, to: recipient)
        case .restarter(let recipient, let peer, let restarter):
            guard let seat = self.seats[recipient] else { return }
            self.gateway.heard(restarter: restarter, of: peer, to: seat)
        case .turn(let sequence): self.heardTurn(of: author, after: sequence)
        case .chat:
            // What the chat's own hints say is told by itself; one that is not held yet is read now.
            if !self.present.isEmpty { _ = self.openChat }
        case .pulse(let sender, let recipient, let text):
            if recipient == nil { self.hear(sender, pulse: text.readableBytesView) }
            let frame = WebSocketConnection.frame(text: text.readableBytesView)
            let isCounted = recipient == nil && self.room.participant(sender)?.isListed == false
            guard !isCounted || self.audienceMayPulse() else { return }
            for seat in self.present where (recipient ?? seat.id) == seat.id && !(isCounted && seat.isCounted) {
                guard let connection = seat.session.connection, connection.isWritable else { continue }
                connection.sendFrame(frame)
                self.gateway.counters.pulsesRelayed += 1
            }
        }
    }

    func hear(mailFor recipients: [ParticipantID]) {
        for recipient in recipients {
            if let seat = self.seats[recipient] { self.gateway.fetchMail(of: seat) }
        }
    }

    // MARK: Checks

    /// Hints get lost: what other nodes have written is asked for now and then.
    func checkMail() {
        guard !self.peopleElsewhere.isEmpty else { return }
        for seat in self.present { self.gateway.fetchMail(of: seat) }
    }

    /// As `whenCurrent`, and what the room does not show is not there: an engine that has forgotten something was told
    /// it again, as far as anybody knows it.
    func whenSettled(_ then: @escaping (_ isCurrent: Bool) -> Void) {
        self.whenCurrent { isCurrent in
            guard isCurrent, !self.gateway.isEngineSettled else { return then(isCurrent) }
            self.gateway.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(250)) { self.whenSettled(then) }
        }
    }

    /// The replica is at least as new as the log is now, or the engine cannot be reached.
    func whenCurrent(_ then: @escaping (_ isCurrent: Bool) -> Void) {
        let gateway = self.gateway
        gateway.engine.heads([LogID(room: self.id)], on: gateway.eventLoop).assumeIsolated().whenComplete { result in
            guard case .success(let tops) = result, let top = tops.first else { return then(false) }
            self.wait(until: top, then)
            self.heard(top: top)
        }
    }
}
