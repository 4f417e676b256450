import ParleyProtocol
import ParleyRooms
import Testing

/// Two clients with the rule of perfect negotiation, the server between them, and every order in
/// which their offers can cross.
private struct Glare: Hashable {
    enum Description: Hashable {
        case offer(UInt64)
        case answer(UInt64)
    }

    struct Client: Hashable {
        var isPolite: Bool
        /// How many more times something about this side changes that needs an offer.
        var wishes: Int
        var needsOffer = false
        var lastOffer: UInt64 = 0
        var standing: UInt64?
    }

    var pair: PairNegotiation
    var clients: [PairNegotiation.Side: Client]
    var toServer: [PairNegotiation.Side: [Description]] = [.elder: [], .newcomer: []]
    var toClient: [PairNegotiation.Side: [Description]] = [.elder: [], .newcomer: []]
    var refusals: [RejectionCode] = []

    init(elderHasRollback: Bool, newcomerHasRollback: Bool, wishes: Int) {
        let polite = PairNegotiation.polite(
            elderHasRollback: elderHasRollback,
            newcomerHasRollback: newcomerHasRollback
        )
        self.pair = PairNegotiation(
            elderHasRollback: elderHasRollback,
            newcomerHasRollback: newcomerHasRollback
        )
        self.clients = [
            .elder: Client(isPolite: polite == .elder, wishes: wishes),
            .newcomer: Client(isPolite: polite == .newcomer, wishes: wishes),
        ]
    }

    var isSettled: Bool {
        self.clients.values.allSatisfy { $0.standing == nil && !$0.needsOffer }
            && PairNegotiation.Side.allCases.allSatisfy { self.pair.standingOffer(of: $0) == nil }
    }

    /// Everything that can happen next.
    var successors: [Glare] {
        PairNegotiation.Side.allCases.flatMap { side in
            [self.wish(side), self.serve(side), self.receive(side)].compactMap { $0 }
        }
    }

    private func wish(_ side: PairNegotiation.Side) -> Glare? {
        guard let client = self.clients[side], client.wishes > 0 else { return nil }
        var next = self
        next.clients[side]?.wishes -= 1
        next.clients[side]?.needsOffer = true
        next.offerIfNeeded(side)
        return next
    }

    private func serve(_ side: PairNegotiation.Side) -> Glare? {
        guard let description = self.toServer[side]?.first else { return nil }
        var next = self
        next.toServer[side]?.removeFirst()
        let refusal =
            switch description {
            case .offer(let number): next.pair.offer(from: side, negotiation: number)
            case .answer(let number): next.pair.answer(from: side, negotiation: number)
            }
        if let refusal {
            next.refusals.append(refusal)
        } else {
            next.toClient[side.peer]?.append(description)
        }
        return next
    }

    private func receive(_ side: PairNegotiation.Side) -> Glare? {
        guard let description = self.toClient[side]?.first, let client = self.clients[side] else {
            return nil
        }
        var next = self
        next.toClient[side]?.removeFirst()
        switch description {
        case .offer(let number):
            // The impolite one ignores an offer that meets its own; the polite one takes its own back.
            if client.standing != nil {
                guard client.isPolite else { return next }
                next.clients[side]?.standing = nil
                next.clients[side]?.needsOffer = true
            }
            next.toServer[side]?.append(.answer(number))
        case .answer(let number):
            // `Mesh` checks last: an answer to anything else would be an error in the browser.
            guard client.standing == number else {
                next.refusals.append(.staleAnswer)
                return next
            }
            next.clients[side]?.standing = nil
        }
        next.offerIfNeeded(side)
        return next
    }

    private mutating func offerIfNeeded(_ side: PairNegotiation.Side) {
        guard var client = self.clients[side], client.needsOffer, client.standing == nil else { return }
        client.needsOffer = false
        client.lastOffer += 1
        client.standing = client.lastOffer
        self.clients[side] = client
        self.toServer[side]?.append(.offer(client.lastOffer))
    }
}

@Suite struct GlareTests {
    private func search(_ start: Glare) -> (states: Int, ends: Int, unsettled: Int, refused: Int) {
        var seen: Set<Glare> = [start]
        var stack = [start]
        var (ends, unsettled, refused) = (0, 0, 0)
        while let state = stack.popLast() {
            let successors = state.successors
            if successors.isEmpty {
                ends += 1
                if !state.isSettled { unsettled += 1 }
                if !state.refusals.isEmpty { refused += 1 }
            }
            for next in successors where seen.insert(next).inserted { stack.append(next) }
        }
        return (seen.count, ends, unsettled, refused)
    }

    @Test(arguments: [(true, true), (true, false), (false, true)])
    func `offers that cross always end with both sides agreed`(elder: Bool, newcomer: Bool) {
        let start = Glare(elderHasRollback: elder, newcomerHasRollback: newcomer, wishes: 2)
        let found = self.search(start)
        #expect(found.states == 366)
        #expect(found.unsettled == 0)
        #expect(found.refused == 0)
    }

    @Test func `two that both ignore would stay apart, so the search can fail`() {
        var start = Glare(elderHasRollback: true, newcomerHasRollback: true, wishes: 1)
        start.clients[.newcomer]?.isPolite = false
        #expect(self.search(start).unsettled > 0)
    }
}
