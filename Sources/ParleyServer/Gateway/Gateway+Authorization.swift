import Logging
import NIOCore
import ParleyProtocol
import ParleyRooms
import ParleyTransport

/// Who may come, who must show a newer token, and who may not stay.
///
/// Judging a token verifies a signature and may have to fetch keys: it is done on the concurrency pool.
/// At most one of each connection is under way, and a connection may show only a few.
extension Gateway {
    /// Where nobody has to show anything everybody may do everything, which is why only this machine may come then.
    var wantsTokens: Bool { self.configuration.isGuarded }

    /// - Parameter then: called with what a token has proven; `nil`: no token is needed, or the session that comes back
    ///   has shown one and still holds it.
    func authorize(
        _ hello: Hello,
        _ holder: GatewayConnection,
        _ then: @escaping (Result<Authorization?, CredentialRefusal>) -> Void
    ) {
        guard self.wantsTokens else { return then(.success(nil)) }
        let address = holder.clientAddress
        func refuse(_ code: RejectionCode, _ why: String) {
            self.recordRefusal(why, from: address)
            then(.failure(CredentialRefusal(code)))
        }
        switch holder.credential.adding(hello.token) {
        case .token(let text):
            let origin = CredentialOrigin(room: hello.join?.room.said, address: address)
            self.judge(text, origin) { [unowned self] result in
                // While nobody can be asked, those who are known here go on.
                if case .failure(let refusal) = result, refusal.code == .authorizationUnavailable, self.isHeld(hello) {
                    return then(.success(nil))
                }
                then(result.map { $0 })
            }
        case .none: self.isHeld(hello) ? then(.success(nil)) : refuse(.tokenRequired, "No token was shown.")
        // The address of a client that comes back may still have the one that it came with.
        case .ticket(let text):
            self.redeem(text) { [unowned self] result in
                let isHeld = self.isHeld(hello)
                switch result {
                case .success(let authorization?):
                    guard self.isRevoked(authorization) else { return then(.success(authorization)) }
                    refuse(.tokenRevoked, "The ticket is of a token that was revoked.")
                case .success(nil):
                    self.counters.tokensRefused += 1
                    let reason = "It was used, is over, or never was."
                    self.logger.notice("A ticket was refused.", metadata: ["reason": "\(reason)"])
                    isHeld ? then(.success(nil)) : refuse(.invalidToken, "The ticket is none of those that are good.")
                case .failure(let refusal): then(isHeld ? .success(nil) : .failure(refusal))
                }
            }
        case .ambiguous: refuse(.invalidToken, "It is not clear which token was meant.")
        }
    }

    /// Whoever has the secret of that session need not show the token again, on the node that has seen it.
    private func isHeld(_ hello: Hello) -> Bool {
        guard let session = hello.resume.flatMap({ self.sessions[$0.session] }), let held = session.authorization,
            !session.life.isOver
        else { return false }
        return held.isGood(at: self.now, limits: self.limits)
    }

    /// Asks whoever knows: the issuers' keys, or the operator's own service.
    ///
    /// - Parameter origin: which room they want at once, and where they are; only a service hears of that.
    func judge(
        _ text: String,
        _ origin: CredentialOrigin,
        _ then: @escaping (Result<Authorization, CredentialRefusal>) -> Void
    ) {
        self.judgement(of: text, origin) { [unowned self] judged in
            let result = judged.flatMap { self.isRevoked($0) ? .failure(TokenFault.revoked) : .success($0) }
            if case .failure(let fault) = result {
                self.counters.tokensRefused += 1
                self.recordRefusal(fault.description, from: origin.address)
                self.logger.notice("A token was refused.", metadata: ["reason": "\(fault)"])
            }
            then(result.mapError { CredentialRefusal($0) })
        }
    }

    private func judgement(
        of text: String,
        _ origin: CredentialOrigin,
        _ then: @escaping (Result<Authorization, TokenFault>) -> Void
    ) {
        if let clerk = self.clerk {
            let address = origin.address.map { self.configuration.addressNames.name(of: $0) }
            return clerk.ask(.init(credential: text, room: origin.room, address: address), then)
        }
        let judge = self.judge
        let now = self.now
        self.eventLoop.makeFutureWithTask { () async -> Result<Authorization, TokenFault> in
            do throws(TokenFault) {
                return .success(try await judge.judge(text, at: now))
            } catch {
                return .failure(error)
            }
        }.assumeIsolated().whenSuccess { then($0) }
    }

    /// Whom that token lets use the operator's routes; `nil`: nobody.
    func `operator`(_ text: String, _ origin: ClientOrigin) -> EventLoopFuture<Operator?> {
        let address = self.configuration.standing(of: origin).address
        guard self.wantsTokens, self.mayTry(.credential, from: address) == nil else {
            return self.eventLoop.makeSucceededFuture(nil)
        }
        let promise = self.eventLoop.makePromise(of: Operator?.self)
        self.judge(text, CredentialOrigin(address: address)) { [unowned self] result in
            switch result {
            case .success(let authorization):
                let name = authorization.subject?.cut(toBytes: self.limits.auditTextBytesMax)
                promise.succeed(authorization.grant.isOperator ? Operator(name: name) : nil)
            case .failure(let refusal):
                if refusal.code == .invalidToken { self.noteFailure(.credential, from: address) }
                promise.succeed(nil)
            }
        }
        return promise.futureResult
    }

    // MARK: In a session

    /// A newer token of the same person; what it grants counts for what is asked from now on.
    func authenticate(_ text: String, _ session: GatewaySession) {
        guard self.wantsTokens, session.authorization != nil else {
            return session.reject(Rejection(.noChange, of: "authenticate"), counters: &self.counters)
        }
        self.judge(text, CredentialOrigin(address: session.holder?.clientAddress)) { [unowned self] result in
            guard !session.life.isOver else { return }
            switch result {
            case .success(let authorization):
                guard authorization.identity ?? session.identity == session.identity else {
                    return session.reject(Rejection(.invalidToken, of: "authenticate"), counters: &self.counters)
                }
                session.authorization?.renew(authorization)
                let expiresAt = authorization.expiresAt
                session.send(.authenticated(expiresAt: expiresAt), counters: &self.counters)
            case .failure(let refusal):
                if refusal.code == .invalidToken {
                    self.noteFailure(.credential, from: session.holder?.clientAddress)
                }
                session.reject(refusal.rejection(of: "authenticate"), counters: &self.counters)
            }
        }
    }

    /// A few times a second for each connection.
    func sweepAuthorization(_ session: GatewaySession, _ holder: GatewayConnection) {
        switch session.authorization?.tick(self.now, limits: self.limits) {
        case nil, .some(.none): break
        case .tell(let expiresAt): session.send(.tokenExpiring(at: expiresAt), counters: &self.counters)
        case .tellExpired(let within):
            session.send(.tokenExpired(withinMilliseconds: within), counters: &self.counters)
        case .end: holder.endAuthorization(.tokenExpired)
        }
    }

    // MARK: Rooms

    /// Finds the room of a join, as far as its session may know of it. A room that is not there and one that is none of
    /// theirs have the same answer after the same time.
    func find(
        _ join: JoinCommand,
        _ pass: RoomCommand.Pass?,
        _ session: GatewaySession,
        _ then: @escaping (Result<RoomHost, RejectionCode>) -> Void
    ) {
        if join.kind == .line { return self.directory.findLine(of: session.identity, mayMake: true, then) }
        guard self.wantsTokens, pass == nil else {
            return self.directory.find(join.room, mayBegin: pass?.mayBegin ?? false, then)
        }
        guard let grant = session.grant else {
            assertionFailure("nobody is greeted without an authorization")
            return then(.failure(.notPermitted))
        }
        let due = self.eventLoop.now + .milliseconds(Int64(self.limits.unknownRoomMilliseconds))
        let answer: (Result<RoomHost, RejectionCode>) -> Void = { [unowned self] result in
            guard case .failure(.unknownRoom) = result else { return then(result) }
            self.eventLoop.assumeIsolated().scheduleTask(deadline: due) { then(result) }
        }
        switch join.room {
        // Whom they may ring is decided for each person.
        case .new where join.kind == .call: self.directory.find(.new, answer)
        case .new:
            guard grant.mayCreate, grant.coversNewRooms else { return answer(.failure(.notPermitted)) }
            self.directory.find(.new, answer)
        case .alias(let alias):
            guard grant.covers(alias) else { return answer(.failure(.unknownRoom)) }
            grant.mayCreate ? self.directory.find(join.room, answer) : self.directory.look(for: join.room, answer)
        case .id(let id):
            self.directory.find(join.room) { result in
                guard case .success(let host) = result else { return answer(result) }
                // Its alias is known once its log was read.
                host.whenCurrent { _ in
                    // Whoever is rung comes in by that, and by nothing else.
                    if join.call?.ring != nil || host.room.kind == .call { return answer(.success(host)) }
                    guard grant.covers(id, alias: host.room.alias) else {
                        host.endIfUnused()
                        return answer(.failure(.unknownRoom))
                    }
                    answer(.success(host))
                }
            }
        }
    }
}

/// Where somebody is, and wants to be, who shows something.
struct CredentialOrigin {
    var room: String?
    var address: ClientAddress?
}

extension RoomReference {
    /// As a client says it; `nil`: a room that has no name yet.
    fileprivate var said: String? {
        switch self {
        case .id(let id): id.description
        case .alias(let alias): alias.text
        case .new: nil
        }
    }
}

/// What a client hears of a ``TokenFault``.
struct CredentialRefusal: Error {
    let code: RejectionCode
    var retryAfterMilliseconds: UInt64?

    init(_ code: RejectionCode) { self.code = code }

    init(_ fault: TokenFault) {
        self.code = fault.rejection
        self.retryAfterMilliseconds = fault.retryAfterMilliseconds
    }

    func rejection(of type: String) -> Rejection {
        var rejection = Rejection(self.code, of: type)
        rejection.retryAfterMilliseconds = self.retryAfterMilliseconds
        return rejection
    }
}

extension GatewaySession {
    /// `nil`: nobody needs one here.
    var grant: Grant? { self.authorization?.authorization.grant }
}
