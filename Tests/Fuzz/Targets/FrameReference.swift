import ParleyTransport

/// RFC 6455 read slowly, with all bytes at hand, by code that shares nothing with the decoder.
enum FrameReference {
    /// What somebody hears and says, and with which code it ends.
    static func read(_ stream: [UInt8], _ limits: TransportLimits, by role: WebSocketRole = .server) -> Conversation {
        var reader = Reader(limits: limits, peerMasks: role == .server)
        var at = 0
        while !reader.isOver, let frame = Frame(stream, at: at) {
            if let code = reader.judge(frame) {
                reader.end(code)
            } else if let payload = frame.payload {
                reader.take(frame, payload)
                at = frame.end
            } else {
                break
            }
        }
        return reader.conversation
    }

    /// Up to the end of the empty line; `nil`: there is none.
    static func headLength(of stream: [UInt8]) -> Int? {
        let mark = Array("\r\n\r\n".utf8)
        return stream.indices.first { stream[$0...].starts(with: mark) }.map { $0 + mark.count }
    }

    /// A frame whose head is whole.
    struct Frame {
        let isFinal: Bool
        let isReserved: Bool
        let opcode: UInt8
        let isMasked: Bool
        let length: UInt64
        let isShortest: Bool
        /// Unmasked; `nil`: it is not whole.
        let payload: [UInt8]?
        let end: Int

        init?(_ stream: [UInt8], at start: Int) {
            guard stream.count >= start + 2 else { return nil }
            let (first, second) = (stream[start], stream[start + 1])
            let size = second & 0x7F == 127 ? 8 : second & 0x7F == 126 ? 2 : 0
            self.isMasked = second & 0x80 != 0
            let head = start + 2 + size + (self.isMasked ? 4 : 0)
            guard stream.count >= head else { return nil }
            self.isFinal = first & 0x80 != 0
            self.isReserved = first & 0x70 != 0
            self.opcode = first & 0x0F
            let digits = size == 0 ? [second & 0x7F] : Array(stream[start + 2..<start + 2 + size])
            self.length = digits.reduce(0) { $0 << 8 | UInt64($1) }
            self.isShortest = size == 0 || self.length > (size == 8 ? 65_535 : 125)
            guard self.length <= UInt64(stream.count - head) else {
                (self.payload, self.end) = (nil, start)
                return
            }
            let mask = self.isMasked ? Array(stream[head - 4..<head]) : [0, 0, 0, 0]
            self.end = head + Int(self.length)
            self.payload = stream[head..<self.end].enumerated().map { $1 ^ mask[$0 % 4] }
        }
    }

    private struct Reader {
        let limits: TransportLimits
        let peerMasks: Bool
        var conversation = Conversation()
        /// Nobody listens, or nobody speaks any more.
        var isOver = false
        /// We have said goodbye, and wait for the peer's.
        private var isClosing = false
        private var message: (isText: Bool, bytes: [UInt8], empty: Int)?
        private var controls = 0

        init(limits: TransportLimits, peerMasks: Bool) {
            self.limits = limits
            self.peerMasks = peerMasks
        }

        /// - Returns: the code of a fault that the head of a frame has.
        func judge(_ frame: Frame) -> UInt16? {
            let isControl = frame.opcode & 8 != 0
            guard !frame.isReserved, [0, 1, 2, 8, 9, 10].contains(frame.opcode), frame.isShortest,
                frame.isMasked == self.peerMasks, frame.length < 1 << 63
            else { return 1_002 }
            if isControl { return frame.isFinal && frame.length <= 125 ? nil : 1_002 }
            guard (frame.opcode == 0) == (self.message != nil) else { return 1_002 }
            if frame.opcode == 2, !self.limits.acceptsBinary { return 1_003 }
            let sum = UInt64(self.message?.bytes.count ?? 0) + frame.length
            return sum > UInt64(self.limits.messageBytesMax) ? 1_009 : nil
        }

        mutating func take(_ frame: Frame, _ payload: [UInt8]) {
            switch frame.opcode {
            case 8: self.takeClose(payload)
            case 9, 10:
                self.controls += 1
                if self.controls > self.limits.controlFramesPerSecondMax {
                    self.say(goodbye: 1_008)
                } else if frame.opcode == 9 {
                    self.say(10, payload)
                }
            default:
                var message = self.message ?? (frame.opcode == 1, [], 0)
                message.bytes += payload
                if frame.isFinal {
                    self.message = nil
                    self.takeMessage(message.bytes, isText: message.isText)
                } else {
                    message.empty += payload.isEmpty ? 1 : 0
                    self.message = message
                    if message.empty > self.limits.emptyFragmentsMax { self.end(1_008) }
                }
            }
        }

        private mutating func takeMessage(_ bytes: [UInt8], isText: Bool) {
            if isText, String(validating: bytes, as: UTF8.self) == nil { return self.end(1_007) }
            guard !self.isClosing else { return }
            self.conversation.heard.append(isText ? bytes : [0] + bytes)
            guard isText else { return }
            switch Request(bytes) {
            case .echo: self.say(1, bytes)
            case .close: self.say(goodbye: Request.code)
            case .closeNow:
                self.conversation.end = .some(nil)
                self.isOver = true
            case .nothing: break
            }
        }

        private mutating func takeClose(_ payload: [UInt8]) {
            guard payload.count != 1 else { return self.end(1_002) }
            let code = payload.count < 2 ? nil : UInt16(payload[0]) << 8 | UInt16(payload[1])
            let mayTravel = code.map { 1_000...1_003 ~= $0 || 1_007...1_014 ~= $0 || 3_000...4_999 ~= $0 } ?? true
            guard mayTravel else { return self.end(1_002) }
            guard String(validating: payload.dropFirst(2), as: UTF8.self) != nil else { return self.end(1_007) }
            self.say(goodbye: code)
            self.isOver = true
        }

        /// A fault: nothing more is heard.
        mutating func end(_ code: UInt16) {
            self.say(goodbye: code)
            self.isOver = true
        }

        /// The first one counts.
        private mutating func say(goodbye code: UInt16?) {
            guard !self.isClosing else { return }
            self.say(8, code.map { [UInt8($0 >> 8), UInt8($0 & 0xFF)] } ?? [])
            self.conversation.end = .some(code)
            self.isClosing = true
        }

        private mutating func say(_ opcode: UInt8, _ payload: [UInt8]) {
            guard !self.isClosing else { return }
            self.conversation.sent.append(Conversation.Sent(opcode: opcode, payload: payload))
        }
    }
}
