import Logging
import NIOCore
import ParleyEngine
package import ParleyProtocol
package import ParleyTransport

/// Somebody with a token wants a ticket for the address of a WebSocket.
package struct TicketRequest: Sendable {
    package var token: String
    /// The only room that it is to be good for; `nil`: all that the token names.
    package var room: String?
    /// As limits by address count it.
    package var address: ClientAddress?

    package init(token: String, room: String? = nil, address: ClientAddress? = nil) {
        self.token = token
        self.room = room
        self.address = address
    }
}

package enum TicketAnswer: Hashable, Sendable {
    case made(TicketBook.Issued)
    /// The token is not good, as `hello` would say.
    case refused(RejectionCode, retryAfterMilliseconds: UInt64?)
    /// The token does not name that room.
    case roomNotNamed
    case tooMany(TicketBook.Refusal)
    /// Too many bad tokens came from there.
    case wait(milliseconds: UInt64)
    /// Nobody needs a token here.
    case needless
    /// It could not be kept.
    case unavailable
}

/// A browser shows a token where others read it, or not at all: so it fetches a ticket with it, and shows that.
///
/// What it stands for is in the engine (`ConnectTicket`), so it is good on every node, and once on all of them.
extension Gateway {
    func answer(_ request: TicketRequest) -> EventLoopFuture<TicketAnswer> {
        guard self.wantsTokens else { return self.eventLoop.makeSucceededFuture(.needless) }
        if let wait = self.mayTry(.credential, from: request.address) {
            return self.eventLoop.makeSucceededFuture(.wait(milliseconds: wait))
        }
        let promise = self.eventLoop.makePromise(of: TicketAnswer.self)
        let origin = CredentialOrigin(room: request.room, address: request.address)
        self.judge(request.token, origin) { [unowned self] result in
            if case .failure(let refusal) = result, refusal.code == .invalidToken {
                self.noteFailure(.credential, from: request.address)
            }
            switch result {
            case .success(let authorization): promise.completeWith(self.makeTicket(authorization, for: request))
            case .failure(let refusal):
                promise.succeed(.refused(refusal.code, retryAfterMilliseconds: refusal.retryAfterMilliseconds))
            }
        }
        return promise.futureResult
    }

    private func makeTicket(_ proven: Authorization, for request: TicketRequest) -> EventLoopFuture<TicketAnswer> {
        func answer(_ answer: TicketAnswer) -> EventLoopFuture<TicketAnswer> {
            self.eventLoop.makeSucceededFuture(answer)
        }
        var authorization = proven
        if let room = request.room {
            guard let reference = try? RoomReference(room, limits: self.limits),
                authorization.grant.narrow(to: reference)
            else { return answer(.roomNotNamed) }
        }
        let holder = authorization.identity.map { TicketBook.Holder.identity($0) } ?? .token(.of(token: request.token))
        let random = (0..<TicketBook.randomBytes).map { _ in UInt8.random(in: .min ... .max, using: &self.random) }
        do throws(TicketBook.Refusal) {
            let now = self.now
            let issued = try self.processWide.tickets { book throws(TicketBook.Refusal) in
                try book.issue(to: holder, random: random, at: now)
            }
            return self.keep(ConnectTicket(authorization, expiresAt: issued.expiresAt), issued)
        } catch {
            return answer(.tooMany(error))
        }
    }

    /// From then on it is good, wherever its holder comes with it.
    private func keep(_ ticket: ConnectTicket, _ issued: TicketBook.Issued) -> EventLoopFuture<TicketAnswer> {
        self.append(ticket.payload, after: .start, to: ConnectTicket.log(of: issued.text), uid: self.makeEntryUID())
            .assumeIsolated().map { [unowned self] result -> TicketAnswer in
                guard result == .appended else { return .unavailable }
                self.counters.ticketsMade += 1
                return .made(issued)
            }.nonisolated().recover { _ in .unavailable }
    }

    private func append(
        _ payload: ByteBuffer,
        after: Position,
        to log: LogID,
        uid: UInt64
    ) -> EventLoopFuture<AppendResult> {
        self.engine.append(
            LogEntry(after: after, uid: uid, author: self.node, payload: payload),
            to: log,
            retention: .milliseconds(Int64(self.limits.connectTicketMilliseconds)),
            in: self.engine.incarnation,
            on: self.eventLoop
        )
    }

    /// What a ticket stands for, which from then on it does not any more. `nil`: it is not good.
    ///
    /// Each is looked for in both places, so that the time says nothing of those that are not good.
    func redeem(_ text: String, _ then: @escaping (Result<Authorization?, CredentialRefusal>) -> Void) {
        let digest = ParleyProtocol.Digest.of(ticket: text)
        let standing = self.configuration.standingTickets.reduce(nil as StandingTicket?) { found, ticket in
            ticket.digest == digest ? ticket : found
        }
        self.redeem(ConnectTicket.log(of: text), uid: self.makeEntryUID(), isAgain: false) { [unowned self] result in
            switch result {
            case .success(let ticket?): then(.success(ticket.authorization))
            case .success(nil), .failure:
                // It needs no engine.
                if let standing { return then(.success(standing.authorization(self.limits))) }
                then(result.map { _ in nil })
            }
        }
    }

    /// - Parameter isAgain: whether this use may have been appended already.
    private func redeem(
        _ log: LogID,
        uid: UInt64,
        isAgain: Bool,
        _ then: @escaping (Result<ConnectTicket?, CredentialRefusal>) -> Void
    ) {
        self.engine.read(log, after: nil, on: self.eventLoop).assumeIsolated().whenComplete { [unowned self] result in
            guard case .success(let read) = result else { return then(.failure(.noEngine)) }
            switch ConnectTicket.find(in: read, at: self.now, limits: self.limits) {
            case .notGood: then(.success(nil))
            case .used(let ticket, let user): then(.success(isAgain && user == uid ? ticket : nil))
            case .unused(let ticket, let position):
                self.append(ByteBuffer(), after: position, to: log, uid: uid).assumeIsolated().whenComplete { result in
                    switch result {
                    case .success(.appended): then(.success(ticket))
                    // Somebody else was faster.
                    case .success(.conflict): then(.success(nil))
                    case .failure(EngineError.ambiguous) where !isAgain:
                        self.redeem(log, uid: uid, isAgain: true, then)
                    case .success(.engineChanged), .failure: then(.failure(.noEngine))
                    }
                }
            }
        }
    }
}

extension CredentialRefusal {
    /// Whoever has shown it may be right; nobody can say so now.
    fileprivate static var noEngine: CredentialRefusal {
        var refusal = CredentialRefusal(.authorizationUnavailable)
        refusal.retryAfterMilliseconds = 1_000
        return refusal
    }
}
