import Logging
import NIOCore
package import ParleyProtocol
import ParleyRooms

/// What an operator may ask about revocations.
package enum RevocationRequest: Sendable {
    /// - Parameter until: `nil`: as long as is usual.
    case revoke(Revocation.Subject, until: Instant?, reason: String?)
    case lift(String)
    case list(after: String?, limit: Int)
}

package enum RevocationAnswer: Hashable, Sendable {
    /// - Parameter sessions: how many have ended here by it.
    case revoked(Revocation, sessions: Int)
    case lifted
    case list([Revocation], count: Int)
    /// It would be over before it begins, or lasts beyond all time.
    case invalidEnd
    case unknown
    case tooMany
    case unavailable
    /// Nobody needs a token here.
    case needless
}

/// Who was let in and shall not be any more: by token, by person, by session.
///
/// ```
/// POST /v1/revocations ---> the log of revocations ---> every node: its sessions end (4512), `left` once
///                                   |
///                                   +---> a node that starts reads it before it lets anybody in
/// ```
extension Gateway {
    func answer(_ request: RevocationRequest, by asker: Operator) -> EventLoopFuture<RevocationAnswer> {
        guard let host = self.revocations else { return self.eventLoop.makeSucceededFuture(.needless) }
        switch request {
        case .list(let after, let limit):
            let page = host.book.page(after: after.map { RevocationMark(text: $0) }, limit: limit)
            return self.eventLoop.makeSucceededFuture(.list(page, count: host.book.count))
        case .lift(let text):
            let promise = self.eventLoop.makePromise(of: RevocationAnswer.self)
            host.ask(.lift(RevocationMark(text: text))) { [unowned self] answer in
                if answer == .done { self.recordLift(of: text, by: asker) }
                promise.succeed(RevocationAnswer(answer) ?? .lifted)
            }
            return promise.futureResult
        case .revoke(let subject, let until, let reason):
            let now = self.now
            let until = until ?? now.advanced(milliseconds: self.limits.revocationMilliseconds)
            guard until > now, until.milliseconds <= self.limits.instantMillisecondsMax else {
                return self.eventLoop.makeSucceededFuture(.invalidEnd)
            }
            let revocation = Revocation(subject, since: now, until: until, reason: reason)
            let promise = self.eventLoop.makePromise(of: RevocationAnswer.self)
            // Of those that are here now; they end when the log has it.
            let here = self.sessions.values.count { !$0.life.isOver && $0.marks.contains(revocation.mark) }
            host.ask(.revoke(revocation)) { [unowned self] answer in
                if answer == .done { self.record(revocation, by: asker) }
                promise.succeed(RevocationAnswer(answer) ?? .revoked(revocation, sessions: here))
            }
            return promise.futureResult
        }
    }

    /// Call it before anybody is let in. Where nobody needs a token there is nothing to revoke.
    func startRevocations() {
        guard self.wantsTokens else { return }
        let host = RevocationHost(
            self,
            makeEntryUID: { [unowned self] in self.makeEntryUID() },
            onRevoked: { [unowned self] in self.end(revoked: $0) }
        )
        self.revocations = host
        host.start()
    }

    /// Whether it is known who was sent away.
    var knowsRevocations: Bool { self.revocations?.isLoaded ?? true }

    func isRevoked(_ authorization: Authorization) -> Bool {
        let identity = authorization.identity.map { [RevocationMark(.identity($0))] } ?? []
        return self.revocations?.book.revokes(authorization.marks + identity) ?? false
    }

    /// - Parameter identity: whose the session is, if the token does not say.
    func isRevoked(_ authorization: Authorization?, _ identity: IdentityID) -> Bool {
        self.isRevoked(authorization?.identity ?? identity) || authorization.map { self.isRevoked($0) } ?? false
    }

    func isRevoked(_ session: SessionID) -> Bool {
        self.revocations?.book.revokes([RevocationMark(.session(session))]) ?? false
    }

    func isRevoked(_ identity: IdentityID) -> Bool {
        self.revocations?.book.revokes([RevocationMark(.identity(identity))]) ?? false
    }

    /// By ascending id, so that nothing depends on the order of a dictionary.
    private func end(revoked marks: [RevocationMark]) {
        let marks = Set(marks)
        let ended = self.sessions.values.filter { !$0.life.isOver && !marks.isDisjoint(with: $0.marks) }
        for session in ended.sorted(by: { $0.id < $1.id }) {
            self.counters.sessionsRevoked += 1
            self.logger.notice("A session was revoked.", metadata: ["session": "\(session.id)"])
            session.reject(Rejection(.tokenRevoked, of: "hello"), counters: &self.counters)
            if let holder = session.holder {
                holder.endAuthorization(.revoked)
            } else {
                self.end(session, .unauthorized)
            }
        }
    }
}

// MARK: - The audit

extension Gateway {
    private func record(_ revocation: Revocation, by asker: Operator) {
        var target = AuditPerson()
        switch revocation.subject {
        case .token(let id, let issuer): (target.token, target.issuer) = (id, issuer)
        case .person(_, let issuer): target.issuer = issuer
        case .identity(let id): target.identity = id
        case .session: break
        }
        self.record(
            AuditEntry(
                .revoked,
                at: self.now,
                by: .operator(named: asker.name),
                target: target,
                reason: revocation.reason,
                details: [
                    "id": .string(revocation.mark.description),
                    "expiresAt": .integer(revocation.until.milliseconds),
                ]
            )
        )
    }

    private func recordLift(of id: String, by asker: Operator) {
        let actor = AuditActor.operator(named: asker.name)
        self.record(AuditEntry(.revocationLifted, at: self.now, by: actor, details: ["id": .string(id)]))
    }
}

extension GatewaySession {
    /// By what a revocation finds it.
    fileprivate var marks: [RevocationMark] {
        [RevocationMark(.session(self.id)), RevocationMark(.identity(self.identity))]
            + (self.authorization?.authorization.marks ?? [])
    }
}

extension RevocationAnswer {
    /// `nil`: it is done.
    fileprivate init?(_ answer: RevocationLog.Answer) {
        switch answer {
        case .done: return nil
        case .unknown: self = .unknown
        case .tooMany: self = .tooMany
        case .unavailable: self = .unavailable
        }
    }
}
