import ParleyProtocol
import ParleyRooms
import Testing

/// A room whose creator is Ada, with these settings.
private func meeting(_ settings: JSONValue, people: [String] = [], capacity: Int = 100) -> Meeting {
    var meeting = Meeting(capacity: capacity)
    _ = meeting.join("Ada") { $0.settings = RoomSettings(json: settings) }
    for name in people { _ = meeting.join(name) }
    return meeting
}

extension Meeting {
    fileprivate mutating func admit(_ by: String, _ names: String...) -> String {
        self.ask(by, .admission(.admit(.some(names.map { self.id($0) }))))
    }

    fileprivate mutating func deny(_ by: String, _ names: String...) -> String {
        self.ask(by, .admission(.deny(.some(names.map { self.id($0) }))))
    }

    fileprivate mutating func remove(_ by: String, _ name: String, ban: AdmissionAction.Ban? = nil) -> String {
        self.ask(by, .admission(.remove(self.id(name), ban)))
    }

    fileprivate func isTrue() {
        for view in View.allCases {
            #expect(self.folded[view] == self.room.state(for: view), "\(view)")
            #expect(StateHash(of: self.room.state(for: view)) == self.room.hash(for: view), "\(view)")
        }
        #expect((try? Room(snapshot: self.room.snapshot)) == self.room)
        for event in self.log { #expect((try? RoomEvent(json: event.json)) == event) }
    }
}

private func later(_ milliseconds: Int) -> Instant { Meeting.clock.advanced(milliseconds: milliseconds) }
private func digest(_ byte: UInt8) -> Digest {
    guard let digest = Digest([UInt8](repeating: byte, count: 32)) else { preconditionFailure("32 bytes") }
    return digest
}

@Suite struct WaitingRoomTests {
    @Test func `somebody waits, is seen by moderators alone, and is let in`() {
        var meeting = meeting(["admission": "approval"])
        #expect(meeting.join("Bob", display: "Bob") == "waiting Bob (approval) #1")
        let bob = meeting.id("Bob")
        #expect(meeting.room.view(of: bob) == .waiting)
        #expect(meeting.room.count == 1)
        #expect(meeting.room.state(for: .moderator)["waiting"]?[bob.description]?["name"] == "Bob")
        #expect(meeting.room.state(for: .participant)["waiting"] == nil)
        #expect(meeting.room.state(for: .waiting).object?.members.map(\.name) == ["room"])
        meeting.isTrue()
        #expect(meeting.media("Bob", audio: true) == "rejected waiting")
        #expect(meeting.ask("Bob", .lifecycle(.lock)) == "rejected waiting")
        #expect(meeting.admit("Bob", "Bob") == "rejected waiting")
        #expect(meeting.admit("Ada", "Bob") == "admitted Bob #2, joined Bob")
        #expect(meeting.room.state(for: .moderator)["waiting"] == nil)
        // The membership, with its numbers and its refusals, goes on.
        #expect(meeting.media("Bob", audio: true, number: 2) == "duplicate waiting")
        #expect(meeting.media("Bob", audio: true) == "media-changed Bob #5")
        meeting.isTrue()
    }

    @Test func `only moderators decide`() {
        var meeting = meeting([:], people: ["Cleo"])
        _ = meeting.ask("Ada", .lifecycle(.configure(RoomSettings(json: ["admission": "approval"]))))
        _ = meeting.join("Bob")
        #expect(meeting.admit("Cleo", "Bob") == "rejected not-permitted")
        #expect(meeting.deny("Cleo", "Bob") == "rejected not-permitted")
        #expect(meeting.ask("Cleo", .admission(.notice("Soon", nil))) == "rejected not-permitted")
    }

    @Test func `two moderators admit at once, and it is one decision`() {
        var meeting = meeting([:], people: ["Cleo"])
        _ = meeting.ask("Ada", .role(.set(meeting.id("Cleo"), .coHost)))
        _ = meeting.ask("Ada", .lifecycle(.configure(RoomSettings(json: ["admission": "approval"]))))
        _ = meeting.join("Bob")
        _ = meeting.join("Dan")
        #expect(meeting.admit("Ada", "Bob") == "admitted Bob #4, joined Bob")
        #expect(meeting.admit("Cleo", "Bob") == "rejected no-change")
        // Deny against admit: whichever is first in the log counts.
        #expect(meeting.deny("Cleo", "Bob") == "rejected no-change")
        #expect(meeting.deny("Cleo", "Dan") == "denied Dan #4")
        #expect(meeting.admit("Ada", "Dan") == "rejected unknown-participant")
        #expect(meeting.ask("Ada", .admission(.admit(.all))) == "rejected no-change")
    }

    @Test func `admitting someone who has gone`() {
        var meeting = meeting(["admission": "approval"])
        _ = meeting.join("Bob")
        #expect(meeting.leave("Bob") == "left Bob #2")
        #expect(meeting.admit("Ada", "Bob") == "rejected unknown-participant")
        meeting.isTrue()
    }

    @Test func `some of them have gone, and the others come in`() {
        var meeting = meeting(["admission": "approval"])
        for name in ["Bob", "Cleo", "Dan"] { _ = meeting.join(name) }
        _ = meeting.leave("Cleo")
        #expect(meeting.admit("Ada", "Dan", "Cleo", "Bob") == "admitted Bob #2, joined Bob, admitted Dan, joined Dan")
    }

    @Test func `whoever is denied is sent away for a minute, and may then ask again`() {
        var meeting = meeting(["admission": "approval"])
        _ = meeting.join("Bob")
        #expect(meeting.deny("Ada", "Bob") == "denied Bob #2")
        #expect(meeting.room.membership(meeting.id("Bob")) == nil)
        #expect(meeting.join("Bob", at: later(Limits().deniedMilliseconds - 1)) == "rejected denied")
        #expect(meeting.join("Bob", at: later(Limits().deniedMilliseconds)) == "waiting Bob (approval) #2")
        meeting.isTrue()
    }

    @Test func `whoever was in may come in again, until somebody takes that back`() {
        var meeting = meeting(["admission": "approval"])
        _ = meeting.join("Bob")
        _ = meeting.admit("Ada", "Bob")
        _ = meeting.disconnect("Bob")
        #expect(meeting.join("Bob") == "joined Bob #1")
        #expect(meeting.remove("Ada", "Bob") == "left Bob (removed) #3")
        #expect(meeting.join("Bob") == "waiting Bob (approval) #1")
        _ = meeting.admit("Ada", "Bob")
        _ = meeting.leave("Bob")
        _ = meeting.ask("Ada", .lifecycle(.configure(RoomSettings(json: ["readmit": false]))))
        #expect(meeting.join("Bob") == "waiting Bob (approval) #1")
    }

    /// jitsi-meet#7676: the host came, and everybody was inside.
    @Test func `wait for host keeps people waiting, and then applies the rule`() {
        var meeting = meeting(["waitForHost": true, "admission": "approval", "emptyMilliseconds": 60_000])
        _ = meeting.ask("Ada", InvitationTests.invite(1) { $0.role = .coHost })
        _ = meeting.leave("Ada")
        #expect(meeting.join("Bob") == "waiting Bob (host) #1")
        #expect(meeting.join("Cleo") == "waiting Cleo (host) #1")
        let line = meeting.join("Dan") { $0.invitation = digest(1) }
        #expect(line.hasPrefix("joined Dan #1"))
        #expect(line.hasSuffix("waiting Bob (approval), waiting Cleo (approval)"))
        #expect(meeting.room.count == 1)
        meeting.isTrue()
    }

    @Test func `with an open door, those who waited for the host come in behind the host`() {
        var meeting = meeting(["waitForHost": true, "emptyMilliseconds": 60_000])
        _ = meeting.ask("Ada", InvitationTests.invite(1) { $0.role = .coHost })
        _ = meeting.leave("Ada")
        _ = meeting.join("Bob")
        let line = meeting.join("Dan") { $0.invitation = digest(1) }
        #expect(line.hasSuffix("admitted Bob, joined Bob"))
        meeting.isTrue()
    }

    @Test func `another rule lets in who waits by the old one`() {
        var meeting = meeting(["admission": "approval"])
        _ = meeting.join("Bob")
        let open = RoomSettings(json: ["admission": .null])
        #expect(meeting.ask("Ada", .lifecycle(.configure(open))) == "configured #2, admitted Bob, joined Bob")
        meeting.isTrue()
    }

    @Test func `those who wait take no place, and come in when there is one`() {
        var meeting = meeting(["admission": "approval"], capacity: 2)
        for name in ["Bob", "Cleo"] { _ = meeting.join(name) }
        #expect(meeting.ask("Ada", .admission(.admit(.all))) == "admitted Bob #2, joined Bob")
        #expect(meeting.admit("Ada", "Cleo") == "rejected room-full")
        #expect(meeting.leave("Bob") == "left Bob #2")
        #expect(meeting.admit("Ada", "Cleo") == "admitted Cleo #4, joined Cleo")
    }

    @Test func `so many wait and no more, and all of them come in, a few with each entry`() {
        var meeting = meeting(["admission": "approval", "stageMax": 300], capacity: 300)
        let waitingMax = UInt64(Limits().waitingMax)
        for number in 0...waitingMax {
            let join = RoomCommand.Join(
                session: SessionID(high: 50, low: number + 1_000),
                identity: IdentityID(high: 51, low: number + 1_000),
                abilities: Abilities()
            )
            let id = ParticipantID(high: 52, low: number + 1_000)
            let command = RoomCommand(participant: id, number: 1, at: Meeting.clock, action: .join(join))
            let line = meeting.decide(command)
            #expect(line == (number < waitingMax ? "waiting ? (approval) #1" : "rejected room-full"))
        }
        _ = meeting.ask("Ada", .admission(.admit(.all)))
        var entries = 1
        while let deadline = meeting.room.nextDeadline {
            #expect(deadline <= Meeting.clock)
            #expect(meeting.pass(Meeting.clock) != "rejected no-change")
            entries += 1
        }
        #expect(meeting.room.count == 201)
        #expect(entries == 9)
        meeting.isTrue()
    }

    @Test func `a lost connection at the door is shown, comes back, and is over after its grace`() {
        var meeting = meeting(["admission": "approval"])
        _ = meeting.join("Bob")
        let bob = meeting.id("Bob").description
        #expect(meeting.interrupt("Bob") == "interrupted Bob")
        #expect(meeting.room.state(for: .moderator)["waiting"]?[bob]?["connection"] == "interrupted")
        meeting.isTrue()
        #expect(meeting.attach("Bob") == "resumed Bob")
        meeting.isTrue()
        _ = meeting.interrupt("Bob")
        #expect(meeting.expire("Bob") == "left Bob (disconnected)")
        meeting.isTrue()
    }

    @Test func `words to those who wait`() {
        var meeting = meeting(["admission": "approval"])
        #expect(meeting.ask("Ada", .admission(.notice("Soon", nil))) == "rejected no-change")
        _ = meeting.join("Bob")
        #expect(meeting.ask("Ada", .admission(.notice("Soon", [meeting.id("Bob")]))) == "notice #3")
        #expect(meeting.log.last?.wire(patch: nil)["text"] == "Soon")
        meeting.isTrue()
    }
}

@Suite struct RemovalTests {
    @Test func `a ban holds for the identity on every device, until it is lifted or over`() {
        var meeting = meeting([:], people: ["Bob", "Bob's phone", "Cleo"])
        let ban = AdmissionAction.Ban(milliseconds: 5_000)
        #expect(meeting.remove("Cleo", "Bob", ban: ban) == "rejected not-permitted")
        #expect(
            meeting.remove("Ada", "Bob", ban: ban)
                == "left Bob (removed) #2, left Bob's phone (removed), banned"
        )
        #expect(meeting.room.state(for: .moderator)["bans"]?["1"]?["until"] == .integer(later(5_000).milliseconds))
        #expect(meeting.room.state(for: .participant)["bans"] == nil)
        meeting.isTrue()
        #expect(meeting.join("Bob", at: later(4_999)) == "rejected banned")
        #expect(meeting.join("Bob", at: later(5_000)) == "joined Bob #2")
        #expect(meeting.ask("Ada", .admission(.unban(1))) == "unbanned #3")
        #expect(meeting.ask("Ada", .admission(.unban(1))) == "rejected no-change")
        meeting.isTrue()
    }

    @Test func `nobody removes who is not below them, or who is not here`() {
        var meeting = meeting([:], people: ["Bob", "Cleo"])
        _ = meeting.ask("Ada", .role(.set(meeting.id("Bob"), .coHost)))
        _ = meeting.ask("Ada", .role(.set(meeting.id("Cleo"), .coHost)))
        #expect(meeting.remove("Bob", "Ada") == "rejected not-permitted")
        #expect(meeting.remove("Bob", "Cleo") == "rejected not-permitted")
        #expect(meeting.remove("Bob", "Bob") == "rejected not-permitted")
        #expect(meeting.remove("Ada", "Dan") == "rejected unknown-participant")
        #expect(meeting.remove("Ada", "Cleo") == "left Cleo (removed) #5")
    }

    @Test func `kick against admit: whoever waits and is removed is not admitted`() {
        var meeting = meeting(["admission": "approval"])
        _ = meeting.join("Bob")
        #expect(meeting.remove("Ada", "Bob", ban: .init()) == "left Bob (removed) #2, banned")
        #expect(meeting.admit("Ada", "Bob") == "rejected unknown-participant")
        #expect(meeting.join("Bob", at: later(1_000_000_000)) == "rejected banned")
        meeting.isTrue()
    }

    @Test func `the list of bans is bounded, and those that are over make room`() {
        var meeting = meeting([:])
        let ban = AdmissionAction.Ban(milliseconds: 1_000)
        func join(_ number: UInt64) -> (ParticipantID, RoomCommand) {
            let join = RoomCommand.Join(
                session: SessionID(high: 50, low: number + 1_000),
                identity: IdentityID(high: 51, low: number + 1_000),
                abilities: Abilities()
            )
            let id = ParticipantID(high: 52, low: number + 1_000)
            return (id, RoomCommand(participant: id, number: 1, at: Meeting.clock, action: .join(join)))
        }
        let bansMax = UInt64(Limits().bansMax)
        for number in 0...bansMax {
            let (id, command) = join(number)
            _ = meeting.decide(command)
            let line = meeting.operate(.admission(.remove(id, ban)))
            #expect(line == (number < bansMax ? "left ? (removed), banned" : "rejected too-many"))
        }
        #expect(
            meeting.operate(.admission(.remove(join(bansMax).0, ban)), at: later(1_000)) == "left ? (removed), banned"
        )
        #expect(meeting.room.door.bans.count == 1)
        meeting.isTrue()
    }
}

@Suite struct InvitationTests {
    static func invite(_ byte: UInt8, _ change: (inout AdmissionAction.Invite) -> Void = { _ in })
        -> MeetingAction
    {
        var invite = AdmissionAction.Invite()
        invite.digest = digest(byte)
        change(&invite)
        return .admission(.invite(invite))
    }

    @Test func `whoever knows the secret comes in, past the door and the PIN, in the role of the invitation`() {
        var meeting = meeting(["admission": "approval", "pin": .string(digest(9).description)])
        #expect(meeting.ask("Ada", Self.invite(1) { $0.role = .speaker }) == "invited #2")
        #expect(meeting.join("Bob") { $0.invitation = digest(1) } == "joined Bob #1")
        #expect(meeting.room.participant(meeting.id("Bob"))?.role == .speaker)
        #expect(meeting.room.state(for: .moderator)["invitations"]?["1"]?["uses"] == 1)
        #expect(meeting.room.state(for: .participant)["invitations"] == nil)
        meeting.isTrue()
    }

    @Test func `unknown, over, used up and taken back look the same`() {
        var meeting = meeting([:])
        _ = meeting.ask("Ada", Self.invite(1) { $0.usesMax = 1 })
        _ = meeting.ask("Ada", Self.invite(2) { $0.expiresAt = later(1_000) })
        _ = meeting.ask("Ada", Self.invite(3))
        #expect(meeting.ask("Ada", .admission(.revoke(3))) == "revoked #5")
        #expect(meeting.ask("Ada", .admission(.revoke(3))) == "rejected no-change")
        #expect(meeting.ask("Ada", .admission(.revoke(9))) == "rejected invalid-invitation")
        #expect(meeting.join("Bob") { $0.invitation = digest(1) } == "joined Bob #1")
        for byte in [1, 2, 3, 4] as [UInt8] {
            let line = meeting.join("Cleo", at: later(1_000)) { $0.invitation = digest(byte) }
            #expect(line == "rejected invalid-invitation", "\(byte)")
        }
        // One use per identity: the same person may come again.
        _ = meeting.leave("Bob")
        #expect(meeting.join("Bob") { $0.invitation = digest(1) } == "joined Bob #1")
        #expect(meeting.ask("Ada", Self.invite(5) { $0.expiresAt = Meeting.clock }) == "rejected invalid-invitation")
    }

    @Test func `an invitation that does not bypass is a role, and somebody still has to open`() {
        var meeting = meeting(["admission": "approval"])
        _ = meeting.ask("Ada", Self.invite(1) { ($0.role, $0.bypass) = (.speaker, false) })
        #expect(meeting.join("Bob") { $0.invitation = digest(1) } == "waiting Bob (approval) #1")
        // Revoke against use: whoever waits by it waits like everybody else.
        #expect(meeting.ask("Ada", .admission(.revoke(1))) == "revoked #3")
        meeting.isTrue()
        _ = meeting.admit("Ada", "Bob")
        #expect(meeting.room.participant(meeting.id("Bob"))?.role == .participant)
    }

    @Test func `nobody invites above themselves`() {
        var meeting = meeting([:], people: ["Bob"])
        #expect(meeting.ask("Bob", Self.invite(1)) == "rejected not-permitted")
        _ = meeting.ask("Ada", .role(.set(meeting.id("Bob"), .coHost)))
        #expect(meeting.ask("Bob", Self.invite(1) { $0.role = .coHost }) == "rejected invalid-role")
        #expect(meeting.ask("Ada", Self.invite(1) { $0.role = .host }) == "rejected invalid-role")
        #expect(meeting.ask("Ada", Self.invite(1) { $0.role = .coHost }) == "invited #4")
    }

    @Test func `an observer is invited, and never one by wish alone`() {
        var meeting = meeting([:])
        #expect(meeting.join("Bob") { $0.role = .observer } == "rejected invalid-role")
        #expect(meeting.join("Bob") { $0.role = .host } == "rejected invalid-role")
        #expect(meeting.join("Bob") { $0.role = .audience } == "joined Bob #3")
        #expect(meeting.room.participant(meeting.id("Bob"))?.role == .audience)
        _ = meeting.ask("Ada", Self.invite(1) { $0.role = .observer })
        #expect(meeting.join("Cleo") { $0.invitation = digest(1) } == "joined Cleo #1")
        #expect(meeting.room.participant(meeting.id("Cleo"))?.role == .observer)
        #expect(meeting.room.state(for: .participant)["people"]?[meeting.id("Cleo").description] == nil)
    }

    @Test func `a room of members takes invited people, and those who were in`() {
        var meeting = meeting(["admission": "members"])
        _ = meeting.ask("Ada", Self.invite(1))
        #expect(meeting.join("Cleo") == "rejected denied")
        #expect(meeting.join("Bob") { $0.invitation = digest(1) } == "joined Bob #1")
        _ = meeting.leave("Bob")
        #expect(meeting.join("Bob") == "joined Bob #1")
    }

    @Test func `the list of invitations is bounded`() {
        var meeting = meeting([:])
        let invitationsMax = UInt8(Limits().invitationsMax)
        for number in 0...invitationsMax {
            let line = meeting.operate(Self.invite(number))
            #expect(line == (number < invitationsMax ? "invited" : "rejected too-many"))
        }
    }

    @Test func `a PIN is asked for, and is wrong or right`() {
        var meeting = meeting(["pin": .string(digest(9).description)])
        #expect(meeting.join("Bob") == "rejected pin-required")
        #expect(meeting.join("Bob") { $0.pin = digest(8) } == "rejected wrong-pin")
        #expect(meeting.join("Bob") { $0.pin = digest(9) } == "joined Bob #3")
        _ = meeting.leave("Bob")
        #expect(meeting.join("Bob") == "joined Bob #1")
    }

    @Test func `lock against join: a locked room takes nobody new, invited or not`() {
        var meeting = meeting(["admission": "approval"])
        _ = meeting.ask("Ada", Self.invite(1))
        _ = meeting.join("Cleo")
        #expect(meeting.ask("Ada", .lifecycle(.lock)) == "locked #3")
        #expect(meeting.join("Bob") { $0.invitation = digest(1) } == "rejected room-locked")
        // Those who waited before still do, and come in if somebody says so.
        let open = RoomSettings(json: ["admission": .null])
        #expect(meeting.ask("Ada", .lifecycle(.configure(open))) == "configured #4")
        #expect(meeting.admit("Ada", "Cleo") == "admitted Cleo #5, joined Cleo")
    }
}
