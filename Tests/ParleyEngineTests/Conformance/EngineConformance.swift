import NIOCore
import NIOPosix
import ParleyEngine
import ParleyProtocol
import Testing

/// What a rule is tried on. Another engine plugs in by making these.
struct ConformanceSubject: Sendable {
    let engine: any Engine
    /// Moves the engine's clock; `nil`: it cannot be moved, and rules about time are left out.
    let advance: (@Sendable (_ milliseconds: Int64) -> Void)?
    /// Fails the engine over to a copy without the newest entries of a log; `nil`: it cannot be made to.
    let failOver: (@Sendable (_ losing: Int, _ log: LogID) async -> Void)?
}

/// One promise of the contract, tried on a fresh engine.
struct ConformanceRule: Sendable, CustomTestStringConvertible {
    let name: String
    let check: @Sendable (ConformanceSubject) async throws -> Void

    var testDescription: String { self.name }
}

/// The contract as tests. Every engine passes all of them; run with
/// `@Test(arguments: EngineConformance.rules) func conforms(_ rule: ConformanceRule)`.
enum EngineConformance {
    static let rules: [ConformanceRule] =
        Self.logRules + Self.readRules + Self.lifetimeRules + Self.hintRules + Self.completionRules
        + Self.mailboxRules + Self.nodeRules

    static func rule(
        _ name: String,
        _ check: @escaping @Sendable (ConformanceSubject) async throws -> Void
    ) -> ConformanceRule {
        ConformanceRule(name: name, check: check)
    }

    static let group = MultiThreadedEventLoopGroup(numberOfThreads: 4)
    static var loop: any EventLoop { Self.group.next() }
    static let node = NodeID(high: 1, low: 1)
    static let other = NodeID(high: 1, low: 2)
    static let log = LogID(room: RoomID(high: 7, low: 7))
}

// MARK: - Words of the rules

extension ConformanceSubject {
    func append(
        _ payload: String,
        after: Position,
        uid: UInt64,
        to log: LogID = EngineConformance.log,
        retention: Retention = .untilRetired
    ) async throws -> AppendResult {
        let entry = LogEntry(
            after: after,
            uid: uid,
            author: EngineConformance.node,
            payload: ByteBuffer(string: payload)
        )
        let incarnation = self.engine.incarnation
        return try await self.engine.append(
            entry,
            to: log,
            retention: retention,
            in: incarnation,
            via: EngineConformance.loop
        )
    }

    /// Appends entries with the uids `from`, `from + 1`, …; returns their positions.
    func fill(
        _ count: Int,
        from: UInt64 = 1,
        after: Position = .start,
        to log: LogID = EngineConformance.log
    ) async throws -> [Position] {
        var positions: [Position] = []
        var top = after
        for index in 0..<count {
            let uid = from + UInt64(index)
            try #require(try await self.append("\(uid)", after: top, uid: uid, to: log) == .appended)
            top = top.next(uid: uid)
            positions.append(top)
        }
        return positions
    }

    func read(after: Position? = nil, _ log: LogID = EngineConformance.log) async throws -> LogRead {
        try await self.engine.read(log, after: after, via: EngineConformance.loop)
    }

    func head(_ log: LogID = EngineConformance.log) async throws -> Position? {
        try await self.engine.heads([log], via: EngineConformance.loop).first
    }
}

extension Position {
    func next(uid: UInt64) -> Position {
        Position(generation: max(self.generation, 1), sequence: self.sequence + 1, uid: uid)
    }
}

/// What handlers have said, in order, for a test that waits for it.
struct Heard<Element: Sendable>: Sendable {
    private let stream: AsyncStream<Element>
    private let continuation: AsyncStream<Element>.Continuation

    init() {
        (self.stream, self.continuation) = AsyncStream.makeStream()
    }

    func say(_ element: Element) {
        self.continuation.yield(element)
    }

    /// Everything up to the first one that is looked for.
    func upTo(_ isLast: (Element) -> Bool) async -> [Element] {
        var heard: [Element] = []
        for await element in self.stream {
            heard.append(element)
            if isLast(element) { break }
        }
        return heard
    }
}
