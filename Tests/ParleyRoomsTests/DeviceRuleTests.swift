import ParleyProtocol
import ParleyRooms
import Testing

/// One person with several devices: several participants or one, as the room wants it.
@Suite struct DeviceRuleTests {
    private static func adaAndBob(_ devices: DeviceRule, capacity: Int = 100) -> Meeting {
        var meeting = Meeting(capacity: capacity, devices: devices)
        _ = meeting.join("Ada")
        _ = meeting.join("Bob")
        return meeting
    }

    // MARK: Allow

    @Test func `allowed: each device is a participant of its own, with the person's role`() {
        var meeting = Self.adaAndBob(.allow)
        #expect(meeting.join("Ada's phone") == "joined Ada's phone #1")
        #expect(meeting.join("Ada's tablet") == "joined Ada's tablet #1")
        #expect(meeting.leave("Ada") == "left Ada #2")
        let devices = meeting.room.participants(of: Meeting.identity("Ada"))
        #expect(devices.map { Meeting.name($0.id) } == ["Ada's phone", "Ada's tablet"])
        #expect(devices.map(\.role) == [.host, .host], "a role is a person's")
    }

    // MARK: Replace

    @Test func `replaced: the newest device takes the place and the role`() throws {
        var meeting = Self.adaAndBob(.replace)
        #expect(meeting.join("Ada's phone") == "left Ada (replaced), joined Ada's phone #1")
        let phone = try #require(meeting.room.participant(meeting.id("Ada's phone")))
        #expect(phone.role == .host)
        #expect(phone.joined == 3)
        #expect(meeting.join("Bob's phone") == "left Bob (replaced), joined Bob's phone #1")
        #expect(meeting.room.participants.map(\.role) == [.host, .participant])
        // And back again, as somebody new.
        #expect(meeting.join("Ada") == "left Ada's phone (replaced), joined Ada #1")
        #expect(meeting.room.participant(meeting.id("Ada"))?.role == .host)
    }

    @Test func `replaced: a full room has the place that becomes free`() {
        var meeting = Self.adaAndBob(.replace, capacity: 2)
        #expect(meeting.join("Cleo") == "rejected room-full")
        #expect(meeting.join("Ada's phone") == "left Ada (replaced), joined Ada's phone #1")
        #expect(meeting.room.count == 2)
    }

    @Test func `replaced: whoever is alone takes over from themselves, and the room goes on`() {
        var meeting = Meeting(devices: .replace)
        _ = meeting.join("Ada")
        #expect(meeting.join("Ada's phone") == "left Ada (replaced), joined Ada's phone #1")
        #expect(meeting.room.lifecycle == .open)
        #expect(meeting.leave("Ada's phone") == "left Ada's phone #2, ended")
    }

    @Test func `replaced: lost or not makes no difference`() {
        var meeting = Self.adaAndBob(.replace)
        _ = meeting.interrupt("Ada")
        #expect(meeting.join("Ada's phone") == "left Ada (replaced), joined Ada's phone #1")
        #expect(meeting.attach("Ada", attempt: 1) == "rejected not-joined")
        #expect(meeting.expire("Ada", epoch: 1) == "rejected not-joined")
    }

    @Test func `replaced: what the earlier device still says comes too late, a join sent twice does nothing`() {
        var meeting = Self.adaAndBob(.replace)
        _ = meeting.join("Ada's phone")
        #expect(meeting.media("Ada", audio: true) == "rejected not-joined")
        #expect(meeting.join("Ada's phone", number: 1) == "duplicate")
        #expect(meeting.media("Ada's phone", audio: true) == "media-changed Ada's phone #2")
    }

    /// One entry takes many commands, each decided against the room with those before it.
    @Test func `replaced: of several at once the last one stays`() {
        var meeting = Self.adaAndBob(.replace, capacity: 2)
        #expect(meeting.join("Ada's phone") == "left Ada (replaced), joined Ada's phone #1")
        #expect(meeting.join("Ada's tablet") == "left Ada's phone (replaced), joined Ada's tablet #1")
        #expect(meeting.join("Ada") == "left Ada's tablet (replaced), joined Ada #1")
        #expect(meeting.room.count == 2)
        #expect(meeting.log.count { $0.type == "left" } == 3)
    }

    // MARK: Reject

    @Test func `rejected: one device at a time`() {
        var meeting = Self.adaAndBob(.reject)
        #expect(meeting.join("Ada's phone") == "rejected identity-present")
        #expect(meeting.join("Bob's phone") == "rejected identity-present")
        #expect(meeting.leave("Ada") == "left Ada #2, role-changed Bob host (succession)")
        #expect(meeting.join("Ada's phone") == "joined Ada's phone #2, role-changed Bob participant (owner-returned)")
    }

    @Test func `rejected: a device whose connection is lost locks nobody out`() {
        var meeting = Self.adaAndBob(.reject, capacity: 2)
        _ = meeting.interrupt("Ada")
        #expect(meeting.join("Ada's phone") == "left Ada (replaced), joined Ada's phone #1")
        #expect(meeting.room.participant(meeting.id("Ada's phone"))?.role == .host)
        // Its network is back: its place is taken.
        #expect(meeting.attach("Ada", attempt: 1) == "rejected not-joined")
        #expect(meeting.join("Ada", number: 1) == "rejected identity-present")
    }

    @Test func `rejected: who is back in time keeps the place`() {
        var meeting = Self.adaAndBob(.reject)
        _ = meeting.interrupt("Ada")
        _ = meeting.attach("Ada")
        #expect(meeting.join("Ada's phone") == "rejected identity-present")
    }

    @Test func `rejected: that the room is full is not said to who is in it already`() {
        var meeting = Self.adaAndBob(.reject, capacity: 2)
        #expect(meeting.join("Ada's phone") == "rejected identity-present")
        #expect(meeting.join("Cleo") == "rejected room-full")
        // The session that is in the room is another matter.
        #expect(meeting.join("Ada", number: 2) == "rejected already-joined")
    }

    @Test(arguments: [(DeviceRule.allow, false), (.replace, true), (.reject, true)])
    func `whoever comes back late knows whether they would throw themselves out`(rule: DeviceRule, isTaken: Bool) {
        var meeting = Self.adaAndBob(rule)
        let ada = Meeting.identity("Ada")
        _ = meeting.interrupt("Ada")
        _ = meeting.join("Ada's phone")
        _ = meeting.expire("Ada")
        #expect(meeting.room.isTaken(byOtherDeviceOf: ada) == isTaken)
        _ = meeting.interrupt("Ada's phone")
        #expect(!meeting.room.isTaken(byOtherDeviceOf: ada))
        _ = meeting.leave("Ada's phone")
        #expect(!meeting.room.isTaken(byOtherDeviceOf: ada))
    }

    // MARK: The rule

    @Test func `the rule is that of the join which created the room, whatever later ones ask for`() throws {
        var meeting = Self.adaAndBob(.reject)
        let join = RoomCommand.Join(
            session: Meeting.session("Ada's phone"),
            identity: Meeting.identity("Ada"),
            abilities: Abilities(),
            devices: .allow
        )
        let command = RoomCommand(
            participant: Meeting.participant("Ada's phone", membership: 1),
            number: 1,
            at: Meeting.clock,
            action: .join(join)
        )
        #expect(meeting.decide(command) == "rejected identity-present")
        #expect(meeting.room.devices == .reject)
    }

    @Test(arguments: DeviceRule.allCases)
    func `state, log and snapshot know the rule`(rule: DeviceRule) throws {
        var meeting = Self.adaAndBob(rule)
        _ = meeting.join("Ada's phone")
        _ = meeting.interrupt("Bob")
        _ = meeting.join("Bob's phone")
        var replica = Room(id: meeting.room.id)
        for event in meeting.log { replica.evolve(try RoomEvent(json: event.json)) }
        for room in [replica, try Room(snapshot: meeting.room.snapshot)] {
            #expect(room == meeting.room)
            #expect(room.devices == rule)
            for view in View.allCases {
                #expect(room.state(for: view)["room"]?["devices"] == .string(rule.rawValue))
            }
        }
    }
}
