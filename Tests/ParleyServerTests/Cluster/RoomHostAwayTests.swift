import ParleyEngine
import ParleyProtocol
import ParleyRooms
import ParleyServer
import Testing

@Suite("A room whose engine is away, or whose node is another one")
struct RoomHostAwayTests {
    @Test("what waits is refused as far as a client has said it; what may be in the log stays")
    func away() throws {
        let host = try Script.withAda()
        _ = host.submit(2, .media(Cast.ada, 2, audio: true))
        let append = try #require(host.flush(uid: 2))
        // In flight: nobody knows.
        #expect(host.step { $0.engineWentAway(&$1) } == [])
        _ = host.complete(append, .failed(.ambiguous))
        _ = host.submit(3, .media(Cast.ada, 3, audio: false))
        _ = host.submit(4, .attach(Cast.ada, to: Cast.node))
        #expect(
            host.step { $0.engineWentAway(&$1) } == [.outcome(.init(rawValue: 3), .rejected(.engineUnavailable))]
        )
        // The log has it: accepted, behind everything.
        let entry = RoomEntry(
            position: append.position,
            after: append.after,
            author: Cast.node,
            events: append.events
        )
        let effects = host.loaded(RoomRead(continues: true, snapshot: nil, entries: [entry], top: append.position))
        #expect(effects.contains(.outcome(.init(rawValue: 2), .accepted(append.position))))
    }

    @Test("as another node it judges nobody of the former one, and its flight lands all the same")
    func another() throws {
        let host = try Script.withAda()
        _ = host.submit(2, .media(Cast.ada, 2, audio: true))
        let append = try #require(host.flush(uid: 2))
        host.machine.becomeAnotherNode(Cast.other)
        #expect(host.complete(append, .appended).contains(.outcome(.init(rawValue: 2), .accepted(append.position))))
        _ = host.submit(3, .media(Cast.ada, 3, audio: false))
        let effects = host.step { $0.flush(uid: 3, &$1) }
        #expect(effects == [.outcome(.init(rawValue: 3), .rejected(.engineUnavailable))])
    }
}
