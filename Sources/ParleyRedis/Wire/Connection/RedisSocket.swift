package import NIOCore
package import ParleyProtocol

/// Who uses a ``RedisSocket``.
package protocol RedisSocketDelegate: AnyObject {
    func socketOpened(_ socket: RedisSocket)
    func socket(_ socket: RedisSocket, received value: RESPValue)
    /// For now there is no more.
    func socketReadComplete(_ socket: RedisSocket)
    /// All that was sent so far has been given to the network.
    func socketFlushed(_ socket: RedisSocket)
    /// The last thing that is said of it.
    func socketEnded(_ socket: RedisSocket, _ complaint: RedisComplaint)
}

/// One connection: bytes become values, commands become bytes. What one tick sends leaves in one write.
///
/// Confined to its channel's loop.
package final class RedisSocket: ChannelInboundHandler {
    package typealias InboundIn = ByteBuffer

    /// Which attempt to connect it belongs to.
    let attempt: Int
    private let address: RedisAddress
    private let limits: Limits
    private var decoder: RESPDecoderStateMachine
    private var context: ChannelHandlerContext?
    private var delegate: (any RedisSocketDelegate)?
    private var output = ByteBuffer()
    private var isFlushScheduled = false
    private var complaint: RedisComplaint?
    private var hasHeard = false

    package init(address: RedisAddress, attempt: Int = 0, limits: Limits, delegate: any RedisSocketDelegate) {
        self.attempt = attempt
        self.address = address
        self.limits = limits
        self.decoder = RESPDecoderStateMachine(limits: limits)
        self.delegate = delegate
    }

    /// Whether so much more may wait to be written.
    package func hasRoom(for bytes: Int) -> Bool {
        self.output.readableBytes + bytes <= self.limits.redisOutputBytesMax
    }

    package func send(_ command: RedisCommand) {
        command.encode(into: &self.output)
        self.scheduleFlush()
    }

    /// Ends it; the delegate hears why, before this returns: with TLS the farewell of a silent server may take long.
    package func close(_ complaint: RedisComplaint) {
        self.complaint = self.complaint ?? complaint
        let context = self.context
        self.end()
        context?.close(promise: nil)
    }

    private func scheduleFlush() {
        guard !self.isFlushScheduled, let context = self.context else { return }
        self.isFlushScheduled = true
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.eventLoop.execute { bound.value.flush() }
    }

    private func flush() {
        self.isFlushScheduled = false
        guard let context = self.context, context.channel.isActive, self.output.readableBytes > 0,
            context.channel.isWritable
        else { return }
        let bytes = self.output
        self.output = ByteBuffer()
        // Before the write: it may fail at once.
        self.delegate?.socketFlushed(self)
        context.writeAndFlush(NIOAny(bytes), promise: nil)
    }

    private func end() {
        guard let delegate = self.delegate else { return }
        self.delegate = nil
        self.context = nil
        self.output = ByteBuffer()
        delegate.socketEnded(self, self.complaint ?? self.ended)
    }

    private var ended: RedisComplaint {
        let words =
            self.hasHeard
            ? "has ended the connection" : "has ended the connection before it said anything; it may want rediss://"
        return RedisComplaint(.lost, "\(self.address) \(words).")
    }

    // MARK: - Channel

    package func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { self.delegate?.socketOpened(self) }
    }

    package func channelActive(context: ChannelHandlerContext) {
        self.delegate?.socketOpened(self)
        self.scheduleFlush()
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.decoder.feed(self.unwrapInboundIn(data))
        do throws(RESPViolation) {
            while let value = try self.decoder.next() {
                self.hasHeard = true
                self.delegate?.socket(self, received: value)
            }
        } catch {
            self.close(self.complaint(of: error))
        }
    }

    package func channelReadComplete(context: ChannelHandlerContext) { self.delegate?.socketReadComplete(self) }

    package func channelWritabilityChanged(context: ChannelHandlerContext) {
        self.flush()
        context.fireChannelWritabilityChanged()
    }

    package func channelInactive(context: ChannelHandlerContext) { self.end() }

    package func handlerRemoved(context: ChannelHandlerContext) { self.end() }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let complaint = RedisComplaint(error, address: self.address)
        self.close(complaint.trouble == .lost && !self.hasHeard ? self.ended : complaint)
    }

    private func complaint(of violation: RESPViolation) -> RedisComplaint {
        guard self.hasHeard else {
            return RedisComplaint(.noRedis, "\(self.address) is no Redis, or wants TLS (rediss://).")
        }
        return switch violation {
        case .malformed: RedisComplaint(.noRedis, "\(self.address) says what no Redis says.")
        case .tooLong, .tooDeep: RedisComplaint(.noRedis, "\(self.address) says more at once than anybody asks for.")
        }
    }
}
