import DequeModule
package import ParleyProtocol

/// Tickets for the address of a WebSocket, as the process that makes them counts them: so many of one person, and so
/// many in all. What they are good for is in the engine, see `Gateway+Tickets.swift`.
package struct TicketBook: Sendable {
    /// Whose tickets are counted together: those of one person, or of one token that names nobody.
    package enum Holder: Hashable, Sendable {
        case identity(IdentityID)
        case token(ParleyProtocol.Digest)
    }

    /// Why there is none now, and for how long.
    package struct Refusal: Error, Hashable, Sendable {
        package enum Reason: Hashable, Sendable {
            case tooManyOfOne
            case tooManyInAll
        }

        package let reason: Reason
        package let retryAfterMilliseconds: Int

        package init(reason: Reason, retryAfterMilliseconds: Int) {
            self.reason = reason
            self.retryAfterMilliseconds = retryAfterMilliseconds
        }
    }

    package struct Issued: Hashable, Sendable {
        /// What the client shows.
        package let text: String
        package let expiresAt: Instant
    }

    private let limits: Limits
    /// All that are not over, used ones too, in their order.
    private var made: Deque<(holder: Holder, expiresAt: Instant)> = []
    /// When those of one holder are over, in their order.
    private var ofHolder: [Holder: [Instant]] = [:]

    package init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// How many are not known to be over.
    package var count: Int { self.made.count }

    /// - Parameter random: ``randomBytes`` that nobody can guess.
    package mutating func issue(
        to holder: Holder,
        random: [UInt8],
        at now: Instant
    ) throws(Refusal) -> Issued {
        assert(random.count >= Self.randomBytes, "what can be guessed is no secret")
        self.forget(at: now)
        if self.made.count >= self.limits.connectTicketsMax, let first = self.made.first {
            throw Refusal(.tooManyInAll, until: first.expiresAt, now)
        }
        let theirs = self.ofHolder[holder] ?? []
        if theirs.count >= self.limits.connectTicketsPerTokenMax, let first = theirs.first {
            throw Refusal(.tooManyOfOne, until: first, now)
        }
        let expiresAt = now.advanced(milliseconds: self.limits.connectTicketMilliseconds)
        self.made.append((holder, expiresAt))
        self.ofHolder[holder, default: []].append(expiresAt)
        return Issued(text: Base64URL.text(random), expiresAt: expiresAt)
    }

    private mutating func forget(at now: Instant) {
        while let first = self.made.first, first.expiresAt <= now {
            self.made.removeFirst()
            self.ofHolder[first.holder]?.removeFirst()
            if self.ofHolder[first.holder]?.isEmpty == true { self.ofHolder[first.holder] = nil }
        }
    }

    /// 192 bits: 32 characters.
    package static let randomBytes = 24
}

extension TicketBook.Refusal {
    fileprivate init(_ reason: Reason, until later: Instant, _ now: Instant) {
        self.init(reason: reason, retryAfterMilliseconds: max(1, Int(later.milliseconds - now.milliseconds)))
    }
}
