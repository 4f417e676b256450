import ParleyProtocol
import ParleyTestSupport
import Testing

/// Parser and scanner against the slow reader, and against each other, on frames that are nearly right.
@Suite struct AgreementTests {
    private static func seeds() throws -> [[UInt8]] {
        let messages = try Vectors.messages("client").map { $0.message.encoded }
        let accepted = try Vectors.read("accepted-frames").map { Array(try $0.text("frame").utf8) }
        let rejected = try Vectors.read("rejected-frames").map { Array(try $0.text("frame").utf8) }
        return (messages + accepted + rejected).filter { $0.count <= 600 }
    }

    @Test func everyTruncationIsRefusedByAll() throws {
        for seed in try Self.seeds() {
            for length in 0..<seed.count {
                try self.check(Array(seed[..<length]))
            }
        }
    }

    @Test func everyMutationHasOneVerdict() throws {
        var generator = SeededGenerator(seed: 1)
        var verdicts: [Bool: Int] = [:]
        for seed in try Self.seeds() {
            for _ in 0..<60 {
                var frame = seed
                for _ in 0..<Int.random(in: 1...3, using: &generator) { mutate(&frame, &generator) }
                if let accepted = try self.check(frame) { verdicts[accepted, default: 0] += 1 }
            }
        }
        // Otherwise the mutations would prove nothing about one of the two.
        #expect(verdicts[true, default: 0] > 1_000)
        #expect(verdicts[false, default: 0] > 1_000)
    }

    /// Whether the scanner accepts the frame; `nil` if it is not UTF-8 and so never comes to it.
    @discardableResult
    private func check(_ frame: [UInt8]) throws -> Bool? {
        let isUTF8 = String(validating: frame, as: UTF8.self) != nil
        #expect(frame.withUnsafeBytes { validateUTF8($0) } == isUTF8)
        let text = String(decoding: frame, as: UTF8.self)
        guard isUTF8 else {
            #expect(fault(frame) == .invalidUTF8)
            return nil
        }
        let document = SlowJSON.read(frame)
        let parserFault = fault(frame)
        #expect((parserFault == nil) == (document.map { !$0.hasDuplicate } ?? false), "\(text)")
        let scanned = Scanned(frame)
        let isMalformed = scanned == .refused(.malformed, member: nil)
        #expect(isMalformed == (document.map { !$0.isEnvelope } ?? true), "\(text)")
        if parserFault == nil, !isMalformed { self.checkMembers(try JSONParser.parse(frame), scanned, text) }
        if case .accepted = scanned { return true }
        return false
    }

    /// What the scanner says of members is what the full decoding says.
    private func checkMembers(_ value: JSONValue, _ scanned: Scanned, _ text: String) {
        var decoded = Scanned.accepted(.unknown)
        do throws(Rejection) {
            decoded = .accepted(try ClientMessage.decode(value).kind)
        } catch {
            decoded = .refused(error.code, member: error.member)
        }
        switch scanned {
        case .accepted(let kind) where kind.isSignal || kind == .pulse:
            #expect(decoded == scanned, "\(text)")
        case .accepted(.unknown):
            #expect(decoded == .refused(.unknownType, member: nil), "\(text)")
        case .accepted:
            // Left to the full decoding.
            break
        case .refused:
            #expect(decoded == scanned, "\(text)")
        }
    }
}

extension SlowJSON.Document {
    /// Whether this is an object without a duplicate among the members that route.
    fileprivate var isEnvelope: Bool {
        let routing = EnvelopeMember.allCases.map { "\($0.text)".unicodeScalars.map { $0.value } }
        return self.isObject && routing.allSatisfy { name in self.names.count { $0 == name } <= 1 }
    }
}

extension ClientMessage {
    fileprivate var kind: MessageKind {
        switch self {
        case .hello: .hello
        case .join: .join
        case .leave: .leave
        case .media: .media
        case .meeting: .meeting
        case .signal(let signal): signal.payload.kind
        case .pulse: .pulse
        case .beat: .beat
        case .resync: .resync
        case .networkChanged: .networkChanged
        case .authenticate: .authenticate
        case .roster: .roster
        case .watch: .watch
        case .chat: .chat
        case .chatHistory: .chatHistory
        }
    }
}

/// One small change of the kinds that parsers get wrong.
private func mutate(_ frame: inout [UInt8], _ generator: inout SeededGenerator) {
    let pieces = [
        "\"", "\\", "{", "}", "[", "]", ",", ":", " ", "\n", "0", "-", ".", "e", "\u{1}", "\\u0074",
        "\\ud83e",
        "\\udd8a", "null", "true", "1e5", "\"to\":", "\"type\"", "é", "\u{10FFFF}", "\u{7F}",
    ]
    let position = Int.random(in: 0...frame.count, using: &generator)
    let end = min(frame.count, position + Int.random(in: 0...8, using: &generator))
    switch Int.random(in: 0..<6, using: &generator) {
    case 0: frame.removeSubrange(position..<end)
    case 1: frame.insert(contentsOf: frame[position..<end], at: position)
    case 2: frame.insert(contentsOf: (pieces.randomElement(using: &generator) ?? "").utf8, at: position)
    case 3: frame.replaceSubrange(position..<end, with: (pieces.randomElement(using: &generator) ?? "").utf8)
    case 4 where position < frame.count: frame[position] = UInt8.random(in: 0...255, using: &generator)
    case 4: break
    default: copyMember(in: &frame, &generator)
    }
}

/// Puts a copy of some member, or of what looks like one, behind a comma: duplicates come from that.
private func copyMember(in frame: inout [UInt8], _ generator: inout SeededGenerator) {
    let commas = frame.indices.filter { frame[$0] == UInt8(ascii: ",") }
    guard commas.count >= 2, let first = commas.dropLast().randomElement(using: &generator),
        let second = commas.first(where: { $0 > first }), let target = commas.randomElement(using: &generator)
    else { return }
    frame.insert(contentsOf: Array(frame[first..<second]), at: target)
}
