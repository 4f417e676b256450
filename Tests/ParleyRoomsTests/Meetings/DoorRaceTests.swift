import ParleyProtocol
import ParleyRooms
import Testing

/// Two commands at once, at the door of a room and about who is in it, in both orders.
extension RaceTests {
    private static func approval(_ waiting: [String] = []) -> Meeting {
        var meeting = Self.meeting(["Ada", "Cleo"])
        _ = meeting.ask("Ada", .role(.set(meeting.id("Cleo"), .coHost)))
        _ = meeting.ask("Ada", .lifecycle(.configure(RoomSettings(json: ["admission": "approval"]))))
        for name in waiting { _ = meeting.join(name) }
        return meeting
    }

    private static func admit(_ names: [String], in meeting: Meeting) -> MeetingAction {
        .admission(.admit(.some(names.map { meeting.id($0) })))
    }

    private static func deny(_ names: [String], in meeting: Meeting) -> MeetingAction {
        .admission(.deny(.some(names.map { meeting.id($0) })))
    }

    private static func isIn(_ name: String, _ meeting: Meeting) -> Bool {
        meeting.room.participant(meeting.id(name)) != nil
    }

    @Test func `F: one moderator admits, another denies: the first decides`() {
        let meeting = Self.approval(["Bob"])
        let (first, second) = Self.race(
            meeting,
            { $0.ask("Ada", Self.admit(["Bob"], in: $0)) },
            { $0.ask("Cleo", Self.deny(["Bob"], in: $0)) }
        )
        #expect(first == ["admitted Bob #4, joined Bob", "rejected no-change"])
        #expect(second == ["denied Bob #2", "rejected unknown-participant"])
    }

    @Test func `F: both admit, or both deny: one decision`() {
        let meeting = Self.approval(["Bob"])
        for action in [Self.admit(["Bob"], in: meeting), Self.deny(["Bob"], in: meeting)] {
            let (first, second) = Self.race(meeting, { $0.ask("Ada", action) }, { $0.ask("Cleo", action) })
            for later in [first[1], second[1]] {
                #expect(["rejected no-change", "rejected unknown-participant"].contains(later))
            }
        }
    }

    @Test func `F: all are admitted while one is denied, and while one comes`() {
        let meeting = Self.approval(["Bob", "Dan"])
        let (first, second) = Self.race(
            meeting,
            { $0.ask("Ada", .admission(.admit(.all))) },
            { $0.ask("Cleo", Self.deny(["Dan"], in: $0)) }
        )
        #expect(first == ["admitted Bob #4, joined Bob, admitted Dan, joined Dan", "rejected no-change"])
        #expect(second == ["denied Dan #2", "admitted Bob #4, joined Bob"])
        let (third, fourth) = Self.race(meeting, { $0.ask("Ada", .admission(.admit(.all))) }, { $0.join("Eve") })
        #expect(third[1] == "waiting Eve (approval) #1", "all who waited then")
        #expect(fourth == ["waiting Eve (approval) #1", third[0] + ", admitted Eve, joined Eve"])
    }

    @Test func `F: somebody is admitted and gives up waiting`() {
        let meeting = Self.approval(["Bob"])
        let (first, second) = Self.race(
            meeting,
            { $0.ask("Ada", Self.admit(["Bob"], in: $0)) },
            { $0.leave("Bob") }
        )
        #expect(first == ["admitted Bob #4, joined Bob", "left Bob #2"])
        #expect(second == ["left Bob #2", "rejected unknown-participant"])
    }

    @Test func `F: a kick and an admission, of somebody who waits`() {
        let meeting = Self.approval(["Bob"])
        let (first, second) = Self.race(
            meeting,
            { $0.ask("Ada", .admission(.remove($0.id("Bob"), nil))) },
            { $0.ask("Cleo", Self.admit(["Bob"], in: $0)) }
        )
        #expect(first == ["left Bob (removed) #4", "rejected unknown-participant"])
        #expect(second == ["admitted Bob #2, joined Bob", "left Bob (removed) #4"])
        // In no order is he in the room.
        for order in [0, 1] {
            var meeting = meeting
            let steps: [Step] = [
                { $0.ask("Ada", .admission(.remove($0.id("Bob"), nil))) },
                { $0.ask("Cleo", Self.admit(["Bob"], in: $0)) },
            ]
            for step in order == 0 ? steps : steps.reversed() { _ = step(&meeting) }
            #expect(!Self.isIn("Bob", meeting))
            #expect(meeting.join("Bob").hasPrefix("waiting Bob"), "a kick takes back the right to walk in")
        }
    }

    @Test func `two moderators kick the same one, and one of them bans`() {
        var meeting = Self.approval(["Bob"])
        _ = meeting.ask("Ada", .admission(.admit(.all)))
        let (first, second) = Self.race(
            meeting,
            { $0.ask("Ada", .admission(.remove($0.id("Bob"), .init()))) },
            { $0.ask("Cleo", .admission(.remove($0.id("Bob"), nil))) }
        )
        #expect(first == ["left Bob (removed) #5, banned", "rejected unknown-participant"])
        #expect(second == ["left Bob (removed) #2", "rejected unknown-participant"])
    }

    @Test func `a ban, and the person comes with another device`() {
        let meeting = Self.meeting(["Ada", "Bob"])
        let (first, second) = Self.race(
            meeting,
            { $0.ask("Ada", .admission(.remove($0.id("Bob"), .init()))) },
            { $0.join("Bob's phone") }
        )
        #expect(first == ["left Bob (removed) #2, banned", "rejected banned"])
        #expect(second == ["joined Bob's phone #1", "left Bob (removed) #2, left Bob's phone (removed), banned"])
    }

    @Test func `a ban is lifted, and the person comes`() {
        var meeting = Self.meeting(["Ada", "Bob"])
        _ = meeting.ask("Ada", .admission(.remove(meeting.id("Bob"), .init())))
        let (first, second) = Self.race(meeting, { $0.ask("Ada", .admission(.unban(1))) }, { $0.join("Bob") })
        #expect(first == ["unbanned #3", "joined Bob #1"])
        #expect(second == ["rejected banned", "unbanned #3"])
    }

    @Test func `a lock, and somebody comes`() {
        let (first, second) = Self.race(
            Self.meeting(["Ada"]),
            { $0.ask("Ada", .lifecycle(.lock)) },
            { $0.join("Bob") }
        )
        #expect(first == ["locked #2", "rejected room-locked"])
        #expect(second == ["joined Bob #1", "locked #2"])
    }

    @Test func `an invitation is taken back, and somebody comes with it`() {
        var meeting = Self.approval()
        _ = meeting.ask("Ada", InvitationTests.invite(1))
        let withIt: Step = { $0.join("Bob") { $0.invitation = Digest([UInt8](repeating: 1, count: 32)) } }
        let (first, second) = Self.race(meeting, { $0.ask("Ada", .admission(.revoke(1))) }, withIt)
        #expect(first == ["revoked #5", "rejected invalid-invitation"])
        #expect(second == ["joined Bob #1", "revoked #5"])
    }

    @Test func `two come with the last use of an invitation`() {
        var meeting = Self.approval()
        _ = meeting.ask("Ada", InvitationTests.invite(1) { $0.usesMax = 1 })
        func withIt(_ name: String) -> Step {
            { $0.join(name) { $0.invitation = Digest([UInt8](repeating: 1, count: 32)) } }
        }
        let (first, second) = Self.race(meeting, withIt("Bob"), withIt("Dan"))
        #expect(first == ["joined Bob #1", "rejected invalid-invitation"])
        #expect(second == ["joined Dan #1", "rejected invalid-invitation"])
    }

    @Test func `two come to the last place`() {
        var meeting = Meeting(capacity: 2)
        _ = meeting.join("Ada")
        let (first, second) = Self.race(meeting, { $0.join("Bob") }, { $0.join("Cleo") })
        #expect(first == ["joined Bob #1", "rejected room-full"])
        #expect(second == ["joined Cleo #1", "rejected room-full"])
    }

    @Test func `the end, and somebody comes, waits, is admitted, or leaves`() {
        let others: [Step] = [
            { $0.join("Eve") }, { $0.ask("Cleo", Self.admit(["Bob"], in: $0)) }, { $0.leave("Bob") },
            { $0.operate(.lifecycle(.end)) }, { $0.media("Cleo", screen: true) },
        ]
        let before = [
            "waiting Eve (approval) #1", "admitted Bob #2, joined Bob", "left Bob #2", "ended (host)",
            "floor-taken Cleo, media-changed Cleo #2",
        ]
        for (other, line) in zip(others, before) {
            let (first, second) = Self.race(Self.approval(["Bob"]), { $0.ask("Ada", .lifecycle(.end)) }, other)
            #expect(first == ["ended (host) #4", "rejected room-ended"])
            #expect(second[0] == line)
            #expect(["ended (host) #4", "rejected room-ended"].contains(second[1]))
        }
    }
}
