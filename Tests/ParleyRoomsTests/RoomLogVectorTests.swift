import Foundation
import ParleyProtocol
import ParleyRooms
import ParleyTestSupport
import Testing

/// One room's whole life as a file that every client library reads as well: what the log holds, what
/// is said of it, and the hash after each entry.
///
/// Reading it here also shows that another process, on another day, makes the same room of the same log.
@Suite(.serialized) struct RoomLogVectorTests {
    private static var file: URL {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Vectors/room-log.json")
    }

    @Test func `replaying the log gives the frames, the hashes and the room of the file`() throws {
        if ProcessInfo.processInfo.environment["PARLEY_WRITE_VECTORS"] != nil {
            let folder = Self.file.deletingLastPathComponent()
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try Data(RoomLog(seed: 20_261_121).text.utf8).write(to: Self.file)
        }
        let vector = try JSONParser.parse(Array(try Data(contentsOf: Self.file)))
        let id = try #require(vector["room"]?.string.flatMap { RoomID($0) })
        let entries = try #require(vector["entries"]?.array)
        #expect(entries.count > 100)
        var room = Room(id: id)
        var folded: JSONValue = [:]
        var foldedHash = StateHash()
        var after = Position.start.json
        for entry in entries {
            let frame = try #require(entry["frame"])
            let events = try #require(entry["log"]?.array).map { try RoomEvent(json: $0) }
            let said = events.map { $0.wire(patch: room.evolve($0).patch(for: .participant)) }
            #expect(frame["events"] == .array(said))
            #expect(frame["after"] == after)
            after = try #require(frame["at"])
            for event in said {
                guard let patch = event["patch"] else { continue }
                MergePatch.fold(patch, into: &folded, hash: &foldedHash)
            }
            #expect(room.hash(for: .participant).description == entry["hash"]?.string)
            #expect(room.hash(for: .participant) == foldedHash)
        }
        #expect(folded == vector["state"])
        #expect(room.state(for: .participant) == vector["state"])
        #expect(try Room(snapshot: try #require(vector["snapshot"])) == room)
        #expect(room.snapshot == vector["snapshot"])
    }

    @Test func `the file is what its seed makes`() throws {
        let text = String(decoding: try Data(contentsOf: Self.file), as: UTF8.self)
        #expect(RoomLog(seed: 20_261_121).text == text)
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func `whatever the seed, the log makes the room again`(seed: UInt64) throws {
        let log = RoomLog(seed: seed)
        var room = Room(id: log.room.id)
        for entry in log.entries {
            for event in entry { room.evolve(try RoomEvent(json: event.json)) }
        }
        #expect(room == log.room)
    }
}

/// A log that a seed makes, entry by entry, of commands as clients might send them.
private struct RoomLog {
    private(set) var room: Room
    private(set) var entries: [[RoomEvent]] = []
    private var frames: [String] = []
    private var generator: SeededGenerator
    private var at = Position.start
    private var clock: Int64 = 1_795_226_400_000
    private var people: [(session: SessionID, identity: IdentityID, commands: CommandSequence)] = []
    private static let names = ["Ada", "Bob", "Çelik", "小林", "D\u{64}\u{301}", "🦊 Fox", "O\"Neil\\", nil]

    init(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        self.room = Room(id: RoomID(using: &generator), alias: RoomAlias("blue-fox"), capacity: 6, semantics: .oldest)
        for index in Self.names.indices {
            let session = SessionID(using: &generator)
            // The last two are other devices of the first two.
            let identity = index < 6 ? IdentityID(using: &generator) : self.people[index - 6].identity
            self.people.append((session, identity, CommandSequence()))
        }
        self.generator = generator
        while self.entries.count < 150 { self.step() }
    }

    private mutating func step() {
        self.clock += Int64.random(in: 0...5_000, using: &self.generator)
        let index = Int.random(in: 0..<self.people.count, using: &self.generator)
        let current = self.room.participant(of: self.people[index].session)
        let id = current ?? ParticipantID(using: &self.generator)
        let action = current.map { self.action($0) } ?? self.join(index)
        var command = RoomCommand(
            participant: id,
            number: self.people[index].commands.next,
            rejectedSince: self.people[index].commands.rejectedSince,
            at: Instant(milliseconds: self.clock),
            action: action
        )
        switch action {
        case .join, .leave, .media, .meeting, .skip: break
        case .disconnect, .interrupt, .attach, .expire, .deadline, .create, .call: command.number = nil
        }
        if let number = command.number { _ = self.people[index].commands.receive(number) }
        switch self.room.decide(command) {
        case .duplicate: Issue.record("the next number is no duplicate")
        case .rejected(let code):
            if let number = command.number { self.people[index].commands.refused(number, code) }
        case .events(let events):
            // The last one stays, so that the room does not end early.
            if events.contains(where: { $0.fact == .ended(.empty) }) {
                if let number = command.number { self.people[index].commands.postponed(number) }
                return
            }
            if let number = command.number { self.people[index].commands.accepted(number) }
            self.append(events)
            if self.room.participant(id) == nil { self.people[index].commands = CommandSequence() }
        }
    }

    private mutating func join(_ index: Int) -> RoomCommand.Action {
        let name = Self.names[index].flatMap { try? DisplayName($0, bytesMax: 128) }
        let abilities = Abilities(rollback: index != 3, trickle: index != 3, restart: index.isMultiple(of: 2))
        let (session, identity, _) = self.people[index]
        let join = RoomCommand.Join(
            session: session,
            identity: identity,
            name: name,
            abilities: abilities,
            devices: .replace
        )
        return .join(join)
    }

    private mutating func action(_ id: ParticipantID) -> RoomCommand.Action {
        let one = Bool.random(using: &self.generator)
        let other = Bool.random(using: &self.generator)
        let epoch = self.room.membership(id)?.epoch ?? 1
        switch Int.random(in: 0..<18, using: &self.generator) {
        case 0: return .leave
        case 1: return .disconnect(one ? .disconnected : .replaced)
        case 2...5: return .media(.init(audio: one, video: other))
        case 6...8: return .media(.init(audio: one))
        case 9...11: return .media(.init(video: one, screen: other))
        case 12...14: return .interrupt(epoch: epoch)
        case 15...16:
            let attempt = self.room.membership(id)?.attempt ?? 0
            return .attach(.init(node: NodeID(high: 3, low: attempt % 2), attempt: attempt + 1))
        default: return .expire(epoch: epoch)
        }
    }

    private mutating func append(_ events: [RoomEvent]) {
        let after = self.at
        self.at = Position(generation: 1, sequence: after.sequence + 1, uid: self.generator.next())
        let said = events.map { $0.wire(patch: self.room.evolve($0).patch(for: .participant)) }
        self.entries.append(events)
        let frame: JSONValue = [
            "type": "events", "room": .string(self.room.id.description), "at": self.at.json,
            "after": after.json, "events": .array(said),
        ]
        let hash = JSONValue.string(self.room.hash(for: .participant).description)
        let entry: JSONValue = ["log": .array(events.map(\.json)), "frame": frame, "hash": hash]
        self.frames.append(String(decoding: entry.encoded, as: UTF8.self))
    }

    /// One entry per line.
    var text: String {
        func line(_ value: JSONValue) -> String { String(decoding: value.encoded, as: UTF8.self) }
        return """
            {"about":"One room: per entry what the log holds, the frame for the view participant, and the hash.",
            "room":"\(self.room.id)",
            "entries":[
            \(self.frames.joined(separator: ",\n"))
            ],
            "state":\(line(self.room.state(for: .participant))),
            "snapshot":\(line(self.room.snapshot))}

            """
    }
}

extension Position {
    fileprivate var json: JSONValue {
        let digits = String(self.uid, radix: 16)
        let uid = String(repeating: "0", count: 16 - digits.count) + digits
        return [.integer(Int64(self.generation)), .integer(Int64(self.sequence)), .string(uid)]
    }
}
