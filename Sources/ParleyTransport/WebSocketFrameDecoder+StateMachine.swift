/// Reads the frames of one peer (RFC 6455, section 5). Bytes in, events out.
///
///     header --complete--> payload --complete--> header      any violation or close frame --> finished
///
/// A whole frame in one read allocates nothing: its payload is unmasked into the caller's scratch memory. Of
/// a frame that is not whole, only what has come is kept; of a fragmented message, its fragments. Both are
/// freed as soon as they are complete, and neither exceeds `messageBytesMax`.
package struct WebSocketFrameDecoder {
    /// Payloads lie in the scratch memory and are valid until the next call.
    package enum Event {
        case text(UnsafeRawBufferPointer)
        case binary(UnsafeRawBufferPointer)
        case ping(UnsafeRawBufferPointer)
        case pong(UnsafeRawBufferPointer)
        /// `code` is nil if the frame was empty.
        case close(code: UInt16?)
        case violation(WebSocketViolation)
    }

    private enum State {
        case header
        case payload(Header)
        /// Nothing that comes now means anything (section 5.5.1, 7.1.7).
        case finished
    }

    private let peerMasks: Bool
    private let acceptsBinary: Bool
    private let messageBytesMax: Int
    private let emptyFragmentsMax: Int
    private var state = State.header
    /// The beginning of a header or (still masked) payload that is not whole yet.
    private var tail: [UInt8] = []
    /// The message that has begun and not ended, if any, and its bytes.
    private var unfinished: WebSocketOpcode?
    private var fragments: [UInt8] = []
    private var emptyFragments = 0

    /// - Parameters:
    ///   - role: ours; the peer has the other one.
    ///   - messageBytesMax: of the payload of one message, over all its fragments.
    ///   - emptyFragmentsMax: of one message: each costs nobody but us anything.
    package init(role: WebSocketRole, messageBytesMax: Int, acceptsBinary: Bool, emptyFragmentsMax: Int = 64) {
        self.emptyFragmentsMax = emptyFragmentsMax
        self.peerMasks = role == .server
        self.messageBytesMax = messageBytesMax
        self.acceptsBinary = acceptsBinary
    }

    /// The next event in `input`, which moves on past it; nil when `input` is used up.
    ///
    /// - Parameter scratch: at least `messageBytesMax` and at least 125 bytes.
    package mutating func next(
        in input: inout UnsafeRawBufferPointer,
        scratch: UnsafeMutableRawBufferPointer
    ) -> Event? {
        while true {
            switch self.state {
            case .header:
                do throws(WebSocketViolation) {
                    guard let header = try self.readHeader(&input) else {
                        return nil
                    }
                    self.state = .payload(header)
                } catch {
                    return self.finish(with: .violation(error))
                }
            case .payload(let header):
                guard self.readPayload(header.length, mask: header.mask, from: &input, to: scratch) else {
                    return nil
                }
                self.state = .header
                if let event = self.finishFrame(header, scratch) {
                    return event
                }
            case .finished:
                // Ignored: what a peer still sends after its close frame or its fault.
                input = UnsafeRawBufferPointer(start: nil, count: 0)
                return nil
            }
        }
    }

    private mutating func finish(with event: Event) -> Event {
        self.state = .finished
        (self.tail, self.fragments, self.unfinished) = ([], [], nil)
        return event
    }

    // MARK: Header

    private mutating func readHeader(
        _ input: inout UnsafeRawBufferPointer
    ) throws(WebSocketViolation) -> Header? {
        if self.tail.isEmpty {
            if let header = try self.checked(Header(input)) {
                input = UnsafeRawBufferPointer(rebasing: input[header.headerLength...])
                return header
            }
            self.tail.append(contentsOf: input)
            input = UnsafeRawBufferPointer(start: nil, count: 0)
            return nil
        }
        while let byte = input.first {
            self.tail.append(byte)
            input = UnsafeRawBufferPointer(rebasing: input[1...])
            if let header = try self.checked(self.tail.withUnsafeBytes({ Header($0) })) {
                self.tail = []
                return header
            }
        }
        return nil
    }

    /// The header if it is whole and allowed here.
    private func checked(_ header: Header?) throws(WebSocketViolation) -> Header? {
        guard let header else {
            return nil
        }
        guard header.hasReservedBits == false else { throw .reservedBits }
        guard let opcode = header.opcode else { throw .reservedOpcode }
        guard header.isMasked == self.peerMasks else { throw self.peerMasks ? .unmaskedFrame : .maskedFrame }
        guard header.length >= 0 else { throw .negativeLength }
        guard header.hasShortestLength else { throw .wastefulLength }
        switch opcode {
        case .close, .ping, .pong:
            guard header.isFinal else { throw .fragmentedControlFrame }
            guard header.length <= 125 else { throw .longControlFrame }
            return header
        case .continuation:
            guard self.unfinished != nil else { throw .continuationOfNothing }
        case .text, .binary:
            guard self.unfinished == nil else { throw .unfinishedMessage }
            guard opcode == .text || self.acceptsBinary else { throw .binaryMessage }
        }
        guard header.length <= self.messageBytesMax - self.fragments.count else { throw .messageTooBig }
        return header
    }

    // MARK: Payload

    /// Whether the payload is whole, and then it is at the beginning of `scratch`, unmasked.
    private mutating func readPayload(
        _ length: Int,
        mask: UInt32,
        from input: inout UnsafeRawBufferPointer,
        to scratch: UnsafeMutableRawBufferPointer
    ) -> Bool {
        assert(scratch.count >= length)
        guard let target = scratch.baseAddress else {
            return false
        }
        let taken = UnsafeRawBufferPointer(rebasing: input.prefix(length - self.tail.count))
        input = UnsafeRawBufferPointer(rebasing: input[taken.count...])
        if taken.count == length {
            copyMasked(taken, to: target, mask: mask)
            return true
        }
        self.tail.append(contentsOf: taken)
        guard self.tail.count == length else {
            return false
        }
        self.tail.withUnsafeBytes { copyMasked($0, to: target, mask: mask) }
        self.tail = []
        return true
    }

    private mutating func finishFrame(_ header: Header, _ scratch: UnsafeMutableRawBufferPointer) -> Event? {
        let payload = UnsafeRawBufferPointer(rebasing: scratch[..<header.length])
        switch header.opcode {
        case .ping: return .ping(payload)
        case .pong: return .pong(payload)
        case .close: return self.finish(with: Self.closeEvent(payload))
        case .text, .binary:
            guard header.isFinal == false else {
                return self.message(payload, isText: header.opcode == .text)
            }
            self.unfinished = header.opcode
            self.emptyFragments = 0
            return self.addFragment(payload)
        case .continuation:
            guard header.isFinal else { return self.addFragment(payload) }
            self.fragments.append(contentsOf: payload)
            let isText = self.unfinished == .text
            scratch.copyBytes(from: self.fragments)
            let message = UnsafeRawBufferPointer(rebasing: scratch[..<self.fragments.count])
            (self.fragments, self.unfinished) = ([], nil)
            return self.message(message, isText: isText)
        case nil:
            assertionFailure("`checked` lets no reserved opcode through")
            return self.finish(with: .violation(.reservedOpcode))
        }
    }

    private mutating func addFragment(_ payload: UnsafeRawBufferPointer) -> Event? {
        self.fragments.append(contentsOf: payload)
        guard payload.isEmpty else { return nil }
        self.emptyFragments += 1
        return self.emptyFragments > self.emptyFragmentsMax
            ? self.finish(with: .violation(.tooManyEmptyFragments)) : nil
    }

    private mutating func message(_ payload: UnsafeRawBufferPointer, isText: Bool) -> Event {
        guard isText else {
            return .binary(payload)
        }
        return isUTF8(payload) ? .text(payload) : self.finish(with: .violation(.invalidText))
    }

    /// Section 5.5.1: nothing, or two bytes of code and a reason in UTF-8.
    private static func closeEvent(_ payload: UnsafeRawBufferPointer) -> Event {
        switch payload.count {
        case 0:
            return .close(code: nil)
        case 1:
            return .violation(.truncatedCloseCode)
        default:
            let code = UInt16(bigEndian: payload.loadUnaligned(as: UInt16.self))
            guard WebSocketCloseFrame.mayTravel(code) else {
                return .violation(.invalidCloseCode)
            }
            let reason = UnsafeRawBufferPointer(rebasing: payload[2...])
            return isUTF8(reason) ? .close(code: code) : .violation(.invalidCloseReason)
        }
    }
}
