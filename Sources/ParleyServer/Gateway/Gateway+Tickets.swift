import Logging
import NIOCore
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
}

/// A browser shows a token where others read it, or not at all: so it fetches a ticket with it, and shows that.
///
/// A ticket is good on the node that has made it.
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
            promise.succeed(result.answer { self.makeTicket($0, for: request) })
        }
        return promise.futureResult
    }

    private func makeTicket(_ proven: Authorization, for request: TicketRequest) -> TicketAnswer {
        var authorization = proven
        if let room = request.room {
            guard let reference = try? RoomReference(room, limits: self.limits),
                authorization.grant.narrow(to: reference)
            else { return .roomNotNamed }
        }
        let holder = authorization.identity.map { TicketBook.Holder.identity($0) } ?? .token(.of(token: request.token))
        let random = (0..<TicketBook.randomBytes).map { _ in UInt8.random(in: .min ... .max, using: &self.random) }
        do throws(TicketBook.Refusal) {
            let now = self.now
            let issued = try self.processWide.tickets { book throws(TicketBook.Refusal) in
                try book.issue(authorization, to: holder, random: random, at: now)
            }
            self.counters.ticketsMade += 1
            return .made(issued)
        } catch {
            return .tooMany(error)
        }
    }

    /// All are looked for in both places, so that the time says nothing.
    func redeem(_ text: String) -> Authorization? {
        let now = self.now
        let once = self.processWide.tickets { $0.redeem(text, at: now) }
        let digest = ParleyProtocol.Digest.of(ticket: text)
        let standing = self.configuration.standingTickets.reduce(nil as StandingTicket?) { found, ticket in
            ticket.digest == digest ? ticket : found
        }
        if let authorization = once ?? standing?.authorization(self.limits) { return authorization }
        self.counters.tokensRefused += 1
        self.logger.notice("A ticket was refused.", metadata: ["reason": "It was used, is over, or never was."])
        return nil
    }
}

extension Result<Authorization, CredentialRefusal> {
    fileprivate func answer(_ then: (Authorization) -> TicketAnswer) -> TicketAnswer {
        switch self {
        case .success(let authorization): then(authorization)
        case .failure(let refusal): .refused(refusal.code, retryAfterMilliseconds: refusal.retryAfterMilliseconds)
        }
    }
}
