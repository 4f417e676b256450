import ParleyClient
import ParleyProtocol
import Testing

@Suite("The signals to a peer, until they are delivered")
struct SignalOutboxTests {
    private static let bob = ParticipantID(high: 1, low: 2)
    private var outbox = SignalOutbox(to: SignalOutboxTests.bob, windowMax: 4)

    @Test("numbers are dense, the floor is what is not known to be delivered, and no more go out than the window has")
    mutating func window() {
        #expect((1...6).flatMap { _ in self.push() } == (1...4).map { Self.sent($0, floor: 1) })
        #expect(
            self.take { $0.delivered(2, &$1) }
                == [.delivered(2), Self.sent(5, floor: 3), Self.sent(6, floor: 3)]
        )
        // What was never sent cannot be delivered.
        #expect(self.take { $0.delivered(99, &$1) } == [.delivered(6)])
        #expect(self.take { $0.delivered(6, &$1) } == [])
    }

    @Test("after a resume everything that is not known to be delivered goes out again, with its number")
    mutating func resumed() {
        for _ in 1...3 { _ = self.push() }
        _ = self.take { $0.delivered(1, &$1) }
        #expect(self.take { $0.resumed(&$1) } == [Self.sent(2, floor: 2), Self.sent(3, floor: 2)])
    }

    @Test("a refused signal leaves its number to the next one, as soon as all that was sent behind it is refused")
    mutating func refused() {
        for _ in 1...4 { _ = self.push() }
        #expect(self.reject(2, .staleAnswer) == [.wake(at: .seconds(1))])
        #expect(self.reject(3, .signalGap, expected: 2) == [])
        let effects = self.reject(4, .signalGap, expected: 2)
        guard case .refused(ticket: 2, _) = effects.first else { Issue.record("\(effects)"); return }
        #expect(effects.dropFirst() == [Self.sent(2, floor: 1), Self.sent(3, floor: 1)])
        // The app's numbers stay what they were.
        #expect(self.take { $0.delivered(3, &$1) } == [.delivered(4)])
        #expect(self.push() == [Self.sent(4, floor: 4)])
    }

    @Test("a full mailbox is tried again after the next delivery, or after the time that it says")
    mutating func full() {
        for _ in 1...2 { _ = self.push() }
        let effects = self.reject(2, .mailboxFull, retryAfter: 100)
        guard case .postponed(ticket: 2, _) = effects.dropFirst().first else { Issue.record("\(effects)"); return }
        #expect(effects.last == .wake(at: .milliseconds(100)))
        #expect(self.push() == [])
        #expect(
            self.take { $0.delivered(1, &$1) } == [.delivered(1), Self.sent(2, floor: 2), Self.sent(3, floor: 2)]
        )
        _ = self.reject(3, .rateLimited, retryAfter: 100)
        #expect(self.take { $0.delivered(2, &$1) } == [.delivered(2)])
        #expect(self.take { $0.tick(Moment(time: .milliseconds(100)), &$1) } == [Self.sent(3, floor: 3)])
    }

    @Test("a server that lacks earlier ones gets them again")
    mutating func gap() {
        for _ in 1...4 { _ = self.push() }
        #expect(
            self.reject(4, .signalGap, expected: 2) == [.wake(at: .seconds(1))]
                + (2...4).map { Self.sent($0, floor: 1) }
        )
    }

    @Test("a recipient who is gone ends the pair")
    mutating func gone() {
        for _ in 1...2 { _ = self.push() }
        let effects = self.reject(1, .unknownRecipient)
        #expect(effects.count == 3)
        #expect(effects.last == .forget)
        #expect(self.reject(2, .unknownRecipient) == [])
    }

    @Test("so many are kept and no more")
    mutating func bound() {
        for _ in 1...SignalOutbox.keptMax { _ = self.push() }
        #expect(self.push() == [.failed(ticket: UInt64(SignalOutbox.keptMax) + 1, .tooManyWaiting)])
    }

    // MARK: Driving

    private mutating func take(
        _ step: (inout SignalOutbox, inout [SignalOutbox.Effect]) -> Void
    ) -> [SignalOutbox.Effect] {
        var effects: [SignalOutbox.Effect] = []
        var outbox = self.outbox
        step(&outbox, &effects)
        self.outbox = outbox
        return effects
    }

    private mutating func push() -> [SignalOutbox.Effect] {
        self.take { _ = $0.push(.signal(data: true), negotiation: nil, &$1) }
    }

    private static func sent(_ n: UInt64, floor: UInt64) -> SignalOutbox.Effect {
        .send(OutboundSignal(to: self.bob, n: n, floor: floor, payload: .signal(data: true)))
    }

    private mutating func reject(
        _ n: UInt64,
        _ code: RejectionCode,
        expected: UInt64? = nil,
        retryAfter: UInt64? = nil
    ) -> [SignalOutbox.Effect] {
        var rejected = RejectedMessage(code: code.rawValue, message: code.message)
        rejected.n = n
        rejected.expected = expected
        rejected.retryAfterMilliseconds = retryAfter
        return self.take { $0.rejected(rejected, Moment(time: .zero), &$1) }
    }
}
