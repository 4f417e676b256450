package import ParleyProtocol

/// Who shall not be here any more, as the log of revocations says.
package struct RevocationBook: Hashable, Sendable {
    private var live: [RevocationMark: Revocation] = [:]

    package init(_ revocations: [Revocation] = []) {
        for revocation in revocations { self.live[revocation.mark] = revocation }
    }

    package var count: Int { self.live.count }

    package func contains(_ mark: RevocationMark) -> Bool { self.live[mark] != nil }

    /// Whether one of them was revoked.
    package func revokes(_ marks: some Sequence<RevocationMark>) -> Bool {
        !self.live.isEmpty && marks.contains { self.live[$0] != nil }
    }

    /// A later word about the same counts.
    package mutating func apply(_ change: RevocationChange) {
        switch change {
        case .revoke(let revocation): self.live[revocation.mark] = revocation
        case .lift(let mark): self.live[mark] = nil
        }
    }

    package mutating func expire(at now: Instant) {
        guard !self.live.isEmpty else { return }
        self.live = self.live.filter { $0.value.until > now }
    }

    /// By ascending mark.
    package var all: [Revocation] { self.live.values.sorted { $0.mark < $1.mark } }

    package func page(after mark: RevocationMark?, limit: Int) -> [Revocation] {
        Array(self.all.drop { revocation in mark.map { revocation.mark <= $0 } ?? false }.prefix(limit))
    }
}
