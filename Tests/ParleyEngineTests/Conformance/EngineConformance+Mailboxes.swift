import NIOCore
import ParleyEngine
import ParleyProtocol
import Testing

/// People of one room and their mailboxes.
enum Mail {
    static let room = RoomID(high: 3, low: 3)
    static let log = LogID(room: Self.room)
    static let ada = ParticipantID(high: 0, low: 1)
    static let bob = MailboxID(room: Self.room, recipient: ParticipantID(high: 0, low: 2))
    static let cyd = MailboxID(room: Self.room, recipient: ParticipantID(high: 0, low: 3))

    /// The n-th of many senders.
    static func sender(_ n: Int) -> ParticipantID { ParticipantID(high: 1, low: UInt64(n)) }
}

extension ConformanceSubject {
    func send(
        _ n: UInt64,
        from sender: ParticipantID = Mail.ada,
        to mailbox: MailboxID = Mail.bob,
        floor: UInt64 = 1,
        _ text: String? = nil
    ) async throws -> MailboxVerdict? {
        var batch = MailboxBatch(author: EngineConformance.node)
        batch.append(ByteBuffer(string: text ?? "\(n)"), to: mailbox, from: sender, n: n, floor: floor)
        return try await self.engine.append(batch, via: EngineConformance.loop).first
    }

    func texts(_ mailbox: MailboxID = Mail.bob) async throws -> [String] {
        try await self.engine.read(mailbox, via: EngineConformance.loop).map { String(buffer: $0.bytes) }
    }

    func acknowledge(
        _ n: UInt64,
        from sender: ParticipantID = Mail.ada,
        in mailbox: MailboxID = Mail.bob
    ) async throws -> UInt64? {
        let one = MailboxAcknowledgement(mailbox: mailbox, sender: sender, n: n)
        return try await self.engine.acknowledge([one], via: EngineConformance.loop).first
    }
}

extension EngineConformance {
    static let mailboxRules = [
        rule("C6: signals keep their order, a repetition is a duplicate") { subject async throws in
            #expect(try await subject.send(1) == .stored)
            #expect(try await subject.send(2) == .stored)
            #expect(try await subject.send(1, "changed") == .duplicate)
            #expect(try await subject.send(2) == .duplicate)
            #expect(try await subject.send(0) == .duplicate)
            #expect(try await subject.texts() == ["1", "2"])
        },
        rule("C6: a number too far is a gap and says where to go on") { subject async throws in
            #expect(try await subject.send(2) == .gap(last: 0))
            #expect(try await subject.send(1) == .stored)
            #expect(try await subject.send(5) == .gap(last: 1))
            #expect(try await subject.send(2) == .stored)
            #expect(try await subject.texts() == ["1", "2"])
        },
        rule("C6: the floor lets a pair go on when the engine has forgotten it") { subject async throws in
            #expect(try await subject.send(7, floor: 6) == .gap(last: 5))
            #expect(try await subject.send(6, floor: 6) == .stored)
            #expect(try await subject.send(7, floor: 6) == .stored)
            // What is below the floor was delivered.
            #expect(try await subject.send(8, floor: 9) == .duplicate)
            #expect(try await subject.send(9, floor: 9) == .stored)
            // A floor of the past takes nothing back, and 0 is as good as 1.
            #expect(try await subject.send(10, floor: 0) == .stored)
            #expect(try await subject.send(1, from: Mail.cyd.recipient, floor: 0) == .stored)
        },
        rule("one batch, many recipients: each entry is judged by itself") { subject async throws in
            var batch = MailboxBatch(author: Self.node)
            batch.append(ByteBuffer(string: "b1"), to: Mail.bob, from: Mail.ada, n: 1, floor: 1)
            batch.append(ByteBuffer(string: "c2"), to: Mail.cyd, from: Mail.ada, n: 2, floor: 1)
            batch.append(ByteBuffer(string: "b2"), to: Mail.bob, from: Mail.ada, n: 2, floor: 1)
            batch.append(ByteBuffer(string: "b1"), to: Mail.bob, from: Mail.ada, n: 1, floor: 1)
            batch.append(ByteBuffer(), to: Mail.cyd, from: Mail.ada, n: 1, floor: 1)
            let verdicts = try await subject.engine.append(batch, via: Self.loop)
            #expect(verdicts == [.stored, .gap(last: 0), .stored, .duplicate, .stored])
            #expect(try await subject.texts() == ["b1", "b2"])
            #expect(try await subject.texts(Mail.cyd) == [""])
            let first = try await subject.engine.read(Mail.bob, via: Self.loop).first
            #expect(first == StoredSignal(sender: Mail.ada, n: 1, bytes: ByteBuffer(string: "b1")))
        },
        rule("a batch can be filled again") { subject async throws in
            var batch = MailboxBatch(author: Self.node)
            for n in 1...3 as ClosedRange<UInt64> {
                batch.append(ByteBuffer(string: "\(n)"), to: Mail.bob, from: Mail.ada, n: n, floor: 1)
                #expect(try await subject.engine.append(batch, via: Self.loop) == [.stored])
                batch.removeAll()
            }
            #expect(try await subject.engine.append(batch, via: Self.loop) == [])
            #expect(try await subject.texts() == ["1", "2", "3"])
        },
        rule("an acknowledgement is cumulative, by sender, and frees the place") { subject async throws in
            let eve = Mail.cyd.recipient
            for n in 1...3 as ClosedRange<UInt64> {
                _ = try await subject.send(n, "ada\(n)")
                _ = try await subject.send(n, from: eve, "eve\(n)")
            }
            #expect(try await subject.acknowledge(2) == 2)
            #expect(try await subject.texts() == ["eve1", "eve2", "ada3", "eve3"])
            #expect(try await subject.acknowledge(1) == 2)
            let both = [eve, Mail.ada].map { MailboxAcknowledgement(mailbox: Mail.bob, sender: $0, n: 3) }
            #expect(try await subject.engine.acknowledge(both, via: Self.loop) == [3, 3])
            #expect(try await subject.texts() == [])
            #expect(try await subject.send(3) == .duplicate)
            #expect(try await subject.send(4) == .stored)
        },
        rule("marks are what was stored and what was acknowledged, and no more than was stored") {
            subject async throws in
            let marks = { try await subject.engine.marks(from: Mail.ada, in: Mail.bob, via: Self.loop) }
            #expect(try await marks() == MailboxMarks(stored: 0, delivered: 0))
            #expect(try await subject.acknowledge(9) == 0)
            _ = try await subject.send(1)
            _ = try await subject.send(2)
            #expect(try await marks() == MailboxMarks(stored: 2, delivered: 0))
            #expect(try await subject.acknowledge(1) == 1)
            #expect(try await marks() == MailboxMarks(stored: 2, delivered: 1))
            #expect(try await subject.acknowledge(900) == 2)
            #expect(try await marks() == MailboxMarks(stored: 2, delivered: 2))
        },
        rule("a mailbox is full at so many signals, whoever sent them") { subject async throws in
            let limit = Limits().unacknowledgedSignalsMax
            var batch = MailboxBatch(author: Self.node)
            for index in 0..<limit {
                let n = UInt64(index / 2 + 1)
                batch.append(ByteBuffer(), to: Mail.bob, from: Mail.sender(index % 2), n: n, floor: 1)
            }
            let verdicts = try await subject.engine.append(batch, via: Self.loop)
            #expect(verdicts == Array(repeating: .stored, count: limit))
            #expect(try await subject.send(1) == .full)
            #expect(try await subject.send(1, to: Mail.cyd) == .stored)
            // A duplicate needs no place.
            #expect(try await subject.send(1, from: Mail.sender(0)) == .duplicate)
            _ = try await subject.acknowledge(1, from: Mail.sender(1))
            #expect(try await subject.send(1) == .stored)
            #expect(try await subject.send(2) == .full)
        },
        rule("a mailbox is full at so many bytes") { subject async throws in
            let half = String(repeating: "x", count: Limits().mailboxBytesMax / 2)
            #expect(try await subject.send(1, half) == .stored)
            #expect(try await subject.send(2, half) == .stored)
            #expect(try await subject.send(3, "y") == .full)
            #expect(try await subject.send(3, "") == .stored)
            _ = try await subject.acknowledge(1)
            #expect(try await subject.send(4, "y") == .stored)
        },
        rule("what lies between acknowledged signals stays whole") { subject async throws in
            // Ada's first one stays, while a hundred of another sender come and go behind it.
            _ = try await subject.send(1, "ada")
            let eve = Mail.cyd.recipient
            for n in 1...100 as ClosedRange<UInt64> {
                let text = String(repeating: "e", count: Int(n))
                #expect(try await subject.send(n, from: eve, text) == .stored)
                if n > 2 { _ = try await subject.acknowledge(n - 2, from: eve) }
            }
            let expected = ["ada", String(repeating: "e", count: 99), String(repeating: "e", count: 100)]
            #expect(try await subject.texts() == expected)
        },
        rule("a dropped mailbox is forgotten; so are those of a retired room") { subject async throws in
            _ = try await subject.send(1)
            _ = try await subject.send(1, to: Mail.cyd)
            try await subject.engine.drop(Mail.bob, via: Self.loop)
            #expect(try await subject.texts() == [])
            #expect(try await subject.send(2) == .gap(last: 0))
            #expect(try await subject.texts(Mail.cyd) == ["1"])
            let top = try await subject.fill(1, to: Mail.log)[0]
            _ = try await subject.engine.retire(Mail.log, expecting: top, via: Self.loop)
            #expect(try await subject.texts(Mail.cyd) == [])
        },
        rule("strangers without number cannot fill a mailbox's memory of pairs") { subject async throws in
            let count = Limits().peersPerSessionMax + 10
            _ = try await subject.send(1)
            for index in 0..<count {
                let sender = Mail.sender(index)
                #expect(try await subject.send(1, from: sender, "") == .stored)
                _ = try await subject.acknowledge(1, from: sender)
            }
            // The newest are known, Ada's signal waits and so she is known.
            #expect(try await subject.send(1, from: Mail.sender(count - 1)) == .duplicate)
            #expect(try await subject.send(1) == .duplicate)
        },
    ]

    static let nodeRules = [
        rule("a heartbeat tells who is there and how old, by the engine's clock") { subject async throws in
            let engine = subject.engine
            let ada = NodeLease(node: Self.node, address: "10.0.0.1:80", name: "a \"b\"", semantics: 2, clients: 7)
            let bob = NodeLease(node: Self.other, address: "10.0.0.2:80", isDraining: true)
            let first = try await engine.heartbeat(bob, via: Self.loop)
            subject.advance?(1_500)
            let second = try await engine.heartbeat(ada, via: Self.loop)
            #expect(second.nodes.map(\.lease) == [ada, bob])
            #expect(second.incarnation == engine.incarnation)
            guard let advance = subject.advance else { return }
            #expect(second.now.milliseconds - first.now.milliseconds == 1_500)
            #expect(second.nodes.map(\.ageMilliseconds) == [0, 1_500])
            advance(59_999)
            #expect(try await engine.heartbeat(ada, via: Self.loop).nodes.map(\.lease) == [ada])
        },
        rule("a released lease is gone at once") { subject async throws in
            let engine = subject.engine
            _ = try await engine.heartbeat(NodeLease(node: Self.other, address: ""), via: Self.loop)
            try await engine.release(Self.other, via: Self.loop)
            let view = try await engine.heartbeat(NodeLease(node: Self.node, address: ""), via: Self.loop)
            #expect(view.nodes.map(\.lease.node) == [Self.node])
        },
        rule("a node hears what is sent to it, on its loop") { subject async throws in
            let engine = subject.engine
            let heard = Heard<String>()
            let loop = Self.loop
            let subscription = try await engine.receive(as: Self.other, via: loop) { bytes in
                loop.preconditionInEventLoop()
                heard.say(String(buffer: bytes))
            }
            engine.send(ByteBuffer(string: "not for you"), to: Self.node)
            engine.send(ByteBuffer(string: "hello"), to: Self.other)
            #expect(await heard.upTo { _ in true } == ["hello"])
            try await engine.stopReceiving(subscription, via: Self.loop)
            engine.send(ByteBuffer(string: "too late"), to: Self.other)
        },
    ]
}
