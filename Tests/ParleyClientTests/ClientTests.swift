import ParleyClient
import ParleyProtocol
import Testing

@Suite("A client's session, over connections")
struct ClientTests {
    private var client = ScriptedClient()

    @Test("a resume says what it has: places, and how far each sender's signals have come")
    mutating func resume() {
        #expect(self.client.start().hello?.resume == nil)
        _ = self.client.join(2)
        _ = self.client.join(1)
        _ = self.client.hear(ScriptedClient.event(2, ["type": "news"]))
        _ = self.client.hear(ScriptedClient.signal(1))
        let resume = self.client.reopen().hello?.resume
        #expect(resume?.session == SessionID(high: 3, low: 1))
        #expect(resume?.secret == "secret")
        #expect(resume?.rooms?.map(\.room) == [ScriptedClient.room(1), ScriptedClient.room(2)])
        #expect(resume?.rooms?.map(\.at) == [ScriptedClient.at(2), ScriptedClient.at(1)])
        #expect(resume?.received == [Watermark(participant: ScriptedClient.bob, n: 1)])
        #expect(self.client.welcome(session: 1, resumed: true).told == [.resumed])
    }

    @Test("an app that was started again has only its name to show, and no rooms")
    mutating func saved() {
        var setup = ClientSetup()
        setup.saved = .init(id: SessionID(high: 3, low: 7), secret: "kept")
        self.client = ScriptedClient(setup)
        let resume = self.client.start().hello?.resume
        #expect(resume == Hello.Resume(session: SessionID(high: 3, low: 7), secret: "kept"))
        #expect(resume?.rooms == nil)
        // From now on it has something to remember.
        #expect(self.client.reopen().hello?.resume?.rooms == [])
    }

    @Test("another device shows whose it is, and has a session of its own from then on")
    mutating func identity() {
        var setup = ClientSetup()
        setup.identity = IdentityProof(session: SessionID(high: 3, low: 7), secret: "phone")
        self.client = ScriptedClient(setup)
        let hello = self.client.start().hello
        #expect(hello?.identity == setup.identity)
        #expect(hello?.resume == nil)
    }

    @Test("a session that is gone is followed by another one, in the same rooms, with the devices on")
    mutating func renewed() {
        _ = self.client.start()
        _ = self.client.join()
        _ = self.client.take {
            $0.command(.media(.init(video: true)), in: ScriptedClient.room(1), request: 5, &$2)
        }
        _ = self.client.take { client, _, effects in
            _ = client.signal(.signal(data: 1), to: ScriptedClient.bob, negotiation: nil, &effects)
        }
        _ = self.client.reopen()
        let effects = self.client.welcome(session: 2, resumed: false)
        #expect(effects.told.dropFirst() == [.undelivered(to: ScriptedClient.bob, n: 1, .renewed)])
        #expect(effects.sent == [.join(JoinCommand(id: 1, room: .id(ScriptedClient.room(1))))])
        // Late frames of the place that is gone.
        #expect(self.client.hear(ScriptedClient.event(2, ["type": "news"])) == [])
        let again = self.client.hear(ScriptedClient.snapshot(self: ParticipantID(high: 2, low: 9), sequence: 4))
        guard case .rejoined(let replica, let earlier) = again.told.first else { Issue.record("\(again)"); return }
        #expect(replica.participant == ParticipantID(high: 2, low: 9))
        #expect(earlier.participant == ScriptedClient.ada)
        #expect(again.sent == [.media(MediaCommand(id: 2, room: ScriptedClient.room(1), video: true))])
    }

    @Test("a place that is gone though the session is not is taken again; a room that is gone is told")
    mutating func lostPlace() {
        _ = self.client.start()
        _ = self.client.join(1)
        _ = self.client.join(2)
        _ = self.client.reopen()
        _ = self.client.welcome(session: 1, resumed: true)
        #expect(
            self.client.hear(ScriptedClient.rejected("resume", .notJoined, room: 1)).sent
                == [.join(JoinCommand(id: 1, room: .id(ScriptedClient.room(1))))]
        )
        // It is full just now: later.
        #expect(self.client.hear(ScriptedClient.rejected("join", .roomFull, room: 1, id: 1)).sent == [])
        #expect(self.client.pass(.seconds(2)).sent == [.join(JoinCommand(id: 1, room: .id(ScriptedClient.room(1))))])
        let effects = self.client.hear(ScriptedClient.rejected("join", .unknownRoom, room: 1, id: 1))
        guard case .closed(let room, _) = effects.told.first else { Issue.record("\(effects)"); return }
        #expect(room == ScriptedClient.room(1))
        #expect(self.client.machine.replica(of: ScriptedClient.room(2)) != nil)
    }

    @Test("something that was missed is asked for again; the same gap twice asks for a snapshot")
    mutating func gap() {
        _ = self.client.start()
        _ = self.client.join()
        let first = self.client.hear(ScriptedClient.event(3, ["type": "news"]))
        #expect(first.contains(.drop(1)))
        #expect((self.client.pass(.zero) + self.client.open()).hello?.resume?.rooms?.first?.at == ScriptedClient.at(1))
        _ = self.client.welcome(session: 1, resumed: true)
        _ = self.client.hear(ScriptedClient.event(3, ["type": "news"]))
        let hello = (self.client.pass(.seconds(1)) + self.client.open()).hello
        #expect(hello?.resume?.rooms?.count == 1)
        #expect(hello?.resume?.rooms?.first?.at == nil)
    }

    @Test("a signal that is missing twice ends in a new session: the old one cannot bring it")
    mutating func signalGap() {
        _ = self.client.start()
        _ = self.client.join()
        _ = self.client.hear(ScriptedClient.signal(2))
        #expect((self.client.pass(.zero) + self.client.open()).hello?.resume?.rooms != nil)
        _ = self.client.welcome(session: 1, resumed: true)
        _ = self.client.hear(ScriptedClient.signal(2))
        let hello = (self.client.pass(.seconds(1)) + self.client.open()).hello
        #expect(hello?.resume != nil)
        #expect(hello?.resume?.rooms == nil)
    }

    @Test("whom a new state does not list may be counted now: the two go on with their numbers")
    mutating func counted() {
        func send(_ client: inout ScriptedClient) -> [ScriptedClient.Effect] {
            client.take { client, _, effects in
                _ = client.signal(.signal(data: 1), to: ScriptedClient.bob, negotiation: nil, &effects)
            }
        }
        func numbers(_ effects: [ScriptedClient.Effect]) -> [UInt64] {
            effects.sent.compactMap { if case .signal(let signal) = $0 { signal.n } else { nil } }
        }
        func undelivered(_ effects: [ScriptedClient.Effect]) -> Int {
            effects.told.count { if case .undelivered = $0 { true } else { false } }
        }
        _ = self.client.start()
        _ = self.client.join()
        #expect(numbers(send(&self.client)) == [1])
        _ = self.client.hear(ScriptedClient.signal(1))
        for sequence: UInt64 in [2, 3] {
            let off = ScriptedClient.snapshot(sequence: sequence, listsBob: false, audience: 2)
            let effects = self.client.hear(off)
            // The server may have lost it.
            #expect(undelivered(effects) == 0 && numbers(effects).first == 1)
            #expect(numbers(send(&self.client)) == [sequence])
            #expect(self.client.hear(ScriptedClient.signal(sequence)).told.count == 1)
        }
        _ = self.client.hear(ScriptedClient.snapshot(sequence: 4))
        #expect(numbers(send(&self.client)) == [4])
        _ = self.client.hear(ScriptedClient.snapshot(sequence: 5, listsBob: false, audience: 2))
        // Nobody is counted, so he has left.
        #expect(undelivered(self.client.hear(ScriptedClient.snapshot(sequence: 6, listsBob: false))) == 4)
        _ = self.client.hear(ScriptedClient.snapshot(sequence: 7))
        #expect(numbers(send(&self.client)) == [1])
        _ = self.client.hear(ScriptedClient.snapshot(sequence: 8, listsBob: false, audience: 2))
        // Who leaves a room has nobody there to speak to.
        #expect(undelivered(self.client.hear(ScriptedClient.event(9, ["type": "ended"]))) == 1)
    }

    @Test("nobody goes on as whom a server takes us for that has lost who we are")
    mutating func formerSelf() {
        _ = self.client.start()
        _ = self.client.join()
        _ = self.client.reopen()
        let place = Welcome.Place(room: ScriptedClient.room(1), participant: ParticipantID(high: 2, low: 9))
        #expect(self.client.welcome(session: 1, resumed: true, selves: [place]).sent == [])
        let hello = (self.client.pass(.seconds(1)) + self.client.open()).hello
        #expect(hello?.resume != nil)
        #expect(hello?.resume?.rooms == nil)
        let join = ClientMessage.join(JoinCommand(id: 1, room: .id(ScriptedClient.room(1))))
        #expect(self.client.welcome(session: 2, resumed: false).sent == [join])
        // Somebody who has just joined has said nothing else.
        #expect(self.client.hear(ScriptedClient.snapshot(self: place.participant, lastCommand: 5)).sent == [])
        #expect((self.client.pass(.seconds(1)) + self.client.open()).hello?.resume?.rooms == nil)
    }

    @Test("a state that is not the server's is reported once and replaced; elsewhere nothing can be compared")
    mutating func disagreement() {
        _ = self.client.start(features: ["resync"])
        _ = self.client.join()
        let other = StateHash(of: ["something": "else"])
        let room = ScriptedClient.room(1)
        func beat(_ sequence: UInt64) -> ServerMessage {
            let said = ServerBeat.Room(
                room: room,
                at: ScriptedClient.at(sequence),
                hash: other,
                roundTrips: [RoundTrip(participant: ScriptedClient.bob, milliseconds: 34)]
            )
            return .beat(ServerBeat(time: Instant(milliseconds: 0), rooms: [said]))
        }
        #expect(self.client.hear(beat(7)) == [])
        #expect(self.client.machine.roundTrip(of: ScriptedClient.bob) == 34)
        let effects = self.client.hear(beat(1))
        #expect(effects.told == [.disagreed(room, at: ScriptedClient.at(1))])
        let hash = self.client.machine.replica(of: room)?.hash
        #expect(effects.sent == [.resync(ResyncRequest(room: room, at: ScriptedClient.at(1), hash: hash))])
        #expect(hash != nil)
        let mended = self.client.hear(ScriptedClient.snapshot(sequence: 2))
        guard case .resynced(let replica) = mended.told.first else { Issue.record("\(mended)"); return }
        #expect(replica.position == ScriptedClient.at(2))
    }

    @Test("a room that is created when the connection is lost is not created twice")
    mutating func creation() {
        _ = self.client.start()
        let asked = self.client.take {
            $0.join(.new, name: nil, devices: nil, request: 1, &$2)
            $0.join(.new, name: nil, devices: nil, request: 2, &$2)
        }
        // Their outcomes name nothing, so one waits for the other.
        #expect(asked.sent == [.join(JoinCommand(id: 1, room: .new))])
        _ = self.client.reopen()
        #expect(self.client.welcome(session: 1, resumed: true).sent == [])
        let come = self.client.hear(ScriptedClient.snapshot())
        #expect(come.contains { if case .joined(1, _) = $0 { true } else { false } })
        #expect(self.client.pass(.zero).sent == [.join(JoinCommand(id: 1, room: .new))])
        _ = self.client.reopen()
        #expect(self.client.welcome(session: 1, resumed: true).sent == [])
        #expect(self.client.pass(.seconds(1)).sent == [.join(JoinCommand(id: 1, room: .new))])
    }

    @Test("a server that goes away is left while it still serves: what both tell is told once")
    mutating func goaway() {
        _ = self.client.start()
        _ = self.client.join()
        let goaway = Goaway(withinMilliseconds: 2_000, deadlineMilliseconds: 9_000)
        #expect(self.client.hear(.goaway(goaway)).told == [.leavingServer(deadlineMilliseconds: 9_000)])
        _ = self.client.pass(.seconds(1))
        let opened = self.client.open()
        #expect(opened.hello?.resume?.rooms?.first?.at == ScriptedClient.at(1))
        // Asked of a server that may never come to it.
        let join = ClientMessage.join(JoinCommand(id: 1, room: .id(ScriptedClient.room(2))))
        let asked = self.client.take { client, _, effects in
            client.join(.id(ScriptedClient.room(2)), name: nil, devices: nil, request: 2, &effects)
        }
        #expect(asked == [.send(1, join)])
        // The old connection goes on meanwhile.
        let old = self.client.take { $0.received(ScriptedClient.event(2, ["type": "news"]), on: 1, $1, &$2) }
        #expect(old.told.count == 1)
        let moved = self.client.welcome(session: 1, resumed: true)
        #expect(moved.contains(.drop(1)))
        #expect(moved.told == [.resumed])
        #expect(moved.sent == [join])
        #expect(self.client.hear(ScriptedClient.event(2, ["type": "news"])) == [])
        #expect(self.client.hear(ScriptedClient.event(3, ["type": "news"])).told.count == 1)
        #expect(self.client.take { $0.ended(1, .superseded, isFinal: true, $1, &$2) } == [])
    }

    @Test("a room that was joined by the old connection after the hello of the new one is resumed by one more")
    mutating func joinedWhileMoving() {
        _ = self.client.start()
        _ = self.client.join()
        _ = self.client.hear(.goaway(Goaway(withinMilliseconds: 0, deadlineMilliseconds: 9_000)))
        _ = self.client.pass(.zero)
        #expect(self.client.open().hello?.resume?.rooms?.map(\.room) == [ScriptedClient.room(1)])
        _ = self.client.take { client, _, effects in
            client.join(.id(ScriptedClient.room(2)), name: nil, devices: nil, request: 2, &effects)
        }
        _ = self.client.take { $0.received(ScriptedClient.snapshot(2), on: 1, $1, &$2) }
        let moved = self.client.welcome(session: 1, resumed: true)
        #expect(moved.contains(.drop(1)) && moved.contains(.drop(2)))
        #expect(moved.sent == [])
        let hello = (self.client.pass(.zero) + self.client.open()).hello
        #expect(hello?.resume?.rooms?.map(\.room) == [ScriptedClient.room(1), ScriptedClient.room(2)])
        #expect(hello?.resume?.attempt == 2)
        #expect(self.client.welcome(session: 1, resumed: true).told == [.resumed])
    }

    @Test("at the end everybody who waits is answered, and nothing can be asked any more")
    mutating func end() {
        _ = self.client.start()
        _ = self.client.join()
        _ = self.client.take { $0.command(.media(.init(audio: true)), in: ScriptedClient.room(1), request: 7, &$2) }
        let effects = self.client.take { $0.ended(1, .superseded, isFinal: true, $1, &$2) }
        #expect(effects.contains(.failed(7, .superseded)))
        #expect(effects.suffix(2) == [.tell(.ended(.superseded)), .ended(.superseded)])
        let late = self.client.take { $0.command(.leave(), in: ScriptedClient.room(1), request: 8, &$2) }
        #expect(late == [.failed(8, .superseded)])
        #expect(self.client.pass(.seconds(60)) == [])
    }

    @Test("a hint of another network asks the server, and gives it little time to answer")
    mutating func hint() {
        _ = self.client.start(features: ["network-changed"])
        #expect(
            self.client.take { $0.networkChanged($1, &$2) }
                == [.send(1, .networkChanged), .expect(1, within: .milliseconds(1_500))]
        )
    }
}
