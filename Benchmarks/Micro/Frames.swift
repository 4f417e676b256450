import ParleyProtocol
import ParleyTransport

/// What each relayed message costs, part by part.
func frameBenchmarks() -> [Benchmark] {
    let ada = ParticipantID(high: 1, low: 1)
    let bob = ParticipantID(high: 2, low: 2)
    func signal(_ bytes: Int) -> [UInt8] {
        let head = #"{"type":"signal","to":"\#(bob)","n":12345,"floor":12300,"data":""#
        return Array((head + String(repeating: "x", count: bytes - head.utf8.count - 2) + "\"}").utf8)
    }
    var benchmarks: [Benchmark] = []
    for (name, frame) in [("300 B", signal(300)), ("4 KB", signal(4096))] {
        benchmarks.append(
            Benchmark("unmask \(name)") {
                let target = UnsafeMutableRawPointer.allocate(byteCount: frame.count, alignment: 16)
                return {
                    frame.withUnsafeBytes { copyMasked($0, to: target, mask: 0x1234_5678) }
                    return target.load(as: UInt8.self) == 0 ? 0 : 1
                }
            }
        )
        benchmarks.append(
            Benchmark("UTF-8 of \(name)") { { frame.withUnsafeBytes { isUTF8($0) ? 1 : 0 } } }
        )
        benchmarks.append(
            Benchmark("scan \(name)") {
                {
                    frame.withUnsafeBytes {
                        (try? EnvelopeScanner.scan($0, depthMax: 64, pulseKindBytesMax: 32))?.n == 12_345 ? 1 : 0
                    }
                }
            }
        )
        benchmarks.append(
            Benchmark("relay frame of \(name)") {
                let envelope = frame.withUnsafeBytes { try? EnvelopeScanner.scan($0) }
                let target = UnsafeMutableRawBufferPointer.allocate(byteCount: frame.count + 64, alignment: 16)
                return {
                    frame.withUnsafeBytes { bytes in
                        guard let envelope else { return 0 }
                        let relay = RelayFrame(envelope, in: bytes, from: ada)
                        relay.write(to: target)
                        return relay.byteCount
                    }
                }
            }
        )
    }
    let beat = Array(#"{"type":"beat","ack":{"\#(ada)":12345}}"#.utf8)
    benchmarks.append(
        Benchmark("beat") {
            var marks: [Watermark] = []
            return {
                marks.removeAll(keepingCapacity: true)
                return beat.withUnsafeBytes { PlainBeat.read($0, into: &marks) } ? marks.count : 0
            }
        }
    )
    let limits = Limits()
    let media = Array(#"{"type":"media","id":7,"room":"\#(RoomID(high: 1, low: 1))","audio":true}"#.utf8)
    benchmarks.append(
        Benchmark("decode a command") {
            { media.withUnsafeBytes { (try? ClientMessage.decode(frame: $0, limits: limits)) == nil ? 0 : 1 } }
        }
    )
    return benchmarks
}
