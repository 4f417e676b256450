import ParleyProtocol
import ParleyRooms
import Testing

/// What a room holds of each thing, and what happens at the bound. The room's bounds are part of what its log means, so
/// they are those of `Limits()` on every node, and these tests fill rooms up to them.
@Suite struct RoomLimitTests {
    private let limits = Limits()

    private func meeting(_ settings: JSONValue = [:]) -> Meeting {
        var meeting = Meeting(capacity: 5)
        _ = meeting.join("Ada") { $0.settings = RoomSettings(json: settings) }
        return meeting
    }

    // MARK: Crowds

    /// A room that many pass through; without the views of a ``Meeting``, which would take their time.
    private struct Crowd {
        var room = Room(id: RoomID(high: 1, low: 1), alias: nil, capacity: 5)

        init(_ settings: JSONValue = [:]) {
            _ = self.comes(999_999, settings)
        }

        func guest(_ number: Int) -> ParticipantID { ParticipantID(high: 52, low: UInt64(number)) }

        mutating func decide(_ command: RoomCommand) -> String {
            switch self.room.decide(command) {
            case .rejected(let code): return "rejected \(code.rawValue)"
            case .duplicate: return "duplicate"
            case .events(let events):
                for event in events { _ = self.room.evolve(event) }
                return events.map(\.type).joined(separator: ", ")
            }
        }

        mutating func operate(_ action: MeetingAction) -> String {
            self.decide(RoomCommand(operators: action, at: Meeting.clock))
        }

        /// Somebody who is the same identity when they come again.
        mutating func comes(_ number: Int, _ settings: JSONValue = [:]) -> String {
            var join = RoomCommand.Join(
                session: SessionID(high: 50, low: UInt64(number)),
                identity: IdentityID(high: 51, low: UInt64(number)),
                abilities: Abilities()
            )
            join.settings = RoomSettings(json: settings)
            return self.decide(
                RoomCommand(participant: self.guest(number), number: 1, at: Meeting.clock, action: .join(join))
            )
        }

        mutating func goes(_ number: Int) {
            _ = self.decide(
                RoomCommand(participant: self.guest(number), number: 2, at: Meeting.clock, action: .leave)
            )
        }
    }

    @Test func `of those who were in, the longest remembered is forgotten`() {
        var crowd = Crowd(["admission": "approval"])
        for number in 0...self.limits.knownIdentitiesMax {
            #expect(crowd.comes(number) == "waiting")
            #expect(crowd.operate(.admission(.admit(.some([crowd.guest(number)])))) == "admitted, joined")
            crowd.goes(number)
        }
        #expect(crowd.comes(0) == "waiting")
        #expect(crowd.comes(1) == "joined")
    }

    @Test func `of those who were denied, the longest remembered may ask again`() {
        var crowd = Crowd(["admission": "approval"])
        for number in 0...self.limits.knownIdentitiesMax {
            #expect(crowd.comes(number) == "waiting")
            #expect(crowd.operate(.admission(.deny(.some([crowd.guest(number)])))) == "denied")
        }
        #expect(crowd.comes(0) == "waiting")
        #expect(crowd.comes(1) == "rejected denied")
    }

    @Test func `a room keeps so many roles that were given`() {
        var crowd = Crowd()
        for number in 0...self.limits.rolesGivenMax {
            #expect(crowd.comes(number) == "joined")
            let line = crowd.operate(.role(.set(crowd.guest(number), .speaker)))
            #expect(line == (number < self.limits.rolesGivenMax ? "role-changed" : "rejected too-many"))
            crowd.goes(number)
        }
        // Whoever has one already may have another.
        _ = crowd.comes(0)
        #expect(crowd.room.participant(crowd.guest(0))?.role == .speaker)
        #expect(crowd.operate(.role(.set(crowd.guest(0), .coHost))) == "role-changed")
    }

    @Test func `nothing is planned further ahead than a year`() {
        let ahead = self.limits.startsAheadMillisecondsMax
        for (milliseconds, line) in [(ahead, "configured #2"), (ahead + 1, "rejected invalid-settings")] {
            var meeting = self.meeting(["startsAt": .integer(Meeting.clock.milliseconds + 60_000)])
            let startsAt = Meeting.clock.advanced(milliseconds: milliseconds).milliseconds
            let settings = RoomSettings(json: ["startsAt": .integer(startsAt)])
            #expect(meeting.ask("Ada", .lifecycle(.configure(settings))) == line)
        }
    }

    // MARK: Attributes

    private func set(_ key: Int, bytes: Int, beside participant: ParticipantID? = nil) throws -> MeetingAction {
        // A key of four, and the quotation marks.
        let key = try #require(AttributeKey("k\(key + 100)"))
        let value = try #require(AttributeValue(.string(String(repeating: "x", count: bytes - 6))))
        return .attribute(.set(AttributeChange(participant: participant, key: key, value: value)))
    }

    @Test func `a room's attributes take so many bytes`() throws {
        var meeting = self.meeting()
        let parts = 64
        let part = self.limits.attributeBytesPerRoomMax / parts
        for key in 0..<(parts - 1) {
            #expect(meeting.ask("Ada", try self.set(key, bytes: part)).hasPrefix("attribute-set"))
        }
        #expect(meeting.ask("Ada", try self.set(parts, bytes: part + 1)) == "rejected too-many")
        #expect(meeting.ask("Ada", try self.set(parts, bytes: part)).hasPrefix("attribute-set"))
        // Another value counts in the place of the one before.
        #expect(meeting.ask("Ada", try self.set(parts, bytes: part + 1)) == "rejected too-many")
        #expect(meeting.ask("Ada", try self.set(parts, bytes: part - 1)).hasPrefix("attribute-set"))
    }

    @Test func `so do a person's, and they are so many`() throws {
        var meeting = self.meeting()
        let ada = meeting.id("Ada")
        for key in 0..<self.limits.attributesPerParticipantMax {
            #expect(meeting.ask("Ada", try self.set(key, bytes: 8, beside: ada)).hasPrefix("attribute-set"))
        }
        #expect(meeting.ask("Ada", try self.set(90, bytes: 8, beside: ada)) == "rejected too-many")
        meeting = self.meeting()
        let half = self.limits.attributeBytesPerParticipantMax / 2
        #expect(meeting.ask("Ada", try self.set(1, bytes: half, beside: ada)).hasPrefix("attribute-set"))
        #expect(meeting.ask("Ada", try self.set(2, bytes: half + 1, beside: ada)) == "rejected too-many")
        #expect(meeting.ask("Ada", try self.set(2, bytes: half, beside: ada)).hasPrefix("attribute-set"))
    }

    // MARK: Commands

    @Test func `of what was refused the newest are remembered`() {
        var refused = RefusedCommands()
        let count = UInt64(self.limits.rememberedRejectionsMax)
        for number in 1...(count + 1) { refused.append(number, .notPermitted) }
        #expect(refused.code(of: 1) == nil)
        #expect(refused.code(of: 2) == .notPermitted)
        // Numbers stay dense all the same.
        #expect(refused.count == count + 1)
    }
}
