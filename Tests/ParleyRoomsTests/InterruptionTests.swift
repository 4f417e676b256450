import ParleyProtocol
import ParleyRooms
import Testing

/// Connections that are lost and come back. Whoever finds something out names the epoch it has seen.
@Suite struct InterruptionTests {
    private static func adaAndBob(grace: Int = 30_000) -> Meeting {
        var meeting = Meeting()
        meeting.room = Room(id: meeting.room.id, graceMilliseconds: grace)
        _ = meeting.join("Ada")
        _ = meeting.join("Bob")
        return meeting
    }

    @Test func `lost, and back in time`() throws {
        var meeting = Self.adaAndBob()
        #expect(meeting.epoch("Bob") == 1)
        #expect(meeting.interrupt("Bob", at: Instant(milliseconds: 7)) == "interrupted Bob")
        let lost = try #require(meeting.room.participant(meeting.id("Bob")))
        #expect(lost.connection == .interrupted(since: Instant(milliseconds: 7)))
        #expect(meeting.attach("Bob") == "resumed Bob")
        #expect(meeting.room.participant(lost.id)?.connection == .connected)
        #expect(meeting.epoch("Bob") == 2)
        #expect(meeting.room.count == 2)
    }

    @Test func `lost for good leaves once, whoever finds it out`() {
        var meeting = Self.adaAndBob()
        #expect(meeting.expire("Bob") == "rejected no-change")
        #expect(meeting.interrupt("Bob") == "interrupted Bob")
        #expect(meeting.interrupt("Bob") == "rejected no-change")
        #expect(meeting.expire("Bob") == "left Bob (disconnected)")
        #expect(meeting.expire("Bob", epoch: 1) == "rejected not-joined")
        #expect(meeting.interrupt("Bob", epoch: 1) == "rejected not-joined")
        #expect(meeting.attach("Bob") == "rejected not-joined")
        #expect(meeting.disconnect("Bob") == "rejected not-joined")
    }

    @Test func `what is found out late never hurts a newer connection`() {
        var meeting = Self.adaAndBob()
        #expect(meeting.interrupt("Bob", epoch: 1) == "interrupted Bob")
        #expect(meeting.attach("Bob", attempt: 1) == "resumed Bob")
        #expect(meeting.interrupt("Bob", epoch: 1) == "rejected no-change")
        #expect(meeting.expire("Bob", epoch: 1) == "rejected no-change")
        // Said again, because nobody knew whether the first time was heard.
        #expect(meeting.attach("Bob", attempt: 1) == "duplicate")
        #expect(meeting.interrupt("Bob", epoch: 2) == "interrupted Bob")
        // The grace period of the first loss ends: it is not that of the second.
        #expect(meeting.expire("Bob", epoch: 1) == "rejected no-change")
        #expect(meeting.attach("Bob", attempt: 1, node: 1) == "rejected no-change")
        // The node that has the connection knows better.
        #expect(meeting.attach("Bob", attempt: 1) == "resumed Bob")
        #expect(meeting.interrupt("Bob", epoch: 3) == "interrupted Bob")
        #expect(meeting.expire("Bob", epoch: 3) == "left Bob (disconnected)")
    }

    @Test func `a return that nobody has heard of moves the session, and nobody sees it`() {
        var meeting = Self.adaAndBob()
        #expect(meeting.attach("Bob", node: 2) == "attached Bob")
        #expect(meeting.room.participant(meeting.id("Bob"))?.connection == .connected)
        #expect(meeting.room.membership(meeting.id("Bob"))?.node == NodeID(high: 0, low: 2))
        // The node that it has left finds out late.
        #expect(meeting.interrupt("Bob", epoch: 1) == "rejected no-change")
        #expect(meeting.disconnect("Bob", epoch: 1) == "rejected no-change")
        #expect(meeting.disconnect("Bob", epoch: 2) == "left Bob (disconnected)")
    }

    @Test func `the newest secret with which somebody came back is known to every node`() throws {
        var meeting = Self.adaAndBob()
        #expect(meeting.attach("Bob", node: 2, secret: 3) == "attached Bob")
        #expect(meeting.attach("Bob", node: 1, secret: 2) == "attached Bob")
        #expect(meeting.attach("Bob", node: 1) == "attached Bob")
        #expect(meeting.room.membership(meeting.id("Bob"))?.secret == 3)
        #expect(meeting.room.membership(meeting.id("Ada"))?.secret == 0)
        // By the log, and by a snapshot.
        try meeting.checkViews()
    }

    @Test func `a connection that was slow on its way does not end a later one`() {
        var meeting = Self.adaAndBob()
        #expect(meeting.attach("Bob", attempt: 3, node: 2) == "attached Bob")
        #expect(meeting.attach("Bob", attempt: 2, node: 1) == "rejected no-change")
        #expect(meeting.attach("Bob", attempt: 3, node: 1) == "rejected no-change")
        #expect(meeting.epoch("Bob") == 2)
        // Who does not count is always the newest.
        #expect(meeting.attach("Bob", attempt: 0, node: 1) == "attached Bob")
        #expect(meeting.attach("Bob", attempt: 3, node: 1) == "duplicate")
        #expect(meeting.attach("Bob", attempt: 4, node: 1) == "attached Bob")
    }

    @Test func `a connection that was taken for lost does not take over from one that came since`() {
        var meeting = Self.adaAndBob()
        #expect(meeting.interrupt("Bob") == "interrupted Bob")
        // Its node finds out that it is not lost; but meanwhile Bob has come back to another one.
        #expect(meeting.attach("Bob", attempt: 2, node: 2) == "resumed Bob")
        #expect(meeting.attach("Bob", attempt: 0, node: 0, since: 1) == "rejected no-change")
        #expect(meeting.attach("Bob", attempt: 0, node: 0, since: 2) == "attached Bob")
    }

    @Test func `a session joins anew by a later connection, and not by an earlier one`() {
        var meeting = Self.adaAndBob()
        let bob = meeting.id("Bob")
        #expect(meeting.joinAgain("Bob", membership: 2, attempt: 3, node: 2) == "left Bob (replaced), joined Bob #1")
        #expect(meeting.room.participant(bob) == nil)
        // The join that its first connection sent was slow on its way.
        #expect(meeting.joinAgain("Bob", membership: 3, attempt: 2, node: 1) == "rejected already-joined")
    }

    @Test func `what somebody said before the loss is still heard`() {
        var meeting = Self.adaAndBob()
        _ = meeting.interrupt("Bob")
        #expect(meeting.media("Bob", audio: true) == "media-changed Bob #2")
        #expect(meeting.media("Bob", audio: true) == "rejected no-change")
        _ = meeting.attach("Bob")
        #expect(meeting.media("Bob", audio: true, number: 2) == "duplicate")
        #expect(meeting.media("Bob", audio: true, number: 3) == "duplicate no-change")
        _ = meeting.interrupt("Bob")
        #expect(meeting.leave("Bob") == "left Bob #4")
        #expect(meeting.expire("Bob", epoch: 2) == "rejected not-joined")
    }

    @Test func `who is lost keeps the place, and is in the room already`() {
        var meeting = Meeting(capacity: 1)
        _ = meeting.join("Ada")
        _ = meeting.interrupt("Ada")
        #expect(meeting.join("Ada", number: 2) == "rejected already-joined")
        #expect(meeting.join("Bob") == "rejected room-full")
        #expect(meeting.expire("Ada") == "left Ada (disconnected), ended")
        #expect(meeting.interrupt("Ada", epoch: 1) == "rejected room-ended")
        #expect(meeting.expire("Ada", epoch: 1) == "rejected room-ended")
    }

    @Test func `another membership begins with its own first connection`() {
        var meeting = Self.adaAndBob()
        _ = meeting.interrupt("Bob")
        _ = meeting.attach("Bob")
        _ = meeting.leave("Bob")
        _ = meeting.join("Bob")
        #expect(meeting.epoch("Bob") == 1)
    }

    @Test func `log and snapshot keep the loss, the epoch and the grace period`() throws {
        var meeting = Self.adaAndBob(grace: 5_000)
        _ = meeting.interrupt("Ada")
        _ = meeting.attach("Ada")
        _ = meeting.interrupt("Bob", at: Instant(milliseconds: 7))
        var replica = Room(id: meeting.room.id)
        for event in meeting.log { replica.evolve(try RoomEvent(json: event.json)) }
        for room in [replica, try Room(snapshot: meeting.room.snapshot)] {
            #expect(room == meeting.room)
            #expect(room.membership(meeting.id("Ada"))?.epoch == 2)
            #expect(room.graceMilliseconds == 5_000)
            #expect(room.state(for: .audience)["room"]?["graceMilliseconds"] == 5_000)
        }
    }
}
