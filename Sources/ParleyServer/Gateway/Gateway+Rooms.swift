import NIOCore
import ParleyProtocol
import ParleyRooms

/// What an operator may ask about rooms.
enum RoomRequest: Sendable {
    case create(RoomOrder)
    case report(RoomReference)
    case end(RoomReference)
}

enum RoomAnswer: Sendable {
    /// - Parameter invitation: the secret by which the first host comes in; `nil` if the room has an owner.
    case created(RoomID, RoomAlias?, invitation: String?)
    case report(JSONValue)
    case ended
    /// The word means a room already.
    case taken
    case refused(RejectionCode)
}

/// Rooms that are made, looked at and ended without being in them.
extension Gateway {
    func answer(_ request: RoomRequest, by asker: Operator) -> EventLoopFuture<RoomAnswer> {
        let promise = self.eventLoop.makePromise(of: RoomAnswer.self)
        switch request {
        case .create(let order): self.create(order, by: asker) { promise.succeed($0) }
        case .report(let reference): self.report(reference) { promise.succeed($0) }
        case .end(let reference): self.end(reference, by: asker) { promise.succeed($0) }
        }
        return promise.futureResult
    }

    private func create(_ order: RoomOrder, by asker: Operator, _ answer: @escaping (RoomAnswer) -> Void) {
        self.directory.find(order.alias.map { .alias($0) } ?? .new) { [unowned self] result in
            switch result {
            case .success(let host): self.create(order, host, by: asker, answer)
            case .failure(let code): answer(.refused(code))
            }
        }
    }

    private func create(
        _ order: RoomOrder,
        _ host: RoomHost,
        by asker: Operator,
        _ answer: @escaping (RoomAnswer) -> Void
    ) {
        let secret = order.owner == nil ? InvitationSecret(using: &self.random) : nil
        var create = RoomCommand.Create(
            settings: self.settled(order.settings, in: host.id),
            devices: order.devices ?? self.configuration.devices,
            owner: order.owner,
            invitation: secret.map { Digest.of($0.text, in: host.id) }
        )
        create.kind = order.kind
        host.submit(RoomCommand(operators: create, by: asker.name, at: self.now), seat: nil) { outcome in
            switch outcome {
            case .accepted, .duplicate: answer(.created(host.id, order.alias, invitation: secret?.text))
            case .rejected(.noChange): answer(.taken)
            case .rejected(let code):
                answer(.refused(code))
                // Behind this outcome: until then the host has something to do.
                self.eventLoop.assumeIsolated().execute { host.endIfUnused() }
            }
        }
    }

    private func report(_ reference: RoomReference, _ answer: @escaping (RoomAnswer) -> Void) {
        self.current(reference, answer) { host in
            let room = host.room
            var report = JSONObject()
            report.append("id", .string(room.id.description))
            report.append("room", room.state(for: .waiting)["room"] ?? [:])
            report.append("people", .integer(Int64(room.count)))
            report.append("waiting", .integer(Int64(room.door.waiting.count)))
            answer(.report(.object(report)))
        }
    }

    private func end(_ reference: RoomReference, by asker: Operator, _ answer: @escaping (RoomAnswer) -> Void) {
        self.current(reference, answer) { host in
            let command = RoomCommand(operators: .lifecycle(.end), by: asker.name, at: self.now)
            host.submit(command, seat: nil) { outcome in
                switch outcome {
                case .accepted, .duplicate: answer(.ended)
                case .rejected(.roomEnded): answer(.refused(.unknownRoom))
                case .rejected(let code): answer(.refused(code))
                }
            }
        }
    }

    /// A room that is there, as the log has it now. What is due in it is done before anybody is answered.
    private func current(
        _ reference: RoomReference,
        _ answer: @escaping (RoomAnswer) -> Void,
        _ then: @escaping (RoomHost) -> Void
    ) {
        self.directory.look(for: reference) { result in
            switch result {
            case .failure(let code): answer(.refused(code))
            case .success(let host):
                host.whenCurrent { isCurrent in
                    guard isCurrent else { return answer(.refused(host.isOver ? .unknownRoom : .engineUnavailable)) }
                    self.settleDeadlines(of: host) {
                        host.room.lifecycle.hasBegun ? then(host) : answer(.refused(.unknownRoom))
                    }
                }
            }
        }
    }

    /// Nobody may have held the room when something was due.
    private func settleDeadlines(of host: RoomHost, _ then: @escaping () -> Void) {
        guard let next = host.room.nextDeadline, next <= self.now else { return then() }
        host.submit(RoomCommand(deadlineAt: self.now), seat: nil) { _ in then() }
    }
}

extension Room.Lifecycle {
    fileprivate var hasBegun: Bool {
        switch self {
        case .absent, .ended: false
        case .scheduled, .open, .locked: true
        }
    }
}
