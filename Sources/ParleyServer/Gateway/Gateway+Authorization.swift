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
        _ credential: Credential,
        from address: ClientAddress?,
        _ then: @escaping (Result<Authorization?, RejectionCode>) -> Void
    ) {
        guard self.wantsTokens else { return then(.success(nil)) }
        switch credential.adding(hello.token) {
        case .token(let text): self.judge(text, from: address) { then($0.map { $0 }) }
        case .none:
            let isHeld = self.isHeld(hello)
            if !isHeld { self.recordRefusal("No token was shown.", from: address) }
            then(isHeld ? .success(nil) : .failure(.tokenRequired))
        // The address of a client that comes back may still have the one that it came with.
        case .ticket(let text):
            let authorization = self.redeem(text)
            let isGood = authorization != nil || self.isHeld(hello)
            if !isGood { self.recordRefusal("The ticket is none of those that are good.", from: address) }
            then(isGood ? .success(authorization) : .failure(.invalidToken))
        case .ambiguous:
            self.recordRefusal("It is not clear which token was meant.", from: address)
            then(.failure(.invalidToken))
        }
    }

    /// Whoever has the secret of that session need not show the token again, on the node that has seen it.
    private func isHeld(_ hello: Hello) -> Bool {
        guard let session = hello.resume.flatMap({ self.sessions[$0.session] }), let held = session.authorization,
            !session.life.isOver
        else { return false }
        return held.isGood(at: self.now, limits: self.limits)
    }

    func judge(
        _ text: String,
        from address: ClientAddress? = nil,
        _ then: @escaping (Result<Authorization, RejectionCode>) -> Void
    ) {
        let judge = self.judge
        let now = self.now
        self.eventLoop.makeFutureWithTask { () async -> Result<Authorization, TokenFault> in
            do throws(TokenFault) {
                return .success(try await judge.judge(text, at: now))
            } catch {
                return .failure(error)
            }
        }.assumeIsolated().whenSuccess { [unowned self] result in
            if case .failure(let fault) = result {
                self.counters.tokensRefused += 1
                self.recordRefusal(fault.description, from: address)
                self.logger.notice("A token was refused.", metadata: ["reason": "\(fault)"])
            }
            then(result.mapError(\.rejection))
        }
    }

    // MARK: In a session

    /// A newer token of the same person; what it grants counts for what is asked from now on.
    func authenticate(_ text: String, _ session: GatewaySession) {
        guard self.wantsTokens, session.authorization != nil else {
            return session.reject(Rejection(.noChange, of: "authenticate"), counters: &self.counters)
        }
        self.judge(text, from: session.holder?.clientAddress) { [unowned self] result in
            guard !session.life.isOver else { return }
            switch result {
            case .success(let authorization):
                guard authorization.identity ?? session.identity == session.identity else {
                    return session.reject(Rejection(.invalidToken, of: "authenticate"), counters: &self.counters)
                }
                session.authorization?.renew(authorization)
                let expiresAt = authorization.expiresAt
                session.send(.authenticated(expiresAt: expiresAt), counters: &self.counters)
            case .failure(let code):
                if code == .invalidToken { self.noteFailure(.credential, from: session.holder?.clientAddress) }
                session.reject(Rejection(code, of: "authenticate"), counters: &self.counters)
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

extension GatewaySession {
    /// `nil`: nobody needs one here.
    var grant: Grant? { self.authorization?.authorization.grant }
}
