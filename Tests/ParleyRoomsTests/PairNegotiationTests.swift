import Foundation
import ParleyProtocol
import ParleyRooms
import Testing

@Suite struct PairNegotiationTests {
    private func pair() -> PairNegotiation {
        PairNegotiation(elderHasRollback: true, newcomerHasRollback: true)
    }

    @Test func `the later one is polite, unless one of them cannot yield`() {
        #expect(PairNegotiation.polite(elderHasRollback: true, newcomerHasRollback: true) == .newcomer)
        #expect(PairNegotiation.polite(elderHasRollback: false, newcomerHasRollback: true) == .newcomer)
        #expect(PairNegotiation.polite(elderHasRollback: true, newcomerHasRollback: false) == .elder)
        #expect(PairNegotiation.polite(elderHasRollback: false, newcomerHasRollback: false) == .newcomer)
        #expect(PairNegotiation.firstOfferer == .newcomer)
    }

    @Test func `both sides compute the same, and exactly one is polite`() {
        for mine in [false, true] {
            for theirs in [false, true] {
                for (joined, peer) in [(1, 2), (2, 1), (3, 9)] as [(UInt64, UInt64)] {
                    let here = PairNegotiation.isPolite(
                        joined: joined,
                        rollback: mine,
                        peerJoined: peer,
                        peerRollback: theirs
                    )
                    let there = PairNegotiation.isPolite(
                        joined: peer,
                        rollback: theirs,
                        peerJoined: joined,
                        peerRollback: mine
                    )
                    #expect(here != there)
                    // Who must yield can yield, if anybody can.
                    #expect((here ? mine : theirs) || !(mine || theirs))
                }
            }
        }
    }

    @Test func `the vectors that every client reads`() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Vectors/politeness.json")
        let vectors = try #require(try JSONParser.parse(Array(try Data(contentsOf: file))).array)
        #expect(!vectors.isEmpty)
        for vector in vectors {
            let mine = try #require(vector["self"]?["joined"]?.integer).magnitude
            let theirs = try #require(vector["other"]?["joined"]?.integer).magnitude
            let isPolite = PairNegotiation.isPolite(
                joined: mine,
                rollback: try #require(vector["self"]?["rollback"]?.bool as Bool?),
                peerJoined: theirs,
                peerRollback: try #require(vector["other"]?["rollback"]?.bool as Bool?)
            )
            #expect(isPolite == vector["polite"]?.bool, "\(vector["name"]?.string ?? "")")
            let offers =
                PairNegotiation.Side(joined: mine, peerJoined: theirs) == PairNegotiation.firstOfferer
            #expect(offers == vector["offers"]?.bool, "\(vector["name"]?.string ?? "")")
        }
    }

    @Test func `an ordinary call`() {
        var pair = self.pair()
        #expect(pair.candidate() == .noNegotiation)
        #expect(pair.answer(from: .elder, negotiation: 1) == .noNegotiation)
        #expect(pair.offer(from: .newcomer, negotiation: 1) == nil)
        #expect(pair.candidate() == nil)
        #expect(pair.answer(from: .elder, negotiation: 1) == nil)
        #expect(pair.answer(from: .elder, negotiation: 1) == .staleAnswer)
        #expect(pair.offer(from: .elder, negotiation: 1) == nil)
        #expect(pair.answer(from: .newcomer, negotiation: 1) == nil)
        pair.hangup()
        #expect(pair.candidate() == .noNegotiation)
        #expect(pair.answer(from: .elder, negotiation: 1) == .noNegotiation)
    }

    @Test func `an answer fits the newest offer only`() {
        var pair = self.pair()
        #expect(pair.offer(from: .newcomer, negotiation: 1) == nil)
        #expect(pair.offer(from: .newcomer, negotiation: 3) == nil)
        #expect(pair.offer(from: .newcomer, negotiation: 3) == .staleOffer)
        #expect(pair.offer(from: .newcomer, negotiation: 2) == .staleOffer)
        #expect(pair.answer(from: .elder, negotiation: 1) == .staleAnswer)
        #expect(pair.answer(from: .newcomer, negotiation: 3) == .staleAnswer)
        #expect(pair.answer(from: .elder, negotiation: 3) == nil)
    }

    @Test func `numbers go on after a hangup, so a late answer fits nothing`() {
        var pair = self.pair()
        #expect(pair.offer(from: .newcomer, negotiation: 1) == nil)
        pair.hangup()
        pair.hangup()
        #expect(pair.offer(from: .newcomer, negotiation: 1) == .staleOffer)
        #expect(pair.candidate() == .noNegotiation)
        #expect(pair.offer(from: .newcomer, negotiation: 2) == nil)
        #expect(pair.answer(from: .elder, negotiation: 1) == .staleAnswer)
        #expect(pair.answer(from: .elder, negotiation: 2) == nil)
    }

    @Test func `who answers has taken the own offer back`() {
        var pair = self.pair()
        #expect(pair.offer(from: .elder, negotiation: 1) == nil)
        #expect(pair.offer(from: .newcomer, negotiation: 1) == nil)
        #expect(pair.standingOffer(of: .elder) == 1)
        #expect(pair.standingOffer(of: .newcomer) == 1)
        #expect(pair.answer(from: .newcomer, negotiation: 1) == nil)
        #expect(pair.answer(from: .elder, negotiation: 1) == .staleAnswer)
        #expect(pair.offer(from: .newcomer, negotiation: 2) == nil)
        #expect(pair.answer(from: .elder, negotiation: 2) == nil)
    }

    @Test func `two devices that cannot yield do not begin`() {
        var pair = PairNegotiation(elderHasRollback: false, newcomerHasRollback: false)
        #expect(pair.offer(from: .newcomer, negotiation: 1) == .noRollback)
        #expect(pair.offer(from: .elder, negotiation: 1) == .noRollback)
        #expect(pair.candidate() == .noNegotiation)
        pair.hangup()
        #expect(pair.answer(from: .elder, negotiation: 1) == .noNegotiation)
    }
}

// MARK: - Every short sequence, against the words of the protocol

/// Judges by reading the whole history again each time, as the document is worded.
private struct History {
    enum Step: Hashable {
        case offer(PairNegotiation.Side, UInt64)
        case answer(PairNegotiation.Side, UInt64)
        case candidate
        case hangup
    }

    var accepted: [Step] = []

    func verdict(_ step: Step) -> RejectionCode? {
        let current = self.accepted.suffix { $0 != .hangup }
        let hasOffer = current.contains { if case .offer = $0 { true } else { false } }
        switch step {
        case .hangup: return nil
        case .candidate: return hasOffer ? nil : .noNegotiation
        case .offer(let side, let number):
            return number > self.newest(of: side, in: self.accepted[...]) ? nil : .staleOffer
        case .answer(let side, let number):
            guard hasOffer else { return .noNegotiation }
            guard let place = current.lastIndex(of: .offer(side.peer, number)),
                number == self.newest(of: side.peer, in: self.accepted[...])
            else { return .staleAnswer }
            // Answered already, or taken back by answering.
            let isOver = current[place...].contains { if case .answer = $0 { true } else { false } }
            return isOver ? .staleAnswer : nil
        }
    }

    func newest(of side: PairNegotiation.Side, in steps: ArraySlice<Step>) -> UInt64 {
        steps.reduce(0) { newest, step in
            if case .offer(side, let number) = step { max(newest, number) } else { newest }
        }
    }
}

extension [History.Step] {
    fileprivate func suffix(while holds: (Element) -> Bool) -> ArraySlice<Element> {
        self[(self.lastIndex { !holds($0) }.map { $0 + 1 } ?? 0)...]
    }
}

@Suite struct PairNegotiationExhaustionTests {
    private struct Exhaustion {
        var sequences = 0
        var accepted = 0
        var faults: [String] = []

        mutating func run(_ pair: PairNegotiation, _ history: History, _ depth: Int) {
            guard depth > 0 else { return }
            var steps: [History.Step] = [.candidate, .hangup]
            for side in PairNegotiation.Side.allCases {
                let own = history.newest(of: side, in: history.accepted[...])
                let other = history.newest(of: side.peer, in: history.accepted[...])
                steps += [.offer(side, own + 1), .offer(side, own), .answer(side, other)]
                if other > 1 { steps.append(.answer(side, other - 1)) }
            }
            for step in steps { self.take(step, pair, history, depth) }
        }

        private mutating func take(
            _ step: History.Step,
            _ before: PairNegotiation,
            _ history: History,
            _ depth: Int
        ) {
            var pair = before
            let verdict: RejectionCode?
            switch step {
            case .offer(let side, let number): verdict = pair.offer(from: side, negotiation: number)
            case .answer(let side, let number): verdict = pair.answer(from: side, negotiation: number)
            case .candidate: verdict = pair.candidate()
            case .hangup:
                pair.hangup()
                verdict = nil
            }
            self.sequences += 1
            if verdict != history.verdict(step) {
                self.faults.append("\(history.accepted) then \(step): \(String(describing: verdict))")
            }
            guard verdict == nil else {
                if pair != before { self.faults.append("\(step) was refused and changed something") }
                return self.run(before, history, depth - 1)
            }
            self.accepted += 1
            if case .answer = step {
                let stands = PairNegotiation.Side.allCases.contains { pair.standingOffer(of: $0) != nil }
                if stands { self.faults.append("after an answer, another one could be accepted") }
            }
            var next = history
            next.accepted.append(step)
            self.run(pair, next, depth - 1)
        }
    }

    @Test func `every sequence of up to six signals is judged as the protocol says`() {
        var exhaustion = Exhaustion()
        let pair = PairNegotiation(elderHasRollback: true, newcomerHasRollback: true)
        exhaustion.run(pair, History(), 6)
        #expect(exhaustion.faults.prefix(3) == [])
        #expect(exhaustion.sequences == 319_628)
        #expect(exhaustion.accepted == 161_997)
    }
}
