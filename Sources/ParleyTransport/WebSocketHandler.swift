import NIOCore

/// The one handler of an upgraded channel: reads frames, tells the connection.
///
/// A peer that brings much is handled a little at a time, see ``ReadPace``, and not read meanwhile: what waits then
/// waits with the peer.
final class WebSocketHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let connection: WebSocketConnection
    private let loop: TransportLoop
    private var decoder: WebSocketFrameDecoder
    private var pace: ReadPace
    private var eventsInTurn = 0
    /// What was read and could not be handled in its turn.
    private var rest: ByteBuffer?
    /// Its next turn is a timer.
    private var isResting = false
    private var wantsRead = false
    private var isGone = false

    init(connection: WebSocketConnection) {
        self.connection = connection
        self.loop = connection.loop
        self.decoder = WebSocketFrameDecoder(
            role: connection.role,
            messageBytesMax: connection.loop.limits.messageBytesMax,
            acceptsBinary: connection.loop.limits.acceptsBinary,
            emptyFragmentsMax: connection.loop.limits.emptyFragmentsMax
        )
        self.pace = ReadPace(connection.loop.limits, now: connection.loop.eventLoop.now.uptimeNanoseconds)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.connection.begin(context: context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.connection.forgetDescriptor()
        self.isGone = true
        self.rest = nil
        self.connection.channelGone()
    }

    // MARK: Reading

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.loop.beginRead()
        self.connection.heard()
        let bytes = self.unwrapInboundIn(data)
        guard self.rest == nil else { return self.keep(bytes) }
        self.handle(bytes)
        self.loop.giveBack(input: bytes)
    }

    /// As much as fits into this turn; what does not is the rest.
    private func handle(_ bytes: ByteBuffer) {
        let eventsMax = self.pace.eventsPerTurn
        // Only read: the channel keeps a second reference to this buffer, so that a change would copy it.
        let count = bytes.withUnsafeReadableBytes { bytes in
            var (input, events) = (bytes, self.eventsInTurn)
            while events < eventsMax, self.connection.pause == .zero,
                let event = self.decoder.next(in: &input, scratch: self.loop.scratch)
            {
                self.connection.handle(event)
                events += 1
            }
            let count = bytes.count - input.count
            self.pace.spend(events: events - self.eventsInTurn, bytes: count + self.connection.takeCharge())
            self.eventsInTurn = events
            return count
        }
        if self.pace.isLow { self.pace.refill(now: self.loop.eventLoop.now.uptimeNanoseconds) }
        let left = bytes.readableBytes - count
        self.rest = left > 0 ? bytes.getSlice(at: bytes.readerIndex + count, length: left) : nil
    }

    /// It comes although nobody asks for it: TLS decrypts more than it hands over at once, and a channel whose peer has
    /// hung up reads what is left.
    private func keep(_ bytes: ByteBuffer) {
        guard let rest = self.rest, rest.readableBytes + bytes.readableBytes <= self.loop.limits.unhandledBytesMax
        else {
            self.rest = nil
            return self.connection.end(.lost)
        }
        self.rest?.writeImmutableBuffer(bytes)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        self.connection.readComplete()
        self.loop.endRead()
        self.endTurn(context)
    }

    /// The channel would read again.
    func read(context: ChannelHandlerContext) {
        guard self.isResting else { return context.read() }
        self.wantsRead = true
    }

    // MARK: Turns

    private func endTurn(_ context: ChannelHandlerContext) {
        self.eventsInTurn = 0
        guard self.rest != nil || self.pace.isSpent || self.connection.pause != .zero else { return }
        guard self.isResting == false, self.isGone == false else { return }
        let now = self.loop.eventLoop.now
        let debt = TimeAmount.nanoseconds(self.pace.wait(now: now.uptimeNanoseconds) ?? 0)
        let wait = max(min(debt, .seconds(1)), self.connection.takePause(), self.loop.limits.turnPause)
        self.isResting = true
        // A timer, also for those who owe nothing: a loop does not look at its sockets while it has tasks.
        self.loop.eventLoop.assumeIsolated().scheduleTask(deadline: now + wait) { self.takeTurn(context) }
    }

    private func takeTurn(_ context: ChannelHandlerContext) {
        self.isResting = false
        guard self.isGone == false else { return }
        // It is not silent: we have not listened. So at least once a second, however large its debt is.
        self.connection.heard()
        if let bytes = self.rest, self.pace.wait(now: self.loop.eventLoop.now.uptimeNanoseconds) == nil {
            self.loop.beginRead()
            self.handle(bytes)
            self.connection.readComplete()
            self.loop.endRead()
        }
        self.endTurn(context)
        if self.isResting == false, self.isGone == false, self.wantsRead {
            self.wantsRead = false
            context.read()
        }
    }

    // MARK: Other events

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        self.connection.writabilityChanged(context.channel.isWritable)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.connection.forgetDescriptor()
        // The last words of somebody within its share; of a flood that has ended, the rest is not worth a turn.
        if let rest = self.rest, self.pace.isSpent == false {
            self.eventsInTurn = 0
            self.handle(rest)
        }
        self.rest = nil
        self.connection.channelGone()
        self.loop.endRead()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.connection.forgetDescriptor()
        // Whatever failed, the bytes are no longer a whole: the channel ends, and its end is told.
        self.connection.end(.lost)
    }
}
