import NIOCore
import NIOPosix
import ParleyClient
import ParleyEngine
import ParleyProtocol
import ParleyRooms
import ParleyServer
import ParleyTestSupport
import Testing

@Suite("Two versions of a room's rules side by side", .timeLimit(.minutes(patience)))
struct VersionGateTests {
    private static func engine() -> InMemoryEngine {
        InMemoryEngine(incarnation: EngineIncarnation(rawValue: 1)) { Instant(milliseconds: 1_795_226_400_000) }
    }

    private static func withNode(
        _ newest: RoomSemantics,
        _ engine: InMemoryEngine,
        _ body: @Sendable (RunningServer, AbsentEngine) async throws -> Void
    ) async throws {
        let way = AbsentEngine(engine)
        try await withServer(engine: engine, by: way, change: { $0.newestSemantics = newest }) { server in
            try await body(server, way)
        }
    }

    private static func semantics(of room: RoomID, _ engine: InMemoryEngine) async throws -> RoomSemantics? {
        let loop = NIOSingletons.posixEventLoopGroup.any()
        let read = try await engine.read(LogID(room: room), after: nil, on: loop).get()
        for entry in read.entries {
            for event in RoomEntry(entry)?.events ?? [] {
                if case .created(let creation) = event.fact { return creation.semantics }
            }
        }
        return nil
    }

    @Test("a room that begins now gets the newer rules only when all nodes know them")
    func newRooms() async throws {
        let engine = Self.engine()
        try await Self.withNode(.trial, engine) { new, wayOfNew in
            try await Self.withNode(.current, engine) { old, _ in
                _ = try #require(await wayOfNew.views.first { $0.nodes.count == 2 })
                let ada = try await new.connect()
                let room = try await ada.join(alias("blue-fox"))
                #expect(try await Self.semantics(of: room.id, engine) == .current)
                let bob = try await old.connect()
                #expect(try await bob.join(.id(room.id)).people.count == 2)
                try await bob.setMedia(in: room.id, audio: true)
            }
        }
        let alone = Self.engine()
        try await Self.withNode(.trial, alone) { new, way in
            _ = try #require(await way.views.first { !$0.nodes.isEmpty })
            let ada = try await new.connect()
            let room = try await ada.join(alias("blue-fox"))
            #expect(try await Self.semantics(of: room.id, alone) == .trial)
        }
    }

    @Test("what all know counts; before anybody was seen, what the version before can hold")
    func choice() {
        for (newest, all, chosen) in [
            (.trial, nil, .oldest), (.current, nil, .oldest), (.trial, .current, .current),
            (.current, .trial, .current), (.current, RoomSemantics(rawValue: 1), .oldest),
        ] as [(RoomSemantics, RoomSemantics?, RoomSemantics)] {
            #expect(RoomSemantics.ofNewRooms(newest: newest, knownToAll: all) == chosen)
        }
        var machine = RoomHostStateMachine(
            node: NodeID(high: 1, low: 1),
            room: Room(id: RoomID(high: 2, low: 2), semantics: .oldest),
            incarnation: EngineIncarnation(rawValue: 1)
        )
        var effects: [RoomHostEffect] = []
        machine.start(asNew: .current, &effects)
        // What was heard by the time that the log is read counts.
        #expect(machine.room.semantics == .current)
    }

    @Test("a node that does not know a room's rules refuses it by name, and the room goes on elsewhere")
    func refused() async throws {
        let engine = Self.engine()
        try await Self.withNode(.trial, engine) { new, way in
            _ = try #require(await way.views.first { !$0.nodes.isEmpty })
            let ada = try await new.connect()
            let room = try await ada.join(alias("blue-fox"))
            try await Self.withNode(.current, engine) { old, _ in
                let bob = try await old.connect()
                for reference in [RoomReference.id(room.id), try alias("blue-fox")] {
                    do {
                        _ = try await bob.join(reference)
                        Issue.record("a room of unknown rules was joined")
                    } catch let error as ClientError {
                        #expect(error.code == .roomTooNew)
                    }
                }
                // Nothing of it was touched.
                try await ada.setMedia(in: room.id, audio: true)
                let cara = try await new.connect()
                #expect(try await cara.join(alias("blue-fox")).id == room.id)
                // Another room is none of that.
                _ = try await bob.join(alias("red-owl"))
            }
        }
    }
}
