import ParleyClient
import ParleyProtocol
import Testing

@Suite("The commands of a room, until they have their outcome")
struct CommandOutboxTests {
    private var outbox = CommandOutbox()
    private static let on = CommandOutbox.Action.media(.init(audio: true))
    private static let off = CommandOutbox.Action.media(.init(audio: false))

    @Test("one is under way at a time, numbered from 2; its event is its outcome, told once")
    mutating func order() {
        #expect(self.take { $0.push(Self.on, request: 11, &$1) } == [.send(id: 2, Self.on)])
        #expect(self.take { $0.push(Self.off, request: 12, &$1) } == [])
        #expect(self.take { $0.accepted(2, &$1) } == [.succeeded(11), .send(id: 3, Self.off)])
        #expect(self.take { $0.accepted(2, &$1) } == [])
        #expect(self.take { $0.accepted(3, &$1) } == [.succeeded(12)])
    }

    @Test("what was under way is sent again with its number after a resume")
    mutating func resumed() {
        _ = self.take { $0.push(Self.on, request: 11, &$1) }
        #expect(self.take { $0.resumed(&$1) } == [.send(id: 2, Self.on)])
        _ = self.take { $0.accepted(2, &$1) }
        #expect(self.take { $0.resumed(&$1) } == [])
    }

    @Test("no change is a success; other refusals use up the number, but for those that never reached the room")
    mutating func refused() {
        _ = self.take { $0.push(Self.on, request: 11, &$1) }
        #expect(self.reject(2, .noChange) == [.succeeded(11)])
        #expect(self.take { $0.push(Self.on, request: 12, &$1) } == [.send(id: 3, Self.on)])
        #expect(self.reject(3, .notJoined).count == 1)
        #expect(self.take { $0.push(Self.off, request: 13, &$1) } == [.send(id: 3, Self.off)])
        #expect(self.reject(3, .roomEnded).count == 1)
        #expect(self.take { $0.push(Self.off, request: 14, &$1) } == [.send(id: 4, Self.off)])
    }

    @Test("a busy room is asked again after the time that it says, and a gap that follows from it is no news")
    mutating func busy() {
        _ = self.take { $0.push(Self.on, request: 11, &$1) }
        #expect(self.reject(2, .busy, retryAfter: 300) == [.wake(at: .milliseconds(300))])
        #expect(self.reject(2, .commandGap, expected: 2) == [])
        #expect(self.take { $0.tick(Moment(time: .milliseconds(299)), &$1) } == [.wake(at: .milliseconds(300))])
        #expect(self.take { $0.tick(Moment(time: .milliseconds(300)), &$1) } == [.send(id: 2, Self.on)])
    }

    @Test("a snapshot that lacks commands gets them again, silently, in front of the one under way")
    mutating func lost() {
        for id: UInt64 in 2...5 {
            _ = self.take { $0.push(id.isMultiple(of: 2) ? Self.on : Self.off, request: id, &$1) }
            _ = self.take { $0.accepted(id, &$1) }
        }
        _ = self.take { $0.push(Self.on, request: 6, &$1) }
        #expect(
            self.take { $0.resynced(lastCommand: 3, holds: { _ in false }, &$1) }
                == [.send(id: 4, Self.on), .send(id: 5, Self.off), .send(id: 6, Self.on)]
        )
        #expect(self.take { $0.accepted(4, &$1) } == [])
        #expect(self.take { $0.accepted(5, &$1) } == [])
        #expect(self.take { $0.accepted(6, &$1) } == [.succeeded(6)])
    }

    @Test("what has changed nothing says so when it is sent again: it shall not change something now")
    mutating func noChangeAgain() {
        _ = self.take { $0.push(Self.on, request: 11, &$1) }
        _ = self.reject(2, .noChange)
        _ = self.take { $0.push(Self.off, request: 12, &$1) }
        #expect(
            self.take { $0.resynced(lastCommand: 1, holds: { _ in false }, &$1) }
                == [.send(id: 2, Self.on, refused: .noChange), .send(id: 3, Self.off)]
        )
        #expect(self.reject(2, .noChange) == [])
    }

    @Test("a snapshot that has the one under way is its outcome")
    mutating func contained() {
        _ = self.take { $0.push(Self.on, request: 11, &$1) }
        _ = self.take { $0.push(Self.off, request: 12, &$1) }
        #expect(
            self.take { $0.resynced(lastCommand: 2, holds: { _ in false }, &$1) }
                == [.succeeded(11), .send(id: 3, Self.off)]
        )
        // A server that does not say shows it by the state.
        #expect(self.take { $0.resynced(lastCommand: nil, holds: { _ in false }, &$1) } == [.send(id: 3, Self.off)])
        #expect(self.take { $0.resynced(lastCommand: nil, holds: { _ in true }, &$1) } == [.succeeded(12)])
    }

    @Test("sixty-four are kept; a server that has lost more gets the one under way under the number that it wants")
    mutating func forgotten() {
        for id: UInt64 in 2...70 {
            _ = self.take { $0.push(Self.on, request: id, &$1) }
            _ = self.take { $0.accepted(id, &$1) }
        }
        _ = self.take { $0.push(Self.off, request: 71, &$1) }
        #expect(self.reject(71, .commandGap, expected: 8).count == 64)
        #expect(self.reject(71, .commandGap, expected: 7) == [.send(id: 7, Self.off)])
        #expect(self.take { $0.accepted(7, &$1) } == [.succeeded(71)])
        #expect(self.take { $0.push(Self.on, request: 72, &$1) } == [.send(id: 8, Self.on)])
    }

    @Test("so many wait and no more")
    mutating func bound() {
        for request: UInt64 in 0...64 { _ = self.take { $0.push(Self.on, request: request, &$1) } }
        #expect(self.take { $0.push(Self.on, request: 65, &$1) } == [.failed(65, .tooManyWaiting)])
    }

    @Test("a new membership begins at 2 again; at the end, who wanted to leave has left")
    mutating func ends() {
        _ = self.take { $0.push(Self.on, request: 11, &$1) }
        _ = self.take { $0.accepted(2, &$1) }
        _ = self.take { $0.push(Self.off, request: 12, &$1) }
        _ = self.take { $0.push(.leave(), request: 13, &$1) }
        #expect(self.outbox.isLeaving)
        #expect(self.take { $0.restart(&$1) } == [.send(id: 2, Self.off)])
        #expect(self.take { $0.close(.notInRoom, &$1) } == [.failed(12, .notInRoom), .succeeded(13)])
    }

    // MARK: Driving

    private mutating func take(
        _ step: (inout CommandOutbox, inout [CommandOutbox.Effect]) -> Void
    ) -> [CommandOutbox.Effect] {
        var effects: [CommandOutbox.Effect] = []
        var outbox = self.outbox
        step(&outbox, &effects)
        self.outbox = outbox
        return effects
    }

    private mutating func reject(
        _ id: UInt64,
        _ code: RejectionCode,
        expected: UInt64? = nil,
        retryAfter: UInt64? = nil
    ) -> [CommandOutbox.Effect] {
        var rejected = RejectedMessage(code: code.rawValue, message: code.message)
        rejected.id = id
        rejected.expected = expected
        rejected.retryAfterMilliseconds = retryAfter
        return self.take { $0.rejected(rejected, Moment(time: .zero), &$1) }
    }
}
