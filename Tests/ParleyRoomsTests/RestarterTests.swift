import ParleyProtocol
import ParleyRooms
import Testing

/// Who restarts ICE. Every pair of devices there can be: two ends, each with and without each ability.
@Suite struct RestarterTests {
    private static let devices = [false, true].flatMap { rollback in
        [false, true].map { restart in Abilities(rollback: rollback, restart: restart) }
    }

    private static let pairs = Self.devices.flatMap { elder in
        Self.devices.map { newcomer in (elder: elder, newcomer: newcomer) }
    }

    @Test func `the impolite end if it can, else the other, else nobody`() {
        var named: [PairNegotiation.Side?: Int] = [:]
        for (elder, newcomer) in Self.pairs {
            let isElderPolite = PairNegotiation.isPolite(
                joined: 1,
                rollback: elder.rollback,
                peerJoined: 2,
                peerRollback: newcomer.rollback
            )
            let (impolite, polite) = isElderPolite ? (newcomer, elder) : (elder, newcomer)
            let restarter = PairNegotiation.restarter(elder: elder, newcomer: newcomer)
            let isPoliteNamed = restarter.map { ($0 == .elder) == isElderPolite }
            #expect(isPoliteNamed == (impolite.restart ? false : polite.restart ? true : nil))
            named[restarter, default: 0] += 1
        }
        #expect(named == [.elder: 7, .newcomer: 5, nil: 4])
    }

    @Test func `whoever is named can`() {
        for (elder, newcomer) in Self.pairs {
            switch PairNegotiation.restarter(elder: elder, newcomer: newcomer) {
            case .elder: #expect(elder.restart)
            case .newcomer: #expect(newcomer.restart)
            case nil: #expect(!elder.restart && !newcomer.restart)
            }
        }
    }

    /// The two ends come back in any order, each several times, and each time both are told.
    @Test func `whatever the order of returns, both ends hear one name`() {
        for (elder, newcomer) in Self.pairs {
            var heard: Set<PairNegotiation.Side?> = []
            for order in 0..<16 {
                for step in 0..<4 {
                    // Whoever returns asks from its own side, as the server does for it.
                    let isElder = order & (1 << step) != 0
                    let (mine, peer) = isElder ? (elder, newcomer) : (newcomer, elder)
                    let side = PairNegotiation.Side(joined: isElder ? 1 : 2, peerJoined: isElder ? 2 : 1)
                    heard.insert(PairNegotiation.restarter(of: mine, on: side, peer: peer))
                }
            }
            #expect(heard.count == 1)
        }
    }

    @Test func `there is something to restart from the first offer to the hangup`() {
        var pair = PairNegotiation(elderHasRollback: true, newcomerHasRollback: true)
        #expect(!pair.isOpen)
        #expect(pair.offer(from: .newcomer, negotiation: 1) == nil)
        #expect(pair.isOpen)
        #expect(pair.answer(from: .elder, negotiation: 1) == nil)
        #expect(pair.isOpen)
        pair.hangup()
        #expect(!pair.isOpen)
        #expect(pair.offer(from: .newcomer, negotiation: 1) == .staleOffer)
        #expect(!pair.isOpen)
        #expect(pair.offer(from: .elder, negotiation: 1) == nil)
        #expect(pair.isOpen)
    }
}
