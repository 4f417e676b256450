import GRDB
import NIOCore
import ParleyEngine
import ParleyProtocol
import ParleySQLite
import ParleyTestSupport
import Testing

@Suite(.timeLimit(.minutes(patience))) struct SQLiteEngineTests {
    /// And whatever the rule did, the file knows all of it.
    @Test(arguments: EngineConformance.rules)
    func conforms(_ rule: ConformanceRule) async throws {
        let bench = try SQLiteBench()
        let engine = try bench.open()
        try await rule.check(bench.subject(engine))
        let kept = engine.kept
        try await engine.close()
        let again = try bench.open()
        #expect(again.kept == kept)
        #expect(again.incarnation == engine.incarnation)
        try await again.close()
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func whateverHappensIsThereAgain(seed: UInt64) async throws {
        let bench = try SQLiteBench()
        var limits = Limits()
        limits.peersPerSessionMax = 3
        limits.unacknowledgedSignalsMax = 6
        var walk = EngineWalk(seed: seed)
        for _ in 0..<6 {
            let engine = try bench.open(limits: limits)
            for _ in 0..<60 { try await walk.step(engine) { bench.advance($0) } }
            let kept = engine.kept
            // Gone without a goodbye, as far as the file is concerned: what is in the write-ahead log counts.
            let copy = try SQLiteBench()
            for ending in ["", "-wal"] { try copy.take(bench.path + ending, as: ending) }
            let found = try copy.open(limits: limits)
            #expect(found.kept == kept)
            try await found.close()
            try await engine.close()
        }
        #expect(walk.hasDoneEverything)
    }

    @Test func nothingIsSaidBeforeItIsOnTheDisk() async throws {
        let bench = try SQLiteBench()
        let engine = try bench.open()
        let loop = EngineConformance.loop
        let heard = Shared(0)
        _ = try await engine.subscribe(to: EngineConformance.log, as: EngineConformance.other, via: loop) { _ in
            heard.with { $0 += 1 }
        }
        let held = await HeldWriter(engine)
        let done = Shared<[String]>([])
        let entry = LogEntry(after: .start, uid: 1, author: EngineConformance.node, payload: ByteBuffer(string: "a"))
        let append = engine.append(
            entry,
            to: EngineConformance.log,
            retention: .untilRetired,
            in: engine.incarnation,
            on: loop
        )
        append.whenComplete { _ in done.with { $0.append("append") } }
        // It would tell what is not written yet.
        let read = engine.read(EngineConformance.log, after: nil, on: loop)
        read.whenComplete { _ in done.with { $0.append("read") } }
        // Hangs on nothing.
        _ = try await engine.heartbeat(NodeLease(node: EngineConformance.node, address: ""), via: loop)
        try await loop.submit {}.get()
        #expect(done.with { $0 }.isEmpty)
        #expect(heard.with { $0 } == 0)
        held.letGo()
        #expect(try await append.get() == .appended)
        #expect(try await read.get().entries == [entry])
        #expect(done.with { $0 } == ["append", "read"])
        try await loop.submit {}.get()
        #expect(heard.with { $0 } == 1)
        try await engine.close()
    }

    @Test func whatArrivesMeanwhileIsWrittenTogether() async throws {
        let bench = try SQLiteBench()
        let engine = try bench.open()
        let loop = EngineConformance.loop
        let held = await HeldWriter(engine)
        let appends = (0..<50).map { index in
            engine.append(
                LogEntry(after: .start, uid: 1, author: EngineConformance.node, payload: ByteBuffer()),
                to: LogID(.alias, "\(index)"),
                retention: .untilRetired,
                in: engine.incarnation,
                on: loop
            )
        }
        held.letGo()
        for append in appends { #expect(try await append.get() == .appended) }
        #expect(engine.counts.changes == 50)
        #expect(engine.counts.transactions == 1)
        try await engine.close()
    }

    @Test func aFullDiskLosesNothingThatWasAnswered() async throws {
        let bench = try SQLiteBench()
        let engine = try bench.open(pagesMax: 60)
        let loop = EngineConformance.loop
        let payload = ByteBuffer(repeating: 7, count: 3_000)
        var (top, written) = (Position.start, 0)
        func append() async throws(EngineError) -> AppendResult {
            let entry = LogEntry(after: top, uid: top.uid + 1, author: EngineConformance.node, payload: payload)
            return try await engine.append(entry, to: EngineConformance.log, in: engine.incarnation, via: loop)
        }
        await #expect(throws: EngineError.ambiguous) {
            while try await append() == .appended {
                written += 1
                top = top.next(uid: top.uid + 1)
            }
        }
        #expect(written > 10)
        #expect(engine.health == .failed(reason: SQLiteProblem.full(path: engine.file.path).description))
        await #expect(throws: EngineError.unavailable) { try await append() }
        await #expect(throws: EngineError.unavailable) {
            try await engine.read(EngineConformance.log, via: loop)
        }
        // Who lives is another matter.
        _ = try await engine.heartbeat(NodeLease(node: EngineConformance.node, address: ""), via: loop)
        try await engine.file.queue.write { try $0.execute(sql: "PRAGMA max_page_count = 10000") }
        var read: LogRead?
        while read == nil {
            try Task.checkCancellation()
            read = try? await engine.read(EngineConformance.log, via: loop)
        }
        #expect(read?.entries.count == written + 1)
        #expect(engine.health == .well)
        // What the writer has to say it says behind its answer.
        try await engine.close()
        let said = bench.said.with { $0 }
        #expect(said.count { $0.contains("is full") && $0.hasPrefix("error") } == 1, "\(said)")
        #expect(said.contains { $0.contains("can be written again") }, "\(said)")
        #expect(try bench.open().kept == engine.kept)
    }

    @Test func moreThanMayWaitIsRefused() async throws {
        let bench = try SQLiteBench()
        var limits = Limits()
        limits.engineUnwrittenBytesMax = 1_000
        let engine = try bench.open(limits: limits)
        let held = await HeldWriter(engine)
        let subject = bench.subject(engine)
        async let first = subject.append(String(repeating: "x", count: 1_000), after: .start, uid: 1)
        while engine.kept.logs.isEmpty {
            try Task.checkCancellation()
            await Task.yield()
        }
        await #expect(throws: EngineError.unavailable) {
            try await engine.heads([EngineConformance.log], via: EngineConformance.loop)
        }
        held.letGo()
        #expect(try await first == .appended)
        #expect(try await subject.head() == Position.start.next(uid: 1))
        try await engine.close()
    }
}
