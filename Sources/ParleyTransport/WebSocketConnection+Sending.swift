public import NIOCore

extension WebSocketConnection {
    /// Sends a text message of exactly `length` bytes, which `fill` writes straight into the output: no copy,
    /// no allocation. `fill` must write all of them, in UTF-8, and must not touch this connection.
    public func sendText(length: Int, _ fill: (UnsafeMutableRawBufferPointer) -> Void) {
        if self.isOpen, self.hasRoom(forPayload: length) {
            self.append(.text, length: length, fill)
        }
    }

    /// Sends a text message: UTF-8.
    public func sendText(_ text: UnsafeRawBufferPointer) {
        self.sendText(length: text.count) { $0.copyMemory(from: text) }
    }

    /// Sends a text message.
    public func sendText(_ text: String) {
        var text = text
        text.withUTF8 { self.sendText(UnsafeRawBufferPointer($0)) }
    }

    /// A frame for many receivers, encoded once, see `sendFrame`. Only servers may send it, it is not masked.
    public static func frame(text: some Collection<UInt8>) -> ByteBuffer {
        let length = text.count
        let header = WebSocketFrameHeader.length(forPayload: length, masked: false)
        var buffer = ByteBufferAllocator().buffer(capacity: header + length)
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: header) { space in
            let target = UnsafeMutableRawBufferPointer(rebasing: space[..<header])
            WebSocketFrameHeader.write(.text, payload: length, mask: nil, to: target)
            return header
        }
        buffer.writeBytes(text)
        return buffer
    }

    /// Sends what `frame(text:)` made: at once if the network takes it, else by reference, unless other output waits;
    /// then a copy joins it.
    public func sendFrame(_ frame: ByteBuffer) {
        assert(self.role == .server, "a client masks each frame by itself")
        guard self.isOpen, self.hasRoom(forPayload: frame.readableBytes) else {
            return
        }
        let sent = self.sendDirectly(frame)
        self.handedBytes += sent
        guard sent < frame.readableBytes else {
            return
        }
        var rest = frame
        rest.moveReaderIndex(forwardBy: sent)
        guard self.output == nil, let context = self.context else {
            return self.appendFrame(rest)
        }
        self.handedBytes += rest.readableBytes
        self.queuedBytesMost += rest.readableBytes
        self.unflushedBytes += rest.readableBytes
        context.write(NIOAny(rest), promise: nil)
        self.markDirty()
    }

    /// Asks for a sign of life: `heardCount` grows when it comes, and `takeRoundTrip` tells how long it took.
    public func ping() {
        if self.isOpen, self.hasRoom(forPayload: RoundTripClock.payloadBytes) {
            let number = self.roundTripClock.ping(now: self.loop.eventLoop.now.uptimeNanoseconds)
            self.append(.ping, length: RoundTripClock.payloadBytes) { payload in
                payload.storeBytes(of: number.bigEndian, as: UInt64.self)
            }
        }
    }

    // MARK: Back-pressure

    /// Output that waits here and in the channel, in bytes.
    public var pendingBytes: Int {
        if self.queuedBytesMost > 0 {
            self.countQueuedBytes()
        }
        return self.queuedBytesMost + (self.output?.readableBytes ?? 0)
    }

    /// False while more than `outputWatermark` waits: what can wait should, until `connectionBecameWritable`.
    public var isWritable: Bool {
        self.isOpen && self.isChannelWritable
            && self.output?.readableBytes ?? 0 <= self.loop.limits.outputWatermark
    }

    /// Whether a frame fits within `outputBytesMax`; if not, it closes the connection.
    func hasRoom(forPayload length: Int) -> Bool {
        let most = self.loop.limits.outputBytesMax - WebSocketFrameHeader.bytesMax - length
        // The bound in hand is good enough until it reaches the limit; only then is the channel asked.
        if self.queuedBytesMost + (self.output?.readableBytes ?? 0) <= most || self.pendingBytes <= most {
            return true
        }
        self.close(code: self.loop.limits.slowCloseCode, reason: "Too much output is waiting.", end: .overflow)
        return false
    }

    func countQueuedBytes() {
        let counted = try? self.context?.channel.syncOptions?.getOption(.bufferedWritableBytes)
        // The channel knows nothing of what TLS has not encrypted yet.
        self.queuedBytesMost = (counted ?? 0) + (self.isEncrypted ? self.unflushedBytes : 0)
    }

    // MARK: Output

    // The output is taken, changed and put back: the change itself is not an access to the connection, which would have
    // to be checked for exclusivity, and every look at the output with it.

    /// Appends bytes that are no frame: the response to the opening handshake.
    func appendRaw(_ bytes: some Collection<UInt8>) {
        var output = self.output.take() ?? self.loop.takeOutput()
        output.writeBytes(bytes)
        self.output = consume output
        self.markDirty()
    }

    private func appendFrame(_ frame: ByteBuffer) {
        var output = self.output.take() ?? self.loop.takeOutput()
        output.writeImmutableBuffer(frame)
        self.output = consume output
        self.markDirty()
    }

    /// Appends a frame. The caller has checked that it is allowed and fits.
    func append(_ opcode: WebSocketOpcode, length: Int, _ fill: (UnsafeMutableRawBufferPointer) -> Void) {
        let mask = self.role == .client ? self.loop.nextMask() : nil
        let header = WebSocketFrameHeader.length(forPayload: length, masked: mask != nil)
        var output = self.output.take() ?? self.loop.takeOutput()
        output.writeWithUnsafeMutableBytes(minimumWritableBytes: header + length) { space in
            let start = UnsafeMutableRawBufferPointer(rebasing: space[..<header])
            WebSocketFrameHeader.write(opcode, payload: length, mask: mask, to: start)
            let payload = UnsafeMutableRawBufferPointer(rebasing: space[header..<(header + length)])
            fill(payload)
            if let mask, let base = payload.baseAddress {
                copyMasked(UnsafeRawBufferPointer(payload), to: base, mask: mask)
            }
            return header + length
        }
        self.output = consume output
        self.markDirty()
    }

    func appendClose(code: UInt16?, reason: String) {
        guard let code else {
            self.append(.close, length: 0) { _ in }
            return
        }
        let reason = Array(WebSocketCloseFrame.fitting(reason).utf8)
        self.append(.close, length: 2 + reason.count) { payload in
            payload.storeBytes(of: code.bigEndian, as: UInt16.self)
            UnsafeMutableRawBufferPointer(rebasing: payload[2...]).copyBytes(from: reason)
        }
    }

    /// One system call, if nothing waits in the channel and the network takes all of it. Otherwise one write and one
    /// flush: if the channel could write all of it, the buffer is ours again and nothing that was handed over before
    /// waits either. Not so with TLS, which is done with the buffer as soon as it is encrypted: then the channel is
    /// asked.
    func flushOutput() {
        guard var output = self.output.take() else { return self.flushFrames() }
        let sent = self.unflushedBytes == 0 ? self.sendDirectly(output) : 0
        self.handedBytes += sent
        // The delegate has stopped, and goes on when it hears that there is room: the channel tells of its own only.
        let isRelieved = sent > 0 && output.readableBytes > self.loop.limits.outputWatermark
        defer { if isRelieved, self.isChannelWritable { self.tellWritable() } }
        guard sent < output.readableBytes else {
            // Nobody else has it: this keeps its memory.
            output.clear()
            return self.loop.giveBack(output)
        }
        guard let context = self.context else { return }
        output.moveReaderIndex(forwardBy: sent)
        self.handedBytes += output.readableBytes
        self.queuedBytesMost += output.readableBytes
        self.unflushedBytes = 0
        context.write(NIOAny(output), promise: nil)
        context.flush()
        if output.modifyIfUniquelyOwned({ $0.clear() }) != nil {
            self.loop.giveBack(output)
            if self.isEncrypted { self.countQueuedBytes() } else { self.queuedBytesMost = 0 }
            guard self.queuedBytesMost > 0 else {
                return
            }
        }
        if self.closing.isGone == false {
            self.loop.watch(self)
        }
    }

    /// What the channel was given by reference.
    private func flushFrames() {
        guard self.unflushedBytes > 0, let context = self.context else { return }
        self.unflushedBytes = 0
        context.flush()
        self.loop.watch(self)
    }
}
