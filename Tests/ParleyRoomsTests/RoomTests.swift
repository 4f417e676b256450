import ParleyProtocol
import ParleyRooms
import Testing

@Suite struct RoomTests {
    @Test func `a call of two, from the first join to the end`() {
        var meeting = Meeting(alias: "blue-fox")
        #expect(meeting.room.lifecycle == .absent)
        #expect(meeting.room.state(for: .moderator) == [:])
        #expect(meeting.join("Ada") == "created, joined Ada #1")
        #expect(meeting.join("Bob") == "joined Bob #1")
        #expect(meeting.media("Bob", audio: true, video: true) == "media-changed Bob #2")
        #expect(meeting.media("Ada", audio: true) == "media-changed Ada #2")
        #expect(meeting.leave("Ada") == "left Ada #3, role-changed Bob host (succession)")
        #expect(meeting.leave("Bob") == "left Bob #3, ended")
        #expect(meeting.room.lifecycle == .ended(.empty))
        #expect(meeting.join("Cleo") == "rejected room-ended")
    }

    @Test func `nobody but a joiner can begin a room`() {
        var meeting = Meeting()
        #expect(meeting.leave("Ada", number: 1) == "rejected not-joined")
        #expect(meeting.media("Ada", audio: true, number: 1) == "rejected not-joined")
        #expect(meeting.disconnect("Ada") == "rejected not-joined")
        #expect(meeting.room.lifecycle == .absent)
    }

    @Test func `the creator is host, and again after coming back`() {
        var meeting = Meeting()
        _ = meeting.join("Ada")
        _ = meeting.join("Bob")
        #expect(meeting.room.participants.map(\.role) == [.host, .participant])
        _ = meeting.leave("Ada")
        #expect(meeting.room.participants.map(\.role) == [.host])
        _ = meeting.join("Ada")
        #expect(meeting.room.participants.map(\.role) == [.participant, .host])
        #expect(meeting.room.participants.map(\.joined) == [2, 3])
    }

    @Test func `a full room takes nobody, until somebody leaves`() {
        var meeting = Meeting(capacity: 2)
        _ = meeting.join("Ada")
        _ = meeting.join("Bob")
        #expect(meeting.join("Cleo") == "rejected room-full")
        #expect(meeting.leave("Bob") == "left Bob #2")
        #expect(meeting.join("Cleo") == "joined Cleo #2")
    }

    @Test func `joining again from the same session is refused, sending the join again is not`() {
        var meeting = Meeting()
        _ = meeting.join("Ada")
        #expect(meeting.join("Ada", number: 1) == "duplicate")
        #expect(meeting.join("Ada", number: 2) == "rejected already-joined")
        #expect(meeting.room.count == 1)
    }

    @Test func `after leaving, numbers begin at 1 again and the id is a new one`() {
        var meeting = Meeting()
        _ = meeting.join("Bob")
        _ = meeting.join("Ada")
        let first = meeting.id("Ada")
        #expect(meeting.leave("Ada") == "left Ada #2")
        #expect(meeting.join("Ada") == "joined Ada #1")
        #expect(meeting.id("Ada") != first)
    }

    @Test func `a lost connection leaves once, without a command`() {
        var meeting = Meeting()
        _ = meeting.join("Ada")
        _ = meeting.join("Bob")
        #expect(meeting.disconnect("Bob") == "left Bob (disconnected)")
        #expect(meeting.disconnect("Bob") == "rejected not-joined")
        #expect(meeting.leave("Bob") == "rejected not-joined")
        #expect(meeting.disconnect("Ada", .replaced) == "left Ada (replaced), ended")
    }

    @Test func `media that would not differ is no change, and only the difference is told`() throws {
        var meeting = Meeting()
        _ = meeting.join("Ada")
        #expect(meeting.media("Ada") == "rejected no-change")
        #expect(meeting.media("Ada", audio: false) == "rejected no-change")
        #expect(meeting.media("Ada", audio: true, video: false) == "media-changed Ada #4")
        let event = try #require(meeting.log.last)
        #expect(event.fact == .mediaChanged(meeting.id("Ada"), .init(audio: true)))
        #expect(meeting.room.participant(meeting.id("Ada"))?.media == .init(audio: true))
    }

    @Test func `deciding changes nothing and can be repeated`() {
        var meeting = Meeting()
        _ = meeting.join("Ada")
        let before = meeting.room
        let leave = RoomCommand(participant: meeting.id("Ada"), number: 2, at: Meeting.clock, action: .leave)
        #expect(meeting.room.decide(leave) == meeting.room.decide(leave))
        #expect(meeting.room == before)
    }
}

@Suite struct RoomCommandNumberTests {
    @Test func `a command sent again has the outcome that it had`() {
        var meeting = Meeting()
        #expect(meeting.join("Ada") == "created, joined Ada #1")
        #expect(meeting.media("Ada", audio: true) == "media-changed Ada #2")
        #expect(meeting.media("Ada", audio: true) == "rejected no-change")
        #expect(meeting.media("Ada", video: true) == "media-changed Ada #4")
        #expect(meeting.join("Ada", number: 1) == "duplicate")
        #expect(meeting.media("Ada", audio: true, number: 2) == "duplicate")
        #expect(meeting.media("Ada", audio: true, number: 3) == "duplicate no-change")
        #expect(meeting.media("Ada", video: true, number: 4) == "duplicate")
    }

    @Test func `a refused command has its outcome before the log knows of it, too`() {
        var meeting = Meeting()
        _ = meeting.join("Ada")
        #expect(meeting.media("Ada", audio: false) == "rejected no-change")
        #expect(meeting.media("Ada", audio: false, number: 2) == "duplicate no-change")
    }

    @Test func `numbers leave none out`() {
        var meeting = Meeting()
        #expect(meeting.join("Ada", number: 2) == "rejected command-gap")
        #expect(meeting.join("Ada", number: 0) == "rejected command-gap")
        #expect(meeting.join("Ada") == "created, joined Ada #1")
        #expect(meeting.media("Ada", audio: true, number: 3) == "rejected command-gap")
        #expect(meeting.media("Ada", audio: true) == "media-changed Ada #2")
    }

    @Test func `a refused join and its repetition`() {
        var meeting = Meeting(capacity: 1)
        _ = meeting.join("Ada")
        #expect(meeting.join("Bob") == "rejected room-full")
        #expect(meeting.join("Bob", number: 1) == "duplicate room-full")
        meeting.room = Meeting.roomier(meeting.room)
        #expect(meeting.join("Bob") == "joined Bob #2")
        #expect(meeting.join("Bob", number: 1) == "duplicate room-full")
    }

    @Test func `only the last sixteen refusals keep their code`() throws {
        var meeting = Meeting()
        _ = meeting.join("Ada")
        for _ in 2...41 { #expect(meeting.media("Ada", audio: false) == "rejected no-change") }
        #expect(meeting.media("Ada", audio: true) == "media-changed Ada #42")
        #expect(meeting.media("Ada", audio: false, number: 25) == "duplicate")
        #expect(meeting.media("Ada", audio: false, number: 26) == "duplicate no-change")
        #expect(meeting.media("Ada", audio: false, number: 41) == "duplicate no-change")
        #expect(meeting.media("Ada", audio: true) == "rejected no-change")
        #expect(meeting.media("Ada", audio: false) == "media-changed Ada #44")
        let membership = try #require(meeting.room.membership(meeting.id("Ada")))
        #expect(membership.lastCommand == 44)
        #expect(membership.rejected.map(\.number) == Array(27...41) + [43])
    }
}

extension Meeting {
    /// The same room with one more place, by way of its snapshot.
    static func roomier(_ room: Room) -> Room {
        guard case .object(var snapshot) = room.snapshot else { return room }
        var state = room.state(for: .moderator)
        state = mergePatch(state, ["room": ["capacity": .integer(Int64(room.capacity + 1))]])
        snapshot["capacity"] = .integer(Int64(room.capacity + 1))
        snapshot["hash"] = .string(StateHash(of: state).description)
        return (try? Room(snapshot: .object(snapshot))) ?? room
    }
}
