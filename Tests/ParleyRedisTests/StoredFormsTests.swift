import NIOCore
import ParleyEngine
import ParleyProtocol
import ParleyRedis
import ParleyTestSupport
import Testing

/// What lies in a Redis, which others may write to as well.
@Suite struct StoredFormsTests {
    private static let node = NodeID(high: 7, low: 8)
    private static let ada = ParticipantID(high: 1, low: 2)

    private static let positions: [Position] = [
        Position(generation: 1, sequence: 1, uid: 1), Position(generation: 1, sequence: 2, uid: .max),
        Position(generation: .max, sequence: .max - 1, uid: 0),
    ]

    @Test(arguments: positions) func anEntryComesBackAsItWas(_ after: Position) throws {
        var payload = ByteBuffer(bytes: 0...255)
        payload.moveReaderIndex(forwardBy: 3)
        for after in [after, .start] {
            let entry = LogEntry(after: after, uid: 99, author: Self.node, payload: payload)
            #expect(LogEntry(stored: ByteBuffer(stored: entry)) == entry)
        }
        #expect(Position(stored: ByteBuffer(after)) == after)
        let snapshot = LogSnapshot(position: after, payload: payload)
        #expect(LogSnapshot(stored: ByteBuffer(stored: snapshot)) == snapshot)
    }

    @Test func aSignalComesBackAsItWas() {
        let bytes = Array("hello".utf8)
        let stored = bytes.withUnsafeBytes { ByteBuffer(stored: $0, from: Self.ada, n: 5) }
        #expect(
            StoredSignal(stored: stored) == StoredSignal(sender: Self.ada, n: 5, bytes: ByteBuffer(string: "hello"))
        )
    }

    @Test func marksAreThreeNumbers() {
        #expect(MailboxMarks(stored: ByteBuffer(string: "9 7 3")) == MailboxMarks(stored: 9, delivered: 7))
        for junk in ["", "9", "9 7", "9 7 3 1", "9 7 x", "9  3", "-1 2 3", "99999999999999999999 1 1"] {
            #expect(MailboxMarks(stored: ByteBuffer(string: junk)) == nil, "\(junk)")
        }
    }

    @Test func hintsComeBackAsTheyWere() {
        let mail = StoredHint.decode(StoredHint.mail(for: Self.ada, author: Self.node))
        #expect(mail?.hint == .mail([Self.ada]))
        #expect(mail?.author == Self.node)
        #expect(
            StoredHint.decode(StoredHint.ephemeral(ByteBuffer(string: "x")))?.hint
                == .ephemeral(ByteBuffer(string: "x"))
        )
    }

    /// Whatever it is, it is decoded or is none; and what is cut off anywhere is none.
    @Test func nothingThatOthersWriteIsACrash() {
        var random = SeededGenerator(seed: 1)
        let entry = LogEntry(after: .start, uid: 9, author: Self.node, payload: ByteBuffer())
        let whole = ByteBuffer(stored: entry)
        for length in 0..<whole.readableBytes {
            #expect(LogEntry(stored: whole.getSlice(at: 0, length: length) ?? ByteBuffer()) == nil)
        }
        let letters = Array("LRDMEx".utf8)
        for _ in 0..<2_000 {
            let count = Int.random(in: 0...80, using: &random)
            var bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            if count > 1 { bytes[0] = letters[Int.random(in: 0..<6, using: &random)] }
            if count > 1 { bytes[1] = 1 }
            if let hint = StoredHint.decode(ByteBuffer(bytes: bytes))?.hint, case .committed(let entry) = hint {
                #expect(ByteBuffer(stored: entry) == ByteBuffer(bytes: bytes.dropFirst()))
            }
            _ = LogSnapshot(stored: ByteBuffer(bytes: bytes))
            _ = StoredSignal(stored: ByteBuffer(bytes: bytes))
            _ = MailboxMarks(stored: ByteBuffer(bytes: bytes))
        }
    }
}
