import ParleyProtocol
import ParleyRooms
import Testing

private func later(_ milliseconds: Int) -> Instant { Meeting.clock.advanced(milliseconds: milliseconds) }

private func digest(_ byte: UInt8) -> Digest {
    guard let digest = Digest([UInt8](repeating: byte, count: 32)) else { preconditionFailure("32 bytes") }
    return digest
}

/// A room whose creator is Ada, with these settings.
private func meeting(_ settings: JSONValue, people: [String] = []) -> Meeting {
    var meeting = Meeting()
    _ = meeting.join("Ada") { $0.settings = RoomSettings(json: settings) }
    for name in people { _ = meeting.join(name) }
    return meeting
}

extension Meeting {
    fileprivate func isTrue() {
        for view in View.allCases {
            #expect(self.folded[view] == self.room.state(for: view), "\(view)")
            #expect(StateHash(of: self.room.state(for: view)) == self.room.hash(for: view), "\(view)")
        }
        #expect((try? Room(snapshot: self.room.snapshot)) == self.room)
        for event in self.log { #expect((try? RoomEvent(json: event.json)) == event) }
    }
}

@Suite struct EndTests {
    @Test func `an estimated duration ends nothing and announces nothing`() {
        var meeting = meeting(["estimatedMilliseconds": 1_000])
        #expect(meeting.room.nextDeadline == nil)
        #expect(meeting.pass(later(3_600_000)) == "rejected no-change")
        #expect(meeting.room.lifecycle == .open)
    }

    @Test func `a host ends the meeting for all, whoever waits included`() {
        var meeting = meeting(["admission": "approval"])
        _ = meeting.join("Bob")
        _ = meeting.ask("Ada", .admission(.admit(.all)))
        _ = meeting.join("Cleo")
        #expect(meeting.ask("Bob", .lifecycle(.end)) == "rejected not-permitted")
        #expect(meeting.ask("Ada", .lifecycle(.end)) == "ended (host) #3")
        #expect(meeting.room.lifecycle == .ended(.host))
        for name in ["Ada", "Bob", "Cleo"] { #expect(meeting.room.membership(meeting.id(name)) == nil) }
        #expect(meeting.room.state(for: .moderator)["people"] == [:])
        #expect(meeting.room.state(for: .moderator)["waiting"] == nil)
        meeting.isTrue()
        // End against join: whoever is later finds it over.
        #expect(meeting.join("Dan") == "rejected room-ended")
        #expect(meeting.leave("Bob") == "rejected room-ended")
    }

    @Test func `an operator ends a meeting`() {
        var meeting = meeting([:], people: ["Bob"])
        #expect(meeting.operate(.lifecycle(.end)) == "ended (host)")
        meeting.isTrue()
    }

    @Test func `after so long it is over, and people are told before`() {
        var meeting = meeting(["maximumMilliseconds": 600_000], people: ["Bob"])
        #expect(meeting.room.state(for: .waiting)["room"]?["endsAt"] == .integer(later(600_000).milliseconds))
        #expect(meeting.room.nextDeadline == later(300_000))
        #expect(meeting.pass(later(299_999)) == "rejected no-change")
        #expect(meeting.pass(later(300_000)) == "ending (duration)")
        #expect(meeting.log.last?.wire(patch: nil)["endsAt"] == .integer(later(600_000).milliseconds))
        #expect(meeting.pass(later(300_001)) == "rejected no-change")
        #expect(meeting.room.nextDeadline == later(540_000))
        #expect(meeting.pass(later(541_000)) == "ending (duration)")
        #expect(meeting.room.nextDeadline == later(600_000))
        meeting.isTrue()
        #expect(meeting.pass(later(600_000)) == "ended (duration)")
        #expect(meeting.room.nextDeadline == nil)
        #expect(meeting.pass(later(600_001)) == "rejected room-ended")
        meeting.isTrue()
    }

    @Test func `a short meeting has no warning that would come at its beginning, and a late one is told once`() {
        var meeting = meeting(["maximumMilliseconds": 60_000])
        #expect(meeting.room.nextDeadline == later(60_000))
        let longer = RoomSettings(json: ["maximumMilliseconds": 3_600_000])
        #expect(meeting.ask("Ada", .lifecycle(.configure(longer))) == "configured #2")
        // Nobody was awake for the first warning: there is one, with the time that is left.
        #expect(meeting.pass(later(3_590_000)) == "ending (duration)")
        #expect(meeting.pass(later(3_590_001)) == "rejected no-change")
        #expect(meeting.room.nextDeadline == later(3_600_000))
        meeting.isTrue()
    }

    @Test func `nobody ends a meeting in the past by a shorter maximum`() {
        var meeting = meeting([:])
        let short = RoomSettings(json: ["maximumMilliseconds": 1_000])
        #expect(meeting.ask("Ada", .lifecycle(.configure(short)), at: later(1_000)) == "rejected invalid-settings")
        let soon = RoomSettings(json: ["startsAt": .integer(later(0).milliseconds + 400 * 86_400_000)])
        #expect(meeting.ask("Ada", .lifecycle(.configure(soon))) == "rejected invalid-settings")
        #expect(meeting.ask("Ada", .lifecycle(.configure(short)), at: later(999)) == "configured #4")
    }

    @Test func `a room stays without people as long as it says, and not longer`() {
        var meeting = meeting(["emptyMilliseconds": 60_000])
        #expect(meeting.leave("Ada") == "left Ada #2, emptied")
        #expect(meeting.room.lifecycle == .open)
        #expect(meeting.room.state(for: .waiting)["room"]?["emptiedAt"] == .integer(Meeting.clock.milliseconds))
        #expect(meeting.room.nextDeadline == later(60_000))
        meeting.isTrue()
        #expect(meeting.join("Bob", at: later(59_999)) == "joined Bob #1, role-changed Bob host (succession)")
        #expect(meeting.room.nextDeadline == nil)
        #expect(meeting.pass(later(60_000)) == "rejected no-change")
        meeting.isTrue()
        #expect(meeting.disconnect("Bob") == "left Bob (disconnected), emptied")
        #expect(meeting.pass(later(60_000)) == "ended")
        meeting.isTrue()
    }

    @Test func `a room whose creator left goes on`() {
        var meeting = meeting([:], people: ["Bob"])
        #expect(meeting.leave("Ada").hasPrefix("left Ada #2"))
        #expect(meeting.room.lifecycle == .open)
        #expect(meeting.leave("Bob") == "left Bob #2, ended")
    }
}

@Suite struct ScheduledTests {
    private static func scheduled(_ more: JSONValue = [:], owner: String? = nil) -> Meeting {
        var meeting = Meeting(alias: "blue-fox")
        var settings = more.object ?? JSONObject()
        settings.append("startsAt", .integer(later(60_000).milliseconds))
        settings.append("emptyMilliseconds", 3_600_000)
        let create = RoomCommand.Create(
            settings: RoomSettings(json: .object(settings)),
            owner: owner.map { Meeting.identity($0) },
            invitation: digest(1)
        )
        #expect(meeting.create(create) == "created, invited")
        #expect(meeting.create(create) == "rejected no-change")
        return meeting
    }

    @Test func `who comes early waits, and is let in when it begins`() {
        var meeting = Self.scheduled()
        #expect(meeting.room.state(for: .waiting)["room"]?["lifecycle"] == "scheduled")
        #expect(meeting.join("Bob") == "waiting Bob (scheduled) #1")
        #expect(meeting.room.nextDeadline == later(60_000))
        #expect(meeting.pass(later(59_999)) == "rejected no-change")
        meeting.isTrue()
        #expect(meeting.pass(later(60_000)) == "opened, admitted Bob, joined Bob")
        #expect(meeting.room.state(for: .waiting)["room"]?["openedAt"] == .integer(later(60_000).milliseconds))
        #expect(meeting.room.nextDeadline == nil)
        meeting.isTrue()
    }

    @Test func `when it begins, whoever has to be let in still waits`() {
        var meeting = Self.scheduled(["admission": "approval"])
        _ = meeting.join("Bob")
        #expect(meeting.pass(later(60_000)) == "opened, waiting Bob (approval)")
        meeting.isTrue()
    }

    @Test func `a host opens it early, by the invitation that the operator has`() {
        var meeting = Self.scheduled()
        _ = meeting.join("Bob")
        let line = meeting.join("Ada") { $0.invitation = digest(1) }
        #expect(line == "opened, joined Ada #1, admitted Bob, joined Bob")
        #expect(meeting.room.participant(meeting.id("Ada"))?.role == .host)
        #expect(meeting.join("Cleo") { $0.invitation = digest(1) } == "rejected invalid-invitation")
        meeting.isTrue()
    }

    @Test func `nobody comes, and it ends`() {
        var meeting = Self.scheduled()
        #expect(meeting.pass(later(60_000)) == "opened")
        #expect(meeting.room.nextDeadline == later(3_660_000))
        #expect(meeting.pass(later(3_660_000)) == "ended")
        meeting.isTrue()
    }

    @Test func `it is ended before it has begun, and those who wait hear it`() {
        var meeting = Self.scheduled()
        _ = meeting.join("Bob")
        #expect(meeting.operate(.lifecycle(.end)) == "ended (host)")
        #expect(meeting.room.membership(meeting.id("Bob")) == nil)
        meeting.isTrue()
    }
}
