import ParleyClient
import ParleyProtocol
import Testing

@Suite("The signals that arrive")
struct ReceivedSignalsTests {
    private static let ada = ParticipantID(high: 1, low: 1)
    private static let bob = ParticipantID(high: 1, low: 2)
    private var received = ReceivedSignals()

    @Test("each is new once; what is missing is a gap, unless its sender knows that it has arrived")
    mutating func judgement() {
        let moment = Moment(time: .seconds(1))
        #expect(self.received.receive(1, floor: 1, from: Self.bob, moment) == .new)
        #expect(self.received.receive(1, floor: 1, from: Self.bob, moment) == .duplicate)
        #expect(self.received.receive(3, floor: 1, from: Self.bob, moment) == .gap)
        #expect(self.received.receive(3, floor: 3, from: Self.bob, moment) == .new)
        #expect(self.received.receive(2, floor: 1, from: Self.bob, moment) == .duplicate)
        #expect(self.received.receive(1, floor: nil, from: Self.ada, moment) == .new)
        #expect(self.received.all() == [Self.mark(Self.ada, 1), Self.mark(Self.bob, 3)])
    }

    @Test("they are acknowledged together: after 100 ms, or after 32, duplicates too")
    mutating func acknowledged() {
        #expect(self.received.deadline == nil)
        _ = self.received.receive(1, floor: 1, from: Self.bob, Moment(time: .seconds(1)))
        _ = self.received.receive(2, floor: 1, from: Self.bob, Moment(time: .seconds(2)))
        #expect(self.received.deadline == .milliseconds(1_100))
        #expect(self.received.acknowledge() == [Self.mark(Self.bob, 2)])
        #expect(self.received.acknowledge() == [])
        #expect(self.received.deadline == nil)
        for _ in 1...31 { _ = self.received.receive(2, floor: 1, from: Self.bob, Moment(time: .seconds(3))) }
        #expect(!self.received.wantsToAcknowledge)
        _ = self.received.receive(2, floor: 1, from: Self.bob, Moment(time: .seconds(3)))
        #expect(self.received.wantsToAcknowledge)
        #expect(self.received.acknowledge() == [Self.mark(Self.bob, 2)])
    }

    @Test("no more senders are named in a resume than a server reads; those that wait for it come first")
    mutating func bound() {
        for low: UInt64 in 1...2_000 {
            _ = self.received.receive(1, floor: 1, from: ParticipantID(high: 2, low: low), Moment(time: .zero))
        }
        _ = self.received.acknowledge()
        _ = self.received.receive(2, floor: 1, from: ParticipantID(high: 2, low: 1_999), Moment(time: .zero))
        let marks = self.received.all()
        #expect(marks.count == ReceivedSignals.sendersMax)
        #expect(marks.last == Self.mark(ParticipantID(high: 2, low: 1_999), 2))
    }

    private static func mark(_ sender: ParticipantID, _ n: UInt64) -> Watermark {
        Watermark(participant: sender, n: n)
    }
}
