import ParleyProtocol
import Testing

/// The golden vectors, all of them.
@Suite struct VectorTests {
    @Test func everyClientMessageDecodes() throws {
        for (name, message) in try Vectors.messages("client") {
            let decoded = try ClientMessage.decode(message)
            var bytes: [UInt8] = []
            decoded.encode(into: &bytes)
            #expect(try ClientMessage.decode(JSONParser.parse(bytes)) == decoded, "\(name)")
            #expect(throws: Never.self, "\(name)") { try read(message.encoded) }
        }
    }

    @Test func everyServerMessageIsWrittenBackByteForByte() throws {
        for (name, message) in try Vectors.messages("server") {
            var bytes: [UInt8] = []
            try ServerMessage.decode(message).encode(into: &bytes)
            #expect(String(decoding: bytes, as: UTF8.self) == message.text, "\(name)")
        }
    }

    @Test func everyRejectionSaysItsSentence() throws {
        for (name, message) in try Vectors.messages("server") {
            guard case .rejected(let rejected) = try ServerMessage.decode(message) else { continue }
            #expect(rejected.knownCode?.message == rejected.message, "\(name)")
        }
    }

    /// A frame that the relay writes, from the bytes that came in, is the vector of what arrives.
    @Test func relayedFramesAreTheVectors() throws {
        let relayed = try Dictionary(Vectors.messages("server")) { first, _ in first }
        var count = 0
        for (name, message) in try Vectors.messages("client") {
            guard let expected = relayed["\(name)-relayed"] else { continue }
            count += 1
            let from = try #require(ParticipantID(try expected.text("from")))
            #expect(try relay(message.encoded, from: from) == expected.text, "\(name)")
        }
        #expect(count > 15)
    }

    @Test func acceptedFramesAreAccepted() throws {
        for vector in try Vectors.read("accepted-frames") {
            let name = try vector.text("name")
            let frame = Array(try vector.text("frame").utf8)
            let kind = MessageKind.allCases.first { $0.text.map { "\($0)" } == vector["type"]?.string }
            #expect(Scanned(frame) == .accepted(try #require(kind)), "\(name)")
            #expect(throws: Never.self, "\(name)") { try read(frame) }
        }
    }

    @Test func rejectedFramesAreRejectedByName() throws {
        for vector in try Vectors.read("rejected-frames") {
            let name = try vector.text("name")
            let rejection = try #require(rejection(try vector.text("frame")), "\(name)")
            #expect(rejection.code.rawValue == vector["code"]?.string, "\(name)")
            if rejection.code == .invalidMember {
                #expect(rejection.member == vector["member"]?.string, "\(name)")
            }
        }
    }

    @Test func namesAreJudged() throws {
        let participant = ParticipantID(high: 1, low: 2)
        for vector in try Vectors.read("names") {
            let (name, value) = (try vector.text("name"), try vector.text("value"))
            let isValid = vector["valid"]?.bool
            switch try vector.text("kind") {
            case "name":
                let read = try? DisplayName(value, bytesMax: Limits().nameBytesMax)
                #expect((read != nil) == isValid, "\(name)")
            case "alias": #expect((RoomAlias(value) != nil) == isValid, "\(name)")
            default:
                let pulse = OutboundPulse(room: RoomID(high: 1, low: 1), to: participant, kind: value)
                var bytes: [UInt8] = []
                ClientMessage.pulse(pulse).encode(into: &bytes)
                #expect((rejection(bytes) == nil) == isValid, "\(name)")
                if isValid == false { #expect(rejection(bytes)?.code == .invalidKind, "\(name)") }
            }
        }
    }

    @Test func hashesAreTheVectors() throws {
        for vector in try Vectors.read("hash") {
            #expect(
                try StateHash(of: vector.member("state")).description == vector["hash"]?.string,
                "\(vector.text)"
            )
        }
    }

    @Test func patchesAreTheVectors() throws {
        for vector in try Vectors.read("patch") {
            let before = try vector.member("state")
            var state = before
            var hash = StateHash(of: state)
            MergePatch.fold(try vector.member("patch"), into: &state, hash: &hash)
            #expect(state == vector["result"], "\(vector.text)")
            #expect(hash == StateHash(of: state), "\(vector.text)")
            MergePatch.fold(MergePatch.difference(from: before, to: state), into: &state)
            #expect(state == vector["result"], "\(vector.text)")
        }
    }
}

/// What the relay makes of a client's signal or pulse.
func relay(_ frame: [UInt8], from: ParticipantID) throws -> String {
    try frame.withUnsafeBytes { bytes in
        let envelope = try EnvelopeScanner.scan(bytes)
        var output: [UInt8] = []
        if envelope.kind == .pulse {
            let room = try #require(envelope.roomID)
            let pulse = try #require(PulseFrame(envelope, in: bytes, room: room, from: from))
            output = [UInt8](repeating: 0, count: pulse.byteCount)
            output.withUnsafeMutableBytes { pulse.write(to: $0) }
        } else {
            let signal = RelayFrame(envelope, in: bytes, from: from)
            output = [UInt8](repeating: 0, count: signal.byteCount)
            output.withUnsafeMutableBytes { signal.write(to: $0) }
        }
        return String(decoding: output, as: UTF8.self)
    }
}
