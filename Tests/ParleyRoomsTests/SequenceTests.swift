import ParleyProtocol
import ParleyRooms
import Testing

@Suite struct SignalSequenceTests {
    @Test func `in order, once`() {
        var sequence = SignalSequence()
        #expect(sequence.judge(1, floor: 1) == .accept)
        sequence.advance(to: 1)
        #expect(sequence.judge(1, floor: 1) == .duplicate)
        #expect(sequence.judge(3, floor: 1) == .gap(expected: 2))
        #expect(sequence.judge(2, floor: 1) == .accept)
        #expect(sequence.judge(0, floor: 0) == .duplicate)
    }

    @Test func `a rejected signal does not use up its number`() {
        let sequence = SignalSequence()
        #expect(sequence.judge(1, floor: 1) == .accept)
        #expect(sequence.judge(1, floor: 1) == .accept)
    }

    @Test func `what a mailbox has lost comes again, and is a repetition`() {
        var sequence = SignalSequence()
        for number in 1...5 as ClosedRange<UInt64> { sequence.advance(to: number) }
        let isNews = sequence.fallBack(to: 2)
        #expect(isNews)
        let isNewsAgain = sequence.fallBack(to: 2)
        #expect(!isNewsAgain)
        #expect(sequence.judge(6, floor: 1) == .gap(expected: 3))
        #expect(sequence.judge(3, floor: 1) == .accept)
        sequence.advance(to: 3)
        #expect(sequence.last == 3)
        #expect(sequence.furthest == 5)
    }

    @Test func `after a loss of the counter, floor says where to go on`() {
        var sequence = SignalSequence()
        #expect(sequence.judge(8, floor: 7) == .gap(expected: 7))
        #expect(sequence.judge(6, floor: 7) == .duplicate)
        #expect(sequence.judge(7, floor: 7) == .accept)
        sequence.advance(to: 7)
        #expect(sequence.judge(8, floor: 2) == .accept)
        #expect(sequence.judge(7, floor: 2) == .duplicate)
        #expect(sequence.judge(.max, floor: .max) == .accept)
        #expect(sequence.judge(.max, floor: 1) == .gap(expected: 8))
    }
}

@Suite struct SignalInboxTests {
    private let ada = ParticipantID(high: 1, low: 1)
    private let bob = ParticipantID(high: 1, low: 2)

    @Test func `acknowledgements are cumulative and never count down`() {
        var inbox = SignalInbox(unacknowledgedMax: 256)
        for number in 1...5 as ClosedRange<UInt64> { #expect(inbox.post(number, from: self.ada) == .handed) }
        #expect(inbox.post(1, from: self.bob) == .handed)
        #expect(inbox.unacknowledged == 6)
        #expect(inbox.acknowledge(3, from: self.ada) == .advanced(by: 3))
        #expect(inbox.acknowledge(3, from: self.ada) == .ignored)
        #expect(inbox.acknowledge(1, from: self.ada) == .ignored)
        #expect(inbox.delivered(from: self.ada) == 3)
        #expect(inbox.acknowledge(6, from: self.ada) == .rejected(.invalidMember))
        #expect(inbox.acknowledge(5, from: self.ada) == .advanced(by: 2))
        #expect(inbox.unacknowledged == 1)
        #expect(inbox.delivered(from: self.bob) == 0)
    }

    @Test func `a recipient who was elsewhere knows more than this node`() {
        var inbox = SignalInbox(unacknowledgedMax: 256)
        for number in 1...4 as ClosedRange<UInt64> { #expect(inbox.post(number, from: self.ada) == .handed) }
        #expect(inbox.acknowledge(2, from: self.ada) == .advanced(by: 2))
        #expect(inbox.acknowledge(6, from: self.ada, isBelieved: true) == .advanced(by: 2))
        #expect(inbox.acknowledge(3, from: self.bob, isBelieved: true) == .advanced(by: 0))
        #expect(inbox.unacknowledged == 0)
        #expect(inbox.delivered(from: self.ada) == 6)
        // What it has is not handed over again; what is next, is.
        #expect(inbox.read(6, floor: 1, from: self.ada) == .acknowledged)
        #expect(inbox.post(7, from: self.ada) == .handed)
        #expect(inbox.read(4, floor: 1, from: self.bob) == .hand)
    }

    @Test func `a full mailbox takes one more for each one acknowledged`() {
        var inbox = SignalInbox(unacknowledgedMax: 3)
        #expect(inbox.post(1, from: self.ada) == .handed)
        #expect(inbox.post(2, from: self.ada) == .handed)
        #expect(inbox.post(1, from: self.bob) == .handed)
        #expect(inbox.post(3, from: self.ada) == .full)
        #expect(inbox.post(2, from: self.bob) == .full)
        #expect(inbox.unacknowledged == 3)
        #expect(inbox.acknowledge(1, from: self.bob) == .advanced(by: 1))
        #expect(inbox.post(3, from: self.ada) == .handed)
        #expect(inbox.post(4, from: self.ada) == .full)
    }

    @Test func `who is gone counts no more`() {
        var inbox = SignalInbox(unacknowledgedMax: 2)
        #expect(inbox.post(1, from: self.ada) == .handed)
        #expect(inbox.post(2, from: self.ada) == .handed)
        inbox.forget(self.ada)
        inbox.forget(self.ada)
        #expect(inbox.unacknowledged == 0)
        #expect(inbox.acknowledge(2, from: self.ada) == .ignored)
        #expect(inbox.post(1, from: self.bob) == .handed)
    }

    @Test func `numbers that are skipped open no way around the limit`() {
        var inbox = SignalInbox(unacknowledgedMax: 4)
        // Nothing outstanding: what is below the floor was delivered elsewhere.
        #expect(inbox.post(1_000, floor: 1_000, from: self.ada) == .handed)
        #expect(inbox.unacknowledged == 1)
        #expect(inbox.post(1_003, floor: 1_003, from: self.ada) == .handed)
        #expect(inbox.unacknowledged == 4)
        #expect(inbox.post(.max, from: self.bob) == .full)
        #expect(inbox.post(.max, from: self.ada) == .full)
        #expect(inbox.acknowledge(1_003, from: self.ada) == .advanced(by: 4))
        #expect(inbox.post(.max, from: self.ada) == .full)
        #expect(inbox.post(.max, floor: .max, from: self.ada) == .handed)
        #expect(inbox.acknowledge(.max, from: self.ada) == .advanced(by: 1))
        #expect(inbox.unacknowledged == 0)
    }
}

@Suite struct CommandSequenceTests {
    @Test func `one after the other, each with its outcome`() {
        var sequence = CommandSequence()
        #expect(sequence.receive(2) == .gap(expected: 1))
        #expect(sequence.receive(0) == .gap(expected: 1))
        #expect(sequence.receive(1) == .accept)
        #expect(sequence.receive(1) == .pending)
        sequence.accepted(1)
        #expect(sequence.receive(1) == .duplicate(nil))
        #expect(sequence.receive(2) == .accept)
        sequence.refused(2, .noChange)
        #expect(sequence.rejectedSince == [(2, .noChange)])
        #expect(sequence.receive(2) == .duplicate(.noChange))
        #expect(sequence.receive(3) == .accept)
        sequence.accepted(3)
        #expect(sequence.rejectedSince == [])
        #expect(sequence.receive(2) == .duplicate(.noChange))
        #expect(sequence.next == 4)
    }

    @Test func `a postponed command and those behind it are sent again`() {
        var sequence = CommandSequence()
        #expect(sequence.receive(1) == .accept)
        #expect(sequence.receive(2) == .accept)
        #expect(sequence.receive(3) == .accept)
        sequence.accepted(1)
        sequence.postponed(2)
        sequence.postponed(3)
        #expect(sequence.receive(3) == .gap(expected: 2))
        #expect(sequence.receive(2) == .accept)
        sequence.accepted(2)
        #expect(sequence.receive(3) == .accept)
    }

    @Test func `what was on its way behind a postponed command is not used up`() {
        var sequence = CommandSequence()
        for number in 1...3 as ClosedRange<UInt64> { #expect(sequence.receive(number) == .accept) }
        sequence.accepted(1)
        sequence.postponed(2)
        #expect(sequence.receive(2) == .accept)
        sequence.refused(3, .commandGap)
        #expect(sequence.rejectedSince == [])
        #expect(sequence.receive(3) == .accept)
        sequence.refused(2, .noChange)
        sequence.accepted(3)
        #expect(sequence.receive(2) == .duplicate(.noChange))
        #expect(sequence.receive(3) == .duplicate(nil))
        #expect(sequence.next == 4)
    }

    @Test func `an outcome that was unknown for a while, and one that comes twice`() {
        var sequence = CommandSequence()
        #expect(sequence.receive(1) == .accept)
        sequence.postponed(1)
        sequence.accepted(1)
        #expect(sequence.receive(1) == .duplicate(nil))
        #expect(sequence.receive(2) == .accept)
        sequence.refused(2, .noChange)
        sequence.accepted(1)
        sequence.refused(2, .busy)
        sequence.postponed(2)
        #expect(sequence.rejectedSince == [(2, .noChange)])
        #expect(sequence.next == 3)
    }

    @Test func `it goes on from what the log knows`() throws {
        var meeting = Meeting()
        _ = meeting.join("Ada")
        _ = meeting.media("Ada", audio: false)
        _ = meeting.media("Ada", audio: true)
        let membership = try #require(meeting.room.membership(meeting.id("Ada")))
        var sequence = CommandSequence(resuming: membership)
        #expect(sequence.receive(2) == .duplicate(.noChange))
        #expect(sequence.receive(3) == .duplicate(nil))
        #expect(sequence.receive(4) == .accept)
    }

    @Test func `refusals without end are counted, not kept`() {
        var sequence = CommandSequence()
        for number in 1...100 as ClosedRange<UInt64> {
            #expect(sequence.receive(number) == .accept)
            sequence.refused(number, .noChange)
        }
        #expect(sequence.rejectedSince.count == 100)
        #expect(sequence.rejectedSince.remembered.map(\.number) == Array(85...100))
        #expect(sequence.receive(84) == .duplicate(nil))
        #expect(sequence.receive(85) == .duplicate(.noChange))
    }
}
