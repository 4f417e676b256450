import ParleyProtocol
import ParleyTestSupport
import Testing

/// What is read in place says the same as what is decoded in full.
@Suite
struct PlainBeatTests {
    private static let ada = ParticipantID(high: 1, low: 2)
    private static let bob = ParticipantID(high: 3, low: 4)

    private func read(_ text: String) -> [Watermark]? {
        var marks: [Watermark] = []
        return Array(text.utf8).withUnsafeBytes { PlainBeat.read($0, into: &marks) } ? marks : nil
    }

    @Test("a beat is read as programs write it")
    func plain() {
        #expect(self.read(#"{"type":"beat"}"#) == [])
        #expect(
            self.read(#"{"type":"beat","ack":{"\#(Self.ada)":0,"\#(Self.bob)":9007199254740991}}"#) == [
                Watermark(participant: Self.ada, n: 0), Watermark(participant: Self.bob, n: 9_007_199_254_740_991),
            ]
        )
    }

    @Test(
        "whatever is written in another way is left to the decoder",
        arguments: [
            "", "{", "{}", #"{"type":"beat"} "#, #"{"type": "beat"}"#, #"{"type":"beat","ack":{}}"#,
            #"{"type":"beat","ack":{},"x":1}"#, #"{"type":"beat","ack":{"ADA":1}"#,
            #"{"type":"beat","ack":{"ADA":1}}}"#,
            #"{"type":"beat","ack":{"ADA":1,}}"#, #"{"type":"beat","ack":{"ADA":01}}"#,
            #"{"type":"beat","ack":{"ADA":}}"#,
            #"{"type":"beat","ack":{"ADA":-1}}"#, #"{"type":"beat","ack":{"ADA":1.0}}"#,
            #"{"type":"beat","ack":{"ADA":1e2}}"#,
            #"{"type":"beat","ack":{"ADA":9007199254740992}}"#, #"{"type":"beat","ack":{"ADA":99999999999999999999}}"#,
            #"{"type":"beat","ack":{"ADA":1,"ADA":2}}"#, #"{"type":"beat","ack":{"ADA":1,"BOB":2,"ADA":3}}"#,
            #"{"type":"beat","ack":{"p_short":1}}"#, #"{"type":"beat","ack":{"r_AAAAAAAAAAAAAAAAAAAAAA":1}}"#,
            #"{"type":"beat","ack":null}"#, #"{"type":"beat","ack":[]}"#, #"{"type":"beat","ack":{"\u0070_":1}}"#,
            #"{"type":"beats"}"#, #"{"ack":{"ADA":1},"type":"beat"}"#, #"{"type":"beat","ack":{"ADA" :1}}"#,
        ]
    )
    func others(_ frame: String) {
        let text = frame.replacing("ADA", with: "\(Self.ada)").replacing("BOB", with: "\(Self.bob)")
        #expect(self.read(text) == nil)
    }

    @Test("more senders than can be compared quickly are left to the decoder")
    func many() {
        func beat(of count: UInt64) -> String {
            let ack = (0..<count).map { "\"\(ParticipantID(high: 7, low: $0))\":\($0)" }.joined(separator: ",")
            return "{\"type\":\"beat\",\"ack\":{\(ack)}}"
        }
        #expect(self.read(beat(of: 16))?.count == 16)
        #expect(self.read(beat(of: 17)) == nil)
    }

    @Test("whatever is read is what the decoder reads, whatever a byte becomes")
    func agreement() throws {
        var random = SeededGenerator(seed: 20_261_130)
        let whole = Array(#"{"type":"beat","ack":{"\#(Self.ada)":10,"\#(Self.bob)":7}}"#.utf8)
        var readInPlace = 0
        for _ in 0..<20_000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 0...2, using: &random) {
                let index = Int.random(in: bytes.indices, using: &random)
                switch Int.random(in: 0...3, using: &random) {
                case 0: bytes.remove(at: index)
                case 1: bytes.insert(UInt8.random(in: 32...126, using: &random), at: index)
                case 2: bytes[index] = UInt8.random(in: 48...57, using: &random)
                default: bytes[index] = UInt8.random(in: 32...126, using: &random)
                }
            }
            var marks: [Watermark] = []
            guard bytes.withUnsafeBytes({ PlainBeat.read($0, into: &marks) }) else { continue }
            readInPlace += 1
            let decoded = try bytes.withUnsafeBytes { try ClientMessage.decode(frame: $0) }
            #expect(decoded == .beat(ClientBeat(acknowledged: marks)), "\(String(decoding: bytes, as: UTF8.self))")
        }
        #expect(readInPlace > 5_000)
    }

    @Test("what senders are told in place is what the encoder would tell them")
    func delivered() {
        for marks in [
            [Watermark(participant: Self.ada, n: 0)],
            [Watermark(participant: Self.ada, n: 12), Watermark(participant: Self.bob, n: 9_007_199_254_740_991)],
        ] {
            let time = Instant(milliseconds: 1_764_500_000_123)
            var encoded: [UInt8] = []
            ServerMessage.beat(ServerBeat(time: time, delivered: marks)).encode(into: &encoded)
            let frame = DeliveredFrame(time: time, delivered: marks)
            var bytes = [UInt8](repeating: 0, count: frame.byteCount)
            bytes.withUnsafeMutableBytes { frame.write(to: $0) }
            #expect(bytes == encoded)
        }
    }
}
