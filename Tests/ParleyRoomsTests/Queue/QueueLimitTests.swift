import ParleyProtocol
import ParleyRooms
import Testing

/// Queues up to their bounds; without the views of a ``Meeting``, which would take their time.
@Suite struct QueueLimitTests {
    private let limits = Limits()

    private struct Line {
        var room = Room(id: RoomID(high: 1, low: 1), alias: nil, capacity: 5)

        func guest(_ number: Int) -> ParticipantID { ParticipantID(high: 52, low: UInt64(number)) }

        mutating func decide(_ command: RoomCommand) -> [String] {
            switch self.room.decide(command) {
            case .rejected(let code): return ["rejected \(code.rawValue)"]
            case .duplicate: return ["duplicate"]
            case .events(let events):
                for event in events { _ = self.room.evolve(event) }
                return events.map(\.type)
            }
        }

        mutating func comes(
            _ number: Int,
            _ settings: JSONValue = [:],
            at instant: Instant = Meeting.clock,
            _ wish: QueueWish = QueueWish()
        ) -> [String] {
            var join = RoomCommand.Join(
                session: SessionID(high: 50, low: UInt64(number)),
                identity: IdentityID(high: 51, low: UInt64(number)),
                abilities: Abilities()
            )
            join.kind = .queue
            join.settings = RoomSettings(json: settings)
            let room = RoomID(high: 53, low: UInt64(number))
            join.queue = RoomCommand.QueueArrival(wish: wish, room: room, seed: UInt64(number))
            let id = self.guest(number)
            return self.decide(RoomCommand(participant: id, number: 1, at: instant, action: .join(join)))
        }
    }

    @Test func `so many wait, or fewer if the queue says so`() {
        for (max, settings) in [
            (self.limits.queueWaitingMax, ["queue": ["rule": "match", "size": 16]] as JSONValue),
            (3, ["queue": ["rule": "match", "size": 16, "waitingMax": 3]]),
        ] {
            var line = Line()
            for number in 0..<max {
                var wish = QueueWish()
                wish.key = "\(number)"
                #expect(line.comes(number, settings, wish).suffix(2) == ["waiting", "queued"])
            }
            #expect(line.comes(max) == ["rejected room-full"])
        }
    }

    @Test func `what one entry cannot take follows with the next`() {
        var line = Line()
        let people = 4 * self.limits.queueStepsMax
        for number in 0..<people {
            // One more group of four after the other, none of them full.
            var wish = QueueWish()
            wish.key = "\(number / 4)"
            #expect(line.comes(number, ["queue": ["rule": "match", "size": 16]], wish).last == "queued")
        }
        let settings = RoomSettings(json: ["queue": ["size": 2]])
        let events = line.decide(RoomCommand(operators: .lifecycle(.configure(settings)), at: Meeting.clock))
        #expect(events.count { $0 == "taken" } == self.limits.queueStepsMax)
        #expect(line.room.nextDeadline ?? Meeting.clock <= Meeting.clock)
        #expect(
            line.decide(RoomCommand(deadlineAt: Meeting.clock)).count { $0 == "taken" } == self.limits.queueStepsMax
        )
        #expect(line.decide(RoomCommand(deadlineAt: Meeting.clock)) == ["rejected no-change"])
        let until = Meeting.clock.advanced(milliseconds: self.limits.takenMilliseconds)
        #expect(line.room.nextDeadline == until)
    }

    /// As a server does: the guess counts before it is looked at.
    @Test func `of 100,000 guesses few are answered, whoever makes them`() throws {
        var line = Line()
        _ = line.comes(0, ["queue": ["rule": "pair"]])
        let code = try #require(line.room.ownRow(of: line.guest(0))?["code"]?.string)
        var guesses = GuessLimit()
        var answered = 0
        var rightOnes = 0
        for guess in 0..<100_000 {
            // In five minutes, for which a code is good, by a thousand people; each hundredth knows it.
            let now = Meeting.clock.advanced(milliseconds: guess * 3)
            let number = 1 + guess % 1_000
            let identity = IdentityID(high: 51, low: UInt64(number))
            if guesses.begin(identity, at: now) != nil { continue }
            answered += 1
            var wish = QueueWish()
            wish.code = guess % 100 == 99 ? code : "x\(guess)"
            let outcome = line.comes(number, at: now, wish)
            if outcome == ["rejected wrong-code"] {
                guesses.failed(identity, at: now)
            } else {
                rightOnes += 1
            }
        }
        #expect(answered <= 5 * self.limits.wrongPINsPerMinute)
        #expect(answered > 100)
        // While so many guess nobody gets through, whoever they are.
        #expect(rightOnes <= 1)
    }
}
