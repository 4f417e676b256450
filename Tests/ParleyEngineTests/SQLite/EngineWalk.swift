import Foundation
import NIOCore
import NIOPosix
import ParleyEngine
import ParleyProtocol
import ParleyTestSupport

/// Does something else each time, most of which an engine accepts.
struct EngineWalk {
    private var random: SeededGenerator
    private var uid: UInt64 = 0
    private var numbers: [MailboxID: [ParticipantID: UInt64]] = [:]
    private var done: Set<Int> = []

    private static let actions = 9
    private static let rooms = [RoomID(high: 1, low: 1), RoomID(high: 1, low: 2)]
    private static let names = [LogID(.alias, "café"), LogID(.ticket, "t"), LogID(.chat, "c")]

    init(seed: UInt64) {
        self.random = SeededGenerator(seed: seed)
    }

    var hasDoneEverything: Bool { self.done.count == Self.actions }

    mutating func step(_ engine: some Engine, _ advance: (Int64) -> Void) async throws {
        let action = Int.random(in: 0..<Self.actions, using: &self.random)
        self.done.insert(action)
        switch action {
        case 0...2: try await self.append(engine)
        case 3: try await self.snapshot(engine)
        case 4: try await self.reseed(engine)
        case 5: try await self.retire(engine)
        case 6, 7: try await self.mail(engine)
        default:
            advance(Int64.random(in: 0...400, using: &self.random))
            _ = try await engine.heartbeat(NodeLease(node: EngineConformance.node, address: ""), via: Self.loop)
        }
    }

    private static let loop = EngineConformance.group.next()

    private mutating func log() -> LogID {
        (Self.rooms.map { LogID(room: $0) } + Self.names).randomElement(using: &self.random) ?? Self.names[0]
    }

    private mutating func append(_ engine: some Engine) async throws {
        let log = self.log()
        let top = try await engine.heads([log], via: Self.loop)[0]
        self.uid += 1
        let entry = LogEntry(
            after: top,
            uid: self.uid,
            author: NodeID(high: self.uid, low: 1),
            payload: ByteBuffer(repeating: UInt8(truncatingIfNeeded: self.uid), count: Int(self.uid % 700))
        )
        let retention: Retention = log.kind == .ticket ? .milliseconds(300) : .untilRetired
        _ = try await engine.append(entry, to: log, retention: retention, in: engine.incarnation, via: Self.loop)
    }

    private mutating func snapshot(_ engine: some Engine) async throws {
        let log = self.log()
        let read = try await engine.read(log, via: Self.loop)
        guard let entry = read.entries.randomElement(using: &self.random) else { return }
        let keepFrom = entry.position.sequence + 1 - min(entry.position.sequence, UInt64(self.uid % 3))
        let snapshot = LogSnapshot(position: entry.position, payload: ByteBuffer(string: "all up to here"))
        _ = try await engine.writeSnapshot(snapshot, keepFrom: keepFrom, to: log, via: Self.loop)
    }

    private mutating func reseed(_ engine: some Engine) async throws {
        let log = self.log()
        let top = try await engine.heads([log], via: Self.loop)[0]
        self.uid += 1
        let position = Position(generation: top.generation + 1, sequence: top.sequence + 3, uid: self.uid)
        let snapshot = LogSnapshot(position: position, payload: ByteBuffer(string: "healed"))
        _ = try await engine.reseed(log, observed: top, snapshot: snapshot, via: Self.loop)
    }

    private mutating func retire(_ engine: some Engine) async throws {
        guard self.random.next() % 3 == 0 else { return }
        let log = self.log()
        let top = try await engine.heads([log], via: Self.loop)[0]
        _ = try await engine.retire(log, expecting: top, via: Self.loop)
    }

    /// Five senders where three have a place.
    private mutating func mail(_ engine: some Engine) async throws {
        let room = Self.rooms.randomElement(using: &self.random) ?? Self.rooms[0]
        let mailbox = MailboxID(room: room, recipient: ParticipantID(high: 2, low: self.random.next() % 2))
        let sender = ParticipantID(high: 3, low: self.random.next() % 5)
        let marks = try await engine.marks(from: sender, in: mailbox, via: Self.loop)
        switch self.random.next() % 8 {
        case 0...4:
            let n = max(marks.stored, self.numbers[mailbox]?[sender] ?? 0) + 1
            self.numbers[mailbox, default: [:]][sender] = n
            var batch = MailboxBatch(author: EngineConformance.node)
            for number in n...n + self.random.next() % 2 {
                batch.append(ByteBuffer(string: "signal \(number)"), to: mailbox, from: sender, n: number, floor: n)
            }
            _ = try await engine.append(batch, via: Self.loop)
        case 5, 6:
            let n = UInt64.random(in: 0...marks.stored, using: &self.random)
            let one = MailboxAcknowledgement(mailbox: mailbox, sender: sender, n: n)
            _ = try await engine.acknowledge([one], via: Self.loop)
        default:
            try await engine.drop(mailbox, via: Self.loop)
        }
    }
}

extension SQLiteBench {
    /// A copy of another bench's file, with an ending of SQLite's.
    func take(_ other: String, as ending: String) throws {
        try FileManager.default.copyItem(atPath: other, toPath: self.path + ending)
    }
}
