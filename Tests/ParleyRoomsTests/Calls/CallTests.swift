import ParleyProtocol
import ParleyRooms
import Testing

@Suite struct CallTests {
    @Test func `a call begins with its ring, and is answered once`() throws {
        var call = Meeting()
        #expect(call.call("Ada", rings("Bob")) == "created, joined Ada #1, ring-started")
        try call.checkViews()
        #expect(call.room.kind == .call && !call.room.isConversation)
        #expect(call.folded[.participant]?["room"]?["kind"] == "call")
        let bob = Meeting.identity("Bob").description
        #expect(call.folded[.participant]?["rings"]?["1"]?["people"]?[bob] == ["user": "bob", "state": "calling"])
        #expect(call.report("Bob", .ringing) == "ring-changed")
        #expect(call.folded[.participant]?["rings"]?["1"]?["people"]?[bob]?["state"] == "ringing")
        try call.checkViews()
        let answer = try #require(AttributeValue(["type": "answer", "sdp": "v=0"]))
        let accepted = call.accept("Bob", answer: answer)
        #expect(accepted == "joined Bob #1, ring-answered Bob, ring-ended (answered)")
        #expect(call.log.compactMap { $0.wire(patch: nil)["answer"] } == [answer.json])
        #expect(call.room.isConversation && call.room.ringing.isEmpty)
        #expect(call.folded[.participant]?["rings"] == nil)
        try call.checkViews()
        #expect(call.accept("Bob's phone") == "rejected answered-elsewhere")
        #expect(call.accept("Cleo") == "rejected ring-over")
        #expect(call.leave("Bob", code: .normal) == "left Bob [normal] #2, ended (hung-up) [normal]")
        try call.checkViews()
        #expect(call.accept("Bob's phone") == "rejected ring-over")
    }

    @Test func `who rings changes their mind, or is gone`() throws {
        var call = Meeting()
        _ = call.call("Ada", rings("Bob"))
        #expect(call.ask("Ada", .ring(.cancel(2))) == "rejected unknown-ring")
        let over = "ring-ended (cancelled) #3, ended (cancelled) [cancelled]"
        #expect(call.ask("Ada", .ring(.cancel(1))) == over)
        try call.checkViews()
        #expect(call.accept("Bob") == "rejected ring-over")
        var other = Meeting()
        _ = other.call("Ada", rings("Bob"))
        #expect(other.leave("Ada") == "left Ada #2, ring-ended (cancelled), ended (cancelled) [cancelled]")
        var lost = Meeting()
        _ = lost.call("Ada", rings("Bob"))
        _ = lost.interrupt("Ada")
        #expect(lost.expire("Ada") == "left Ada (disconnected), ring-ended (cancelled), ended (cancelled) [cancelled]")
        try lost.checkViews()
    }

    @Test func `nobody answers`() throws {
        var call = Meeting()
        _ = call.call("Ada", rings("Bob", milliseconds: 5_000))
        #expect(call.room.nextDeadline == after(5_000))
        #expect(call.deadline(after: 4_999) == "rejected no-change")
        #expect(call.accept("Bob", at: after(5_000)) == "rejected ring-over")
        #expect(call.deadline(after: 5_000) == "ring-ended (no-answer), ended (no-answer) [no-answer]")
        try call.checkViews()
    }
}
