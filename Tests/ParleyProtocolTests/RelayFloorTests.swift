import ParleyProtocol
import Testing

@Suite("The floor of a stored signal")
struct RelayFloorTests {
    private func frame(_ kind: MessageKind, n: UInt64, floor: UInt64?, negotiation: UInt64?, _ payload: String?)
        -> [UInt8]
    {
        Array((payload ?? "").utf8).withUnsafeBytes { bytes in
            let frame = RelayFrame(
                kind: kind,
                from: ParticipantID(high: .max, low: 7),
                n: n,
                floor: floor,
                negotiation: negotiation,
                payload: payload == nil ? nil : bytes
            )
            return [UInt8](unsafeUninitializedCapacity: frame.byteCount) { buffer, count in
                frame.write(to: UnsafeMutableRawBufferPointer(buffer))
                count = frame.byteCount
            }
        }
    }

    @Test("is read from what was written, whatever the payload says")
    func written() {
        let payloads = [nil, "{\"floor\":9,\"n\":8}", "\",\\\"n\\\":5,\\\"floor\\\":6\"", "[]"]
        for floor in [nil, 1, 2, 17, UInt64(Int64.max), .max] as [UInt64?] {
            for n in [1, 9, 10, UInt64(Int64.max)] as [UInt64] {
                for payload in payloads {
                    let bytes = self.frame(.signal, n: n, floor: floor, negotiation: nil, payload)
                    #expect(bytes.withUnsafeBytes { RelayFrame.floor(in: $0) } == floor ?? 1)
                }
                let offer = self.frame(.offer, n: n, floor: floor, negotiation: 3, "{\"sdp\":\"v=0\"}")
                #expect(offer.withUnsafeBytes { RelayFrame.floor(in: $0) } == floor ?? 1)
            }
        }
    }

    @Test("is 1 for bytes of somebody else")
    func foreign() {
        let texts = [
            "", "{", "{\"type\":\"signal\"}", ",\"n\":", ",\"n\":1,\"floor\":", ",\"n\":1,\"floor\":0,",
            ",\"n\":1,\"floor\":18446744073709551616", ",\"n\":1,\"floor\":99999999999999999999999",
            String(repeating: "x", count: 300) + ",\"n\":1,\"floor\":5",
        ]
        for text in texts {
            #expect(Array(text.utf8).withUnsafeBytes { RelayFrame.floor(in: $0) } == 1, "\(text)")
        }
    }
}
