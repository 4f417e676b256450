import ParleyTestSupport
import ParleyTransport
import Testing

struct FrameDecoderTests {
    /// One of everything, in an order that the RFC allows.
    static let conversation: [UInt8] =
        text("") + text("hello") + frame(9, [1, 2]) + text("frag", fin: false) + frame(10, [3])
        + frame(0, Array("men".utf8), fin: false) + frame(9) + frame(0, Array("ted ✓".utf8))
        + frame(2, Array(repeating: 7, count: 126)) + text(String(repeating: "é", count: 200))
        + text(String(repeating: "x", count: 66_000)) + close(4000, "bye ✓") + text("too late")
    static let heard: [Heard] = [
        .text(""), .text("hello"), .ping([1, 2]), .pong([3]), .ping([]), .text("fragmented ✓"),
        .binary(Array(repeating: 7, count: 126)), .text(String(repeating: "é", count: 200)),
        .text(String(repeating: "x", count: 66_000)), .close(4000),
    ]

    @Test func `A conversation in one read`() {
        #expect(hear([Self.conversation]) == Self.heard)
    }

    @Test func `A conversation byte by byte`() {
        #expect(hear(Self.conversation.map { [$0] }) == Self.heard)
    }

    @Test func `A conversation in two reads, split everywhere that matters`() {
        // The long frame's inside is all alike: its first bytes stand for it.
        let end = Self.conversation.count
        for split in Array(0...900) + Array((end - 60)..<end) {
            let heard = hear([Array(Self.conversation[..<split]), Array(Self.conversation[split...])])
            #expect(heard == Self.heard, "split at \(split)")
        }
    }

    @Test(arguments: 0..<60 as Range<UInt64>)
    func `Random messages, fragmented and read at random`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var (bytes, expected): ([UInt8], [Heard]) = ([], [])
        for _ in 0..<Int.random(in: 1...12, using: &random) {
            let length = [0, 1, 125, 126, 127, 300, 65_535, 65_536].randomElement(using: &random) ?? 0
            let message = String(repeating: ["a", "é", "✓"].randomElement(using: &random) ?? "", count: length)
            var rest = Array(message.utf8)
            var opcode: UInt8 = 1
            while Bool.random(using: &random) {
                let part = rest.prefix(Int.random(in: 0...rest.count, using: &random))
                bytes += frame(opcode, Array(part), fin: false)
                rest.removeFirst(part.count)
                opcode = 0
                if Bool.random(using: &random) {
                    bytes += frame(9, [UInt8(part.count & 0xFF)])
                    expected.append(.ping([UInt8(part.count & 0xFF)]))
                }
            }
            bytes += frame(opcode, rest)
            expected.append(.text(message))
        }
        var chunks: [[UInt8]] = []
        while bytes.isEmpty == false {
            let length = min(
                bytes.count,
                Int.random(in: 1...(Bool.random(using: &random) ? 20 : 70_000), using: &random)
            )
            chunks.append(Array(bytes[..<length]))
            bytes = Array(bytes[length...])
        }
        #expect(hear(chunks) == expected)
    }

    struct Fault: CustomTestStringConvertible {
        var testDescription: String
        var bytes: [UInt8]
        var violation: WebSocketViolation
        var code: UInt16 = 1002

        init(_ description: String, _ bytes: [UInt8], _ violation: WebSocketViolation, _ code: UInt16 = 1002) {
            (self.testDescription, self.bytes, self.violation, self.code) = (description, bytes, violation, code)
        }
    }

    static let faults: [Fault] =
        [
            Fault("not masked", frame(1, [0x61], mask: nil), .unmaskedFrame),
            Fault("reserved bit 1", frame(1, reserved: 4), .reservedBits),
            Fault("reserved bit 2", frame(1, reserved: 2), .reservedBits),
            Fault("reserved bit 3 on a ping", frame(9, reserved: 1), .reservedBits),
            Fault("fragmented ping", frame(9, fin: false), .fragmentedControlFrame),
            Fault("fragmented close", frame(8, fin: false), .fragmentedControlFrame),
            Fault("ping of 126 bytes", frame(9, Array(repeating: 0, count: 126)), .longControlFrame),
            Fault("pong of 2^16 bytes", frame(10, Array(repeating: 0, count: 65_536)), .longControlFrame),
            Fault("125 in 16 bits", frame(1, Array(repeating: 0x61, count: 125), form: 16), .wastefulLength),
            Fault("1 in 16 bits on a ping", frame(9, [0], form: 16), .wastefulLength),
            Fault("65535 in 64 bits", frame(1, Array(repeating: 0x61, count: 65_535), form: 64), .wastefulLength),
            Fault("0 in 64 bits", frame(1, form: 64), .wastefulLength),
            Fault("top bit", [0x81, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0], .negativeLength),
            Fault("all bits", [0x81, 0xFF] + Array(repeating: 0xFF, count: 12), .negativeLength),
            Fault("continuation of nothing", frame(0), .continuationOfNothing),
            Fault("continuation after the end", text("a", fin: false) + frame(0) + frame(0), .continuationOfNothing),
            Fault("text in text", text("a", fin: false) + text("b"), .unfinishedMessage),
            Fault("binary in text", text("a", fin: false) + frame(2), .unfinishedMessage),
            Fault("close of 1 byte", frame(8, [3]), .truncatedCloseCode),
            Fault("close reason", frame(8, bigEndian(UInt16(1000)) + [0xC0, 0x80]), .invalidCloseReason, 1007),
            Fault("bad text", frame(1, [0x61, 0xFF]), .invalidText, 1007),
            Fault("character cut by the end", frame(1, [0xE2, 0x9C]), .invalidText, 1007),
            Fault(
                "bad text over fragments",
                frame(1, [0xED], fin: false) + frame(0, [0xA0, 0x80]),
                .invalidText,
                1007
            ),
            Fault("2^20 + 1 bytes", frame(1, Array(repeating: 0x61, count: 1 << 20 + 1)), .messageTooBig, 1009),
            Fault(
                "65 empty fragments",
                frame(1, fin: false) + (1...64).flatMap { _ in frame(0, fin: false) },
                .tooManyEmptyFragments,
                1008
            ),
            Fault("2^62 bytes", [0x81, 0xFF, 0x40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], .messageTooBig, 1009),
        ] + [3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map { Fault("opcode \($0)", frame($0), .reservedOpcode) }
        + ([0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535] as [UInt16]).map {
            Fault("close \($0)", close($0), .invalidCloseCode)
        }

    @Test(arguments: faults)
    func `A fault is found, however it comes, and is the last thing heard`(fault: Fault) {
        let bytes = fault.bytes + text("more")
        #expect(hear([bytes]).last == .violation(fault.violation))
        #expect(hear([bytes]).filter { $0 == .violation(fault.violation) }.count == 1)
        #expect(hear(bytes.prefix(2_000).map { [$0] } + [Array(bytes.dropFirst(2_000))]) == hear([bytes]))
        #expect(fault.violation.closeCode == fault.code)
    }

    @Test func `As many empty fragments as anybody needs, in each message`() {
        let message = frame(1, fin: false) + (1...63).flatMap { _ in frame(0, fin: false) } + frame(0, [0x61])
        #expect(hear([message + message]) == [.text("a"), .text("a")])
    }

    @Test(arguments: [1000, 1001, 1002, 1003, 1007, 1011, 1014, 3000, 3999, 4000, 4408, 4999] as [UInt16])
    func `Close codes that may travel`(code: UInt16) {
        #expect(hear([close(code)]) == [.close(code)])
        #expect(hear([close(code, String(repeating: "r", count: 123))]) == [.close(code)])
    }

    @Test func `An empty close frame has no code`() {
        #expect(hear([frame(8)]) == [.close(nil)])
    }

    @Test func `A header condemns before its payload comes`() {
        let long = frame(1, Array(repeating: 0x61, count: 101))
        #expect(hear([Array(long.prefix(6))], messageBytesMax: 100) == [.violation(.messageTooBig)])
    }

    @Test func `The limit holds over all fragments`() {
        func fragments(_ last: Int) -> [UInt8] {
            frame(1, Array(repeating: 0x61, count: 60), fin: false) + frame(9)
                + frame(0, Array(repeating: 0x61, count: last))
        }
        #expect(hear([fragments(40)], messageBytesMax: 100).last == .text(String(repeating: "a", count: 100)))
        #expect(hear([fragments(41)], messageBytesMax: 100) == [.ping([]), .violation(.messageTooBig)])
    }

    @Test func `Binary messages can be refused`() {
        #expect(hear([frame(2, [1])], acceptsBinary: false) == [.violation(.binaryMessage)])
        #expect(WebSocketViolation.binaryMessage.closeCode == 1003)
    }

    @Test func `A client hears what is not masked, and only that`() {
        let plain = frame(1, Array("hello".utf8), mask: nil)
        #expect(hear([plain], role: .client) == [.text("hello")])
        #expect(hear(plain.map { [$0] }, role: .client) == [.text("hello")])
        #expect(hear([text("hello")], role: .client) == [.violation(.maskedFrame)])
    }

    @Test(arguments: 0..<40 as Range<UInt64>)
    func `Bytes changed at random never crash it, and it hears the same in pieces`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let original = Self.conversation.prefix(1_200)
        for _ in 0..<50 {
            var bytes = Array(original)
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                default: bytes.remove(at: index)
                }
            }
            let whole = hear([bytes], messageBytesMax: 5_000)
            #expect(hear(bytes.map { [$0] }, messageBytesMax: 5_000) == whole)
        }
    }
}
