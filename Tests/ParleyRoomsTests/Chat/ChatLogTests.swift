import ParleyProtocol
import ParleyRooms
import Testing

/// A log that answers when it is told to, and two nodes that write to it.
private struct World {
    typealias Machine = ChatLogStateMachine

    var nodes: [Machine]
    var log: [Machine.Entry] = []
    var snapshot: Machine.Snapshot?
    /// By node, in order.
    var effects: [[Machine.Effect]]
    private var uid: UInt64 = 0

    init(nodes count: Int = 1, limits: Limits = Limits()) {
        self.nodes = Array(repeating: Machine(limits: Shared(limits)), count: count)
        self.effects = Array(repeating: [], count: count)
        for node in 0..<count {
            self.nodes[node].start(&self.effects[node])
            self.answerRead(node)
        }
    }

    var top: Position { self.log.last?.position ?? self.snapshot?.position ?? .start }

    static func draft(_ name: Character, _ cid: String, _ text: String? = nil, at milliseconds: Int64 = 0) throws
        -> Machine.Draft
    {
        .init(
            from: Self.id(name),
            name: nil,
            to: nil,
            text: try ChatText(text ?? "\(name) \(cid)"),
            cid: cid,
            at: Instant(milliseconds: milliseconds)
        )
    }

    static func id(_ name: Character) -> ParticipantID {
        ParticipantID(high: 1, low: UInt64(name.unicodeScalars.first?.value ?? 0))
    }

    mutating func say(_ node: Int, _ drafts: Machine.Draft...) {
        for draft in drafts { self.nodes[node].submit(draft, &self.effects[node]) }
    }

    mutating func flush(_ node: Int) {
        self.uid += 1
        self.nodes[node].flush(uid: self.uid, &self.effects[node])
    }

    /// The append that waits for its answer.
    mutating func takeAppend(_ node: Int) -> Machine.Entry? {
        for (index, effect) in self.effects[node].enumerated() {
            guard case .append(let entry) = effect else { continue }
            self.effects[node].remove(at: index)
            return entry
        }
        return nil
    }

    /// What a log does; the answer reaches the node, or not.
    mutating func land(_ node: Int, isAnswered: Bool = true) {
        guard let entry = self.takeAppend(node) else { return }
        let after =
            self.log.firstIndex { $0.position == entry.after }.map { $0 + 1 } ?? (entry.after == .start ? 0 : nil)
        let isNext = entry.after == self.top
        if isNext { self.log.append(entry) }
        guard isAnswered else { return self.complete(node, .unknown, entry) }
        if isNext { return self.complete(node, .appended, entry) }
        let tail = after.map { Array(self.log[$0...]) }
        self.complete(node, .conflict(top: self.top, tail: tail), entry)
    }

    mutating func complete(_ node: Int, _ outcome: Machine.AppendOutcome, _ entry: Machine.Entry) {
        self.nodes[node].appendCompleted(outcome, of: entry.position, &self.effects[node])
    }

    mutating func answerRead(_ node: Int) {
        guard let index = self.effects[node].firstIndex(where: { if case .read = $0 { true } else { false } }),
            case .read(let after) = self.effects[node].remove(at: index)
        else { return }
        let place = self.log.firstIndex { $0.position == after }.map { $0 + 1 }
        let continues = place != nil || (after != nil && after == self.top)
        let read = Machine.Read(
            continues: continues,
            snapshot: continues ? nil : self.snapshot,
            entries: continues ? Array(self.log[(place ?? self.log.count)...]) : self.log,
            top: self.top
        )
        self.nodes[node].readCompleted(read, &self.effects[node])
    }

    /// What one node holds, as its people would read it.
    func text(_ node: Int) -> String {
        self.nodes[node].window.messages.map { "\($0.n) \($0.text.text)" }.joined(separator: ", ")
    }

    func refusals(_ node: Int) -> [String] {
        self.effects[node].compactMap {
            if case .refused(let draft, let code) = $0 { "\(draft.cid) \(code.rawValue)" } else { nil }
        }
    }
}

@Suite struct ChatLogTests {
    @Test func `what is said in one tick is one entry, with dense numbers`() throws {
        var world = World()
        try world.say(0, World.draft("a", "1"), World.draft("b", "1"), World.draft("a", "2"))
        world.flush(0)
        world.land(0)
        try world.say(0, World.draft("b", "2"))
        world.flush(0)
        world.land(0)
        #expect(world.text(0) == "1 a 1, 2 b 1, 3 a 2, 4 b 2")
        #expect(world.log.map(\.messages.count) == [3, 1])
        #expect(world.effects[0].filter { $0 == .told }.count >= 2)
    }

    @Test func `said twice it is stored once, wherever the first one is`() throws {
        var world = World()
        let draft = try World.draft("a", "1")
        // Waiting.
        world.say(0, draft, draft)
        world.flush(0)
        // In flight.
        world.say(0, draft)
        world.land(0)
        // In the log: the sender is told again.
        world.say(0, draft)
        #expect(world.text(0) == "1 a 1")
        #expect(world.effects[0].contains(.again(world.log[0].messages[0])))
        #expect(!world.nodes[0].wantsAppend)
        // Another person's word for another message.
        try world.say(0, World.draft("b", "1"))
        world.flush(0)
        world.land(0)
        #expect(world.text(0) == "1 a 1, 2 b 1")
    }

    @Test func `an append whose outcome is unknown is looked for and not said again`() throws {
        for isInLog in [true, false] {
            var world = World()
            try world.say(0, World.draft("a", "1"))
            world.flush(0)
            if isInLog {
                world.land(0, isAnswered: false)
            } else if let entry = world.takeAppend(0) {
                world.complete(0, .unknown, entry)
            }
            try world.say(0, World.draft("a", "1"), World.draft("a", "2"))
            #expect(!world.nodes[0].wantsAppend, "nothing is said before it is known")
            world.answerRead(0)
            world.flush(0)
            world.land(0)
            #expect(world.text(0) == "1 a 1, 2 a 2", "\(isInLog)")
            #expect(world.log.flatMap(\.messages).count == 2)
        }
    }

    @Test func `whoever was second is numbered anew`() throws {
        var world = World(nodes: 2)
        try world.say(0, World.draft("a", "1"))
        try world.say(1, World.draft("b", "1"), World.draft("b", "2"))
        world.flush(0)
        world.flush(1)
        world.land(1)
        world.land(0)
        world.flush(0)
        world.land(0)
        #expect(world.text(0) == "1 b 1, 2 b 2, 3 a 1")
        // The hint.
        world.nodes[1].received(world.log[1], &world.effects[1])
        #expect(world.text(1) == world.text(0))
    }

    @Test func `a lost hint is made up for by a read`() throws {
        var world = World(nodes: 2)
        for cid in ["1", "2", "3"] {
            try world.say(0, World.draft("a", cid))
            world.flush(0)
            world.land(0)
        }
        world.nodes[1].received(world.log[2], &world.effects[1])
        world.answerRead(1)
        #expect(world.text(1) == "1 a 1, 2 a 2, 3 a 3")
        // Said on one node, and again on the other one after a move.
        try world.say(1, World.draft("a", "2"))
        #expect(world.effects[1].contains(.again(world.log[1].messages[0])))
    }

    @Test func `an engine that cannot be reached refuses what is certainly not in the log`() throws {
        var world = World()
        try world.say(0, World.draft("a", "1"))
        world.flush(0)
        if let entry = world.takeAppend(0) { world.complete(0, .unavailable, entry) }
        #expect(world.refusals(0) == ["1 engine-unavailable"])
        world.nodes[0].retryTimerFired(&world.effects[0])
        world.nodes[0].readFailed(&world.effects[0])
        world.nodes[0].retryTimerFired(&world.effects[0])
        world.answerRead(0)
        try world.say(0, World.draft("a", "1"))
        world.flush(0)
        world.land(0)
        #expect(world.text(0) == "1 a 1")
    }

    @Test func `a log that was forgotten goes on with the numbers that were told`() throws {
        var world = World()
        try world.say(0, World.draft("a", "1"))
        world.flush(0)
        world.land(0)
        world.log = []
        try world.say(0, World.draft("a", "2"))
        world.flush(0)
        world.land(0)
        world.answerRead(0)
        world.flush(0)
        world.land(0)
        #expect(world.text(0) == "1 a 1, 2 a 2")
        // What this node still had is in the log again.
        let snapshots = world.effects[0].compactMap { effect -> ChatLogStateMachine.Snapshot? in
            if case .writeSnapshot(let snapshot) = effect { snapshot } else { nil }
        }
        #expect(snapshots.last?.messages.map(\.n) == [1, 2])
    }

    @Test func `only the newest are kept, and a snapshot holds all of them`() throws {
        var limits = Limits()
        limits.chatMessagesMax = 300
        var world = World(limits: limits)
        for number in 1...600 {
            try world.say(0, World.draft("a", "\(number)"))
            world.flush(0)
            world.land(0)
        }
        let messages = world.nodes[0].window.messages
        #expect(messages.first?.n == 301)
        #expect(messages.last?.n == 600)
        // What is gone is not known any more.
        #expect(!world.nodes[0].knows("1", from: World.id("a")))
        #expect(world.nodes[0].knows("301", from: World.id("a")))
        let snapshots = world.effects[0].compactMap { effect -> ChatLogStateMachine.Snapshot? in
            if case .writeSnapshot(let snapshot) = effect { snapshot } else { nil }
        }
        let snapshot = try #require(snapshots.last)
        // Another node begins with the snapshot and what follows it.
        world.log.removeAll { $0.position.sequence <= snapshot.position.sequence }
        world.snapshot = snapshot
        var other = ChatLogStateMachine(limits: Shared(limits))
        var effects: [ChatLogStateMachine.Effect] = []
        other.start(&effects)
        let read = ChatLogStateMachine.Read(
            continues: false,
            snapshot: snapshot,
            entries: world.log,
            top: world.top
        )
        other.readCompleted(read, &effects)
        #expect(other.window == world.nodes[0].window)
    }

    @Test func `a queue has an end, and so has a room`() throws {
        var limits = Limits()
        limits.chatPendingMax = 3
        var world = World(limits: limits)
        for number in 1...4 { try world.say(0, World.draft("a", "\(number)")) }
        #expect(world.refusals(0) == ["4 busy"])
        world.flush(0)
        world.nodes[0].end(&world.effects[0])
        try world.say(0, World.draft("a", "5"))
        #expect(
            world.refusals(0) == ["4 busy", "1 room-ended", "2 room-ended", "3 room-ended", "5 room-ended"]
        )
        world.land(0)
        #expect(world.text(0) == "")
    }
}

@Suite struct ChatWindowTests {
    private func window(_ count: UInt64, bytesMax: Int = 1_048_576) throws -> ChatWindow {
        var limits = Limits()
        limits.chatBytesMax = bytesMax
        var window = ChatWindow(limits: limits)
        for n in 1...count {
            window.append(
                ChatMessage(
                    n: n,
                    from: World.id("a"),
                    to: n.isMultiple(of: 5) ? World.id("b") : nil,
                    text: try ChatText(String(repeating: "x", count: 1_000)),
                    time: Instant(milliseconds: Int64(n) * 10)
                )
            )
        }
        return window
    }

    @Test func `a page holds the newest that somebody may read`() throws {
        let window = try self.window(40)
        let cleo = World.id("c")
        let newest = window.page(before: nil, limit: 5, bytesMax: .max) { $0.isVisible(to: cleo) }
        #expect(newest.map(\.n) == [34, 36, 37, 38, 39])
        let older = window.page(before: 34, limit: 3, bytesMax: .max) { $0.isVisible(to: World.id("b")) }
        #expect(older.map(\.n) == [31, 32, 33])
        #expect(window.page(before: 1, limit: 3, bytesMax: .max) { _ in true } == [])
        // Not more than fits, but one always does.
        #expect(window.page(before: nil, limit: 9, bytesMax: 5_000) { _ in true }.map(\.n) == [39, 40])
        #expect(window.page(before: nil, limit: 9, bytesMax: 1) { _ in true }.map(\.n) == [40])
    }

    @Test func `what is too much goes at the old end`() throws {
        let window = try self.window(40, bytesMax: 22_000)
        #expect(window.messages.map(\.n) == Array(31...40))
        #expect(window.after(38).map(\.n) == [39, 40])
        #expect(window.after(3).map(\.n) == Array(31...40))
        #expect(window.firstNumber(since: Instant(milliseconds: 385)) == 39)
        #expect(window.firstNumber(since: Instant(milliseconds: 500)) == 41)
    }

    @Test func `a text is a text`() throws {
        #expect(throws: RejectionCode.invalidMember) { try ChatText("") }
        #expect(throws: RejectionCode.invalidMember) { try ChatText("a\u{0}b") }
        #expect(throws: RejectionCode.invalidMember) { try ChatText("a\u{85}b") }
        #expect(throws: RejectionCode.tooLong) { try ChatText(String(repeating: "é", count: 2_049)) }
        #expect(try ChatText("a\tb\nc 🦊").text == "a\tb\nc 🦊")
        #expect(try ChatText(String(repeating: "é", count: 2_048)).text.utf8.count == 4_096)
    }
}
