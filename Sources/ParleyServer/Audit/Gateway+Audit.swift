import Logging
import NIOCore
import ParleyProtocol
import ParleyRooms
import ParleyTransport

/// What goes into the audit log, where there is one.
extension Gateway {
    func record(_ entry: @autoclosure () -> AuditEntry) {
        guard let audit = self.audit else { return }
        let isTaken = audit.record(entry())
        if isTaken { self.counters.auditEntries += 1 } else { self.counters.auditMissing += 1 }
    }

    /// An entry that this node has appended.
    func record(_ delivery: RoomDelivery, from before: Room, of host: RoomHost) {
        guard delivery.entry.author == self.node else { return }
        let audit = RoomAudit(
            from: before,
            to: delivery.room,
            at: self.now,
            sessions: { host.seats[$0].map { self.person($0.session) } }
        )
        for entry in audit.entries(delivery.entry.events, delivery.origins) { self.record(entry) }
    }

    // MARK: The server

    func recordStart() {
        self.record(AuditEntry(.serverStarted, at: self.now, details: ["node": .string(self.node.description)]))
    }

    func recordStop() {
        self.sweepRefusals()
        guard self.isFirstLoop else { return }
        self.record(AuditEntry(.serverStopped, at: self.now, details: ["node": .string(self.node.description)]))
    }

    func recordDrain(_ action: AuditAction, by cause: DrainStateMachine.Cause, named name: String?) {
        let actor: AuditActor =
            switch cause {
            case .request: .operator(named: name)
            case .termination: .system
            }
        self.record(AuditEntry(action, at: self.now, by: actor))
    }

    /// What this node had written down of a room may have been lost by the engine.
    func recordReplacement(of room: RoomID, before: Position) {
        self.record(
            AuditEntry(
                .roomReplaced,
                at: self.now,
                in: room,
                reason: "the engine has another history of this room",
                details: ["sequence": .integer(Int64(clamping: before.sequence))]
            )
        )
    }

    // MARK: Access

    func recordEnd(of session: GatewaySession, _ code: CloseCode) {
        self.record(
            AuditEntry(
                .sessionEnded,
                at: self.now,
                target: self.person(session),
                reason: code.reason,
                details: ["code": .integer(Int64(code.rawValue))]
            )
        )
    }

    /// Somebody whose session is here, as an operator may want to know them.
    func person(_ session: GatewaySession) -> AuditPerson {
        var person = AuditPerson(identity: session.identity)
        let authorization = session.authorization?.authorization
        person.token = authorization?.name(\.id, self.limits)
        person.issuer = authorization?.name(\.issuer, self.limits)
        return person
    }

    /// Strangers may try as often as they like: a few are written down, the others are counted.
    ///
    /// - Parameter address: from where, if that is known.
    func recordRefusal(_ reason: String, from address: ClientAddress?) {
        guard self.audit != nil else { return }
        guard case .allowed = self.auditRefusals.take(now: self.eventLoop.now.uptimeNanoseconds) else {
            self.refusalsUnwritten += 1
            return
        }
        let stranger = AuditPerson(address: address.map { self.configuration.addressNames.name(of: $0) })
        self.record(AuditEntry(.authenticationRefused, at: self.now, by: .person(stranger), reason: reason))
    }

    /// Once a second.
    func sweepRefusals() {
        guard self.refusalsUnwritten > 0 else { return }
        let count = JSONValue.integer(Int64(self.refusalsUnwritten))
        self.refusalsUnwritten = 0
        self.record(AuditEntry(.authenticationsRefused, at: self.now, details: ["count": count]))
    }
}

extension Gateway {
    /// For logs.
    func addressName(_ address: ClientAddress?) -> Logger.MetadataValue {
        .string(self.configuration.addressNames.name(of: address))
    }
}

extension Authorization {
    fileprivate func name(_ path: KeyPath<Authorization, String?>, _ limits: Limits) -> String? {
        self[keyPath: path]?.cut(toBytes: limits.auditTextBytesMax)
    }
}
