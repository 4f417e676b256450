import ParleyLoad
import ParleyProtocol
import Testing

struct SignalTextTests {
    private static func text(_ n: UInt64, floor: UInt64, bytes: Int) -> [UInt8] {
        let text = SignalText(to: ParticipantID(high: 1, low: 2), bytes: bytes)
        var written = [UInt8](repeating: 0, count: text.length(n, floor: floor))
        written.withUnsafeMutableBytes { text.write(n, floor: floor, to: $0) }
        return written
    }

    @Test(
        "A signal has the wanted length, and is one that the protocol knows",
        arguments: [
            (1, 1, 300), (9, 9, 120), (10, 3, 121), (99_999, 99_998, 4_096), (UInt64.max >> 12, 1, 400),
        ] as [(UInt64, UInt64, Int)]
    )
    func length(n: UInt64, floor: UInt64, bytes: Int) throws {
        let written = Self.text(n, floor: floor, bytes: bytes)
        #expect(written.count == bytes)
        let message = try ClientMessage.decode(try JSONParser.parse(written))
        guard case .signal(let signal) = message else {
            Issue.record("\(message)")
            return
        }
        #expect(signal.to == ParticipantID(high: 1, low: 2))
        #expect(signal.n == n)
        #expect(signal.floor == floor)
        #expect(written.withUnsafeBytes { ArrivedSignal($0) } == ArrivedSignal(n: n, isWhole: true))
    }

    @Test("It is never shorter than what has to be in it")
    func short() throws {
        let written = Self.text(7, floor: 1, bytes: 1)
        _ = try JSONParser.parse(written)
        #expect(written.withUnsafeBytes { ArrivedSignal($0) } == ArrivedSignal(n: 7, isWhole: true))
    }

    @Test("Whatever byte of a payload is another one, it is noticed")
    func altered() throws {
        let written = Self.text(41, floor: 1, bytes: 200)
        let start = try #require(written.indices.first { written[$0...].starts(with: Array("41:x".utf8)) })
        for index in start..<written.count {
            var changed = written
            changed[index] ^= 1
            let arrived = changed.withUnsafeBytes { ArrivedSignal($0) }
            #expect(arrived?.isWhole != true, "\(index)")
        }
        for count in start..<written.count {
            let arrived = written.prefix(count).withUnsafeBytes { ArrivedSignal($0) }
            #expect(arrived?.isWhole != true, "\(count)")
        }
    }

    @Test("What has no number is none", arguments: ["", "{}", #"{"type":"signal"}"#, #"{"type":"signal","n":x}"#])
    func none(text: String) {
        #expect(Array(text.utf8).withUnsafeBytes { ArrivedSignal($0) } == nil)
    }
}
