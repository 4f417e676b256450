import DequeModule
package import ParleyProtocol

/// Tickets for the address of a WebSocket: each is good once, for a moment, in place of the token that it was made for.
///
/// What is kept is their digests, so whoever reads this memory has no ticket. A used one is forgotten at once: used,
/// over and made up are one case, which one look in a dictionary answers.
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

    private struct Made: Sendable {
        let digest: ParleyProtocol.Digest
        let holder: Holder
        let expiresAt: Instant
    }

    private let limits: Limits
    private var unused: [ParleyProtocol.Digest: (authorization: Authorization, expiresAt: Instant)] = [:]
    /// All that are not over, used ones too, in their order.
    private var made: Deque<Made> = []
    /// When those of one holder are over, in their order.
    private var ofHolder: [Holder: [Instant]] = [:]

    package init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// How many are not used and not known to be over.
    package var count: Int { self.unused.count }

    /// - Parameter random: ``randomBytes`` that nobody can guess.
    package mutating func issue(
        _ authorization: Authorization,
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
        let text = Base64URL.text(random)
        let expiresAt = now.advanced(milliseconds: self.limits.connectTicketMilliseconds)
        let digest = ParleyProtocol.Digest.of(ticket: text)
        self.unused[digest] = (authorization, expiresAt)
        self.made.append(Made(digest: digest, holder: holder, expiresAt: expiresAt))
        self.ofHolder[holder, default: []].append(expiresAt)
        return Issued(text: text, expiresAt: expiresAt)
    }

    /// - Returns: `nil` for one that was used, is over, or never was.
    package mutating func redeem(_ text: String, at now: Instant) -> Authorization? {
        guard let entry = self.unused.removeValue(forKey: .of(ticket: text)), now < entry.expiresAt else { return nil }
        return entry.authorization
    }

    private mutating func forget(at now: Instant) {
        while let first = self.made.first, first.expiresAt <= now {
            self.made.removeFirst()
            self.unused[first.digest] = nil
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
