import ParleyProtocol
import Testing

/// What is read in one pass is what the scanner sees that reads everything.
@Suite struct PlainSignalTests {
    private static let ada = ParticipantID(high: 0x0123_4567_89AB_CDEF, low: 0xFEDC_BA98_7654_3210)
    private static let padding = String(repeating: "x", count: 120)

    private static let frames = [
        #"{"type":"signal","to":"\#(ada)","n":12345,"floor":12300,"data":"\#(padding)"}"#,
        #"{"type":"signal","to":"\#(ada)","n":9007199254740991,"floor":1,"data":{"a":["\#(padding)",1,null]}}"#,
        #"{"type":"ice-candidate","to":"\#(ada)","n":7,"floor":7,"negotiation":3,"candidate":{"a":"\#(padding)"}}"#,
        #"{"type":"offer","to":"\#(ada)","n":1,"floor":1,"negotiation":12,"sdp":"v=0\r\n\#(padding)"}"#,
        #"{"type":"answer","to":"\#(ada)","n":99,"floor":98,"negotiation":1,"sdp":"\#(padding)ä€😀"}"#,
        #"{"type":"hangup","to":"\#(ada)","n":99,"floor":98,"reason":"\#(padding)"}"#,
    ]

    private func scanned(_ frame: [UInt8]) -> String {
        frame.withUnsafeBytes { bytes in
            let result = Result { () throws(ScanFault) in try EnvelopeScanner.scan(bytes) }
            return "\(result)"
        }
    }

    private func scannedInFull(_ frame: [UInt8]) -> String {
        frame.withUnsafeBytes { bytes in
            let result = Result { () throws(ScanFault) in
                try EnvelopeScanner.scanInFull(bytes, depthMax: Limits().depthMax, pulseKindBytesMax: 32)
            }
            return "\(result)"
        }
    }

    @Test(arguments: frames)
    func theyAreReadAlike(_ text: String) {
        let frame = Array(text.utf8)
        #expect(self.scanned(frame).contains("success"))
        #expect(self.scanned(frame) == self.scannedInFull(frame))
    }

    /// One byte is another one, is missing, or comes twice.
    @Test(arguments: frames)
    func theyAreReadAlikeWithOneFault(_ text: String) {
        let frame = Array(text.utf8)
        let others = Array(#" "0159aonx{}[]\,:-.eA"#.utf8) + [0x00, 0x0A, 0x1F]
        for index in frame.indices {
            for other in others {
                var changed = frame
                changed[index] = other
                #expect(
                    self.scanned(changed) == self.scannedInFull(changed),
                    "\(String(decoding: changed, as: UTF8.self))"
                )
                changed.insert(frame[index], at: index)
                #expect(
                    self.scanned(changed) == self.scannedInFull(changed),
                    "\(String(decoding: changed, as: UTF8.self))"
                )
            }
            var shorter = frame
            shorter.remove(at: index)
            #expect(self.scanned(shorter) == self.scannedInFull(shorter), "\(String(decoding: shorter, as: UTF8.self))")
        }
    }
}
