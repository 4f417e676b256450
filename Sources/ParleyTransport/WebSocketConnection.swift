public import NIOCore
import NIOSSL

/// One WebSocket, of either role. Confined to the event loop of its channel.
///
/// What is sent is gathered and leaves with the next flush of the loop (`TransportLoop.flushDirty`): one
/// write for all that was sent in a read or a loop tick. Sending on a connection that is no longer open does
/// nothing: a legal race.
public final class WebSocketConnection {
    public let loop: TransportLoop

    // Output, see WebSocketConnection+Sending.swift. What sending looks at stands first: among thousands every line of
    // memory counts.

    private(set) var closing: WebSocketClosing
    var output: ByteBuffer?
    /// Framed bytes that were given to the channel by reference and want a flush.
    var unflushedBytes = 0
    /// TLS stands between us and the channel.
    private(set) var isEncrypted = false
    /// Where frames for many go at once, see WebSocketConnection+Direct.swift.
    private(set) var descriptor = WebSocketConnection.noDescriptor
    var isDirty = false
    /// See ``holdOutput()``.
    var isHeld = false
    /// What the channel was given since it opened, in bytes.
    var handedBytes = 0
    /// What has left for the peer since the connection opened, framing included: a look now and then tells whether
    /// anything was said.
    public var sentBytes: Int { self.handedBytes }
    /// At most so many of them wait in the channel.
    var queuedBytesMost = 0
    /// What the channel said last: it says so at once when it changes.
    var isChannelWritable = true
    /// Nil before the handler is in the pipeline and after the channel is gone.
    var context: ChannelHandlerContext?
    /// To be told with the next flush.
    private var isNewlyWritable = false
    private var endsOutputAtFlush = false
    private var endsChannelAtFlush = false

    public let role: WebSocketRole
    /// Agreed on in the handshake.
    public let subprotocol: String?

    /// Grows (and wraps) with every read, whatever was read: a look now and then tells whether the peer
    /// lives.
    public private(set) var heardCount: UInt32 = 0

    var roundTripClock = RoundTripClock()
    private var roundTrip: TimeAmount?
    /// Pings and pongs within the second that is counted from ``controlSecond`` on.
    private var controlFrames = 0
    private var controlSecond = NIODeadline.distantPast

    /// Until its next turn; see ``pause(_:)``.
    private(set) var pause = TimeAmount.zero
    /// Since ``takeCharge()``.
    private var chargedBytes = 0

    private var delegate: (any WebSocketDelegate)?

    // Deadlines, see TransportLoop+Sweep.swift.
    var slot = -1
    var watchSlot = -1
    private var closeDeadline = NIODeadline.distantFuture
    private var writtenBytesSeen = 0
    private var stallDeadline = NIODeadline.distantFuture

    init(loop: TransportLoop, role: WebSocketRole, subprotocol: String?) {
        self.loop = loop
        self.role = role
        self.subprotocol = subprotocol
        self.closing = WebSocketClosing(role: role)
    }

    /// Messages go out and come in: neither side has begun to close.
    public var isOpen: Bool { self.closing.isOpen }

    /// Why the connection is ending: known before `connectionClosed`, which waits for the channel. Nil while it is
    /// open.
    public var end: WebSocketEnd? { self.closing.end }

    /// What the newest answered ping took, output that waited before it included; nil if it was taken already.
    public func takeRoundTrip() -> TimeAmount? { self.roundTrip.take() }

    /// What follows the message that is being handled waits so long, and is not read meanwhile.
    public func pause(_ time: TimeAmount) {
        self.pause = max(self.pause, time)
    }

    /// The message that is being handled is as dear as so many bytes more: they count towards how fast is read.
    public func charge(bytes: Int) {
        self.chargedBytes += bytes
    }

    func takeCharge() -> Int {
        defer { self.chargedBytes = 0 }
        return self.chargedBytes
    }

    func takePause() -> TimeAmount {
        defer { self.pause = .zero }
        return self.pause
    }

    // MARK: Closing

    /// Sends what waits, then a close frame, waits `closeGrace` for the peer's and ends. Messages that still
    /// come are dropped. `reason` is cut at 123 bytes. Does nothing if the connection is closing already.
    ///
    /// - Parameter code: 1000 to 1003, 1007 to 1014 or 3000 to 4999; nil for an empty close frame.
    public func close(code: UInt16?, reason: String = "") {
        assert(code.map(WebSocketCloseFrame.mayTravel) ?? reason.isEmpty)
        self.close(code: code, reason: reason, end: .weClosed)
    }

    /// Ends without a close frame at the next flush; output that the channel cannot take at once is lost.
    public func closeNow() {
        self.end(.weClosed)
    }

    func end(_ end: WebSocketEnd) {
        self.perform(self.closing.endNow(end))
    }

    func close(code: UInt16?, reason: String, end: WebSocketEnd) {
        self.perform(self.closing.close(code: code, end: end), reason: reason)
    }

    private func perform(_ effect: WebSocketClosing.Effect?, reason: String = "") {
        switch effect {
        case .sendClose(let code):
            self.appendClose(code: code, reason: reason)
            self.startGrace()
        case .sendCloseAndEndOutput(let code):
            // The peer's close frame will not be heard; that the output ends makes it hang up.
            self.appendClose(code: code, reason: reason)
            self.endsOutputAtFlush = true
            self.startGrace()
        case .echoClose(let code, let thenEnd):
            self.appendClose(code: code, reason: "")
            thenEnd ? self.endChannel() : self.startGrace()
        case .endChannel:
            self.endChannel()
        case .tell(let code, let end):
            let delegate = self.delegate.take()
            delegate?.connectionClosed(self, code: code, end: end)
        case nil:
            break
        }
    }

    private func endChannel() {
        self.endsChannelAtFlush = true
        self.markDirty()
    }

    private func startGrace() {
        self.closeDeadline = self.loop.eventLoop.now + self.loop.limits.closeGrace
        self.loop.watch(self)
    }

    // MARK: Events

    /// After the handshake: from now on the delegate is called.
    func begin(context: ChannelHandlerContext) {
        self.context = context
        self.isEncrypted = (try? context.pipeline.syncOperations.handler(type: NIOSSLHandler.self)) != nil
        if self.loop.limits.sendsDirectly {
            self.descriptor = Self.descriptor(of: context, isEncrypted: self.isEncrypted)
        }
        let most = self.loop.limits.outputWatermark
        // A channel that has no such option has a mark of its own, and tells.
        try? context.channel.syncOptions?.setOption(.writeBufferWaterMark, value: .init(low: most / 2, high: most))
        self.isChannelWritable = context.channel.isWritable
        self.loop.add(self)
    }

    func attach(_ delegate: any WebSocketDelegate) {
        self.delegate = delegate
    }

    func heard() {
        self.heardCount &+= 1
    }

    func handle(_ event: WebSocketFrameDecoder.Event) {
        switch event {
        case .text(let text):
            // Dropped after our close: we have said that we no longer listen.
            if self.isOpen {
                self.delegate?.connection(self, received: text)
            }
        case .binary(let bytes):
            if self.isOpen {
                self.delegate?.connection(self, receivedBinary: bytes)
            }
        case .ping where self.isControlFrameTooMany(), .pong where self.isControlFrameTooMany():
            let violation = WebSocketViolation.tooManyControlFrames
            self.close(code: violation.closeCode, reason: violation.reason, end: .violation(violation))
        case .ping(let payload):
            if self.isOpen, self.hasRoom(forPayload: payload.count) {
                self.append(.pong, length: payload.count) { $0.copyMemory(from: payload) }
            }
        case .pong(let payload):
            let now = self.loop.eventLoop.now.uptimeNanoseconds
            if let trip = self.roundTripClock.pong(payload, now: now) { self.roundTrip = .nanoseconds(Int64(trip)) }
        case .close(let code):
            self.perform(self.closing.peerClosed(code: code))
        case .violation(let violation):
            self.close(code: violation.closeCode, reason: violation.reason, end: .violation(violation))
        }
    }

    /// Counts one. They cost as much as messages and are none.
    private func isControlFrameTooMany() -> Bool {
        let now = self.loop.eventLoop.now
        if now - self.controlSecond >= .seconds(1) {
            self.controlSecond = now
            self.controlFrames = 0
        }
        self.controlFrames += 1
        return self.controlFrames > self.loop.limits.controlFramesPerSecondMax
    }

    func readComplete() {
        self.delegate?.connectionReadComplete(self)
    }

    /// It may change while something is sent or flushed, so the delegate hears of it with the next flush.
    func writabilityChanged(_ isWritable: Bool) {
        self.isChannelWritable = isWritable
        if isWritable { self.tellWritable() }
    }

    func tellWritable() {
        self.isNewlyWritable = true
        self.markDirty()
    }

    /// The channel has closed it: from now on the number is somebody else's.
    func forgetDescriptor() {
        self.descriptor = Self.noDescriptor
    }

    func channelGone() {
        self.forgetDescriptor()
        self.context = nil
        self.output = nil
        self.loop.remove(self)
        self.perform(self.closing.channelGone())
    }

    // MARK: Flushing

    func markDirty() {
        if self.isDirty == false {
            self.isDirty = true
            self.loop.markDirty(self)
        }
    }

    /// Everything that leaves a connection leaves here.
    func flush() {
        if self.isNewlyWritable {
            self.isNewlyWritable = false
            // If not, what is in the way leaves now, and that is heard as well.
            if self.isWritable { self.delegate?.connectionBecameWritable(self) }
        }
        self.isDirty = false
        if self.isHeld, self.endsChannelAtFlush == false, self.endsOutputAtFlush == false { return }
        self.flushOutput()
        guard self.endsChannelAtFlush || self.endsOutputAtFlush, let context = self.context else { return }
        if self.endsChannelAtFlush {
            self.endsChannelAtFlush = false
            context.close(promise: nil)
        } else {
            self.endsOutputAtFlush = false
            context.close(mode: .output, promise: nil)
        }
    }

    // MARK: Deadlines

    /// Called by the sweep while the connection is watched.
    func checkDeadlines(now: NIODeadline) {
        if self.closeDeadline <= now {
            self.end(.weClosed)
        }
        self.countQueuedBytes()
        let writtenBytes = self.handedBytes - self.queuedBytesMost
        if self.queuedBytesMost == 0 {
            self.stallDeadline = .distantFuture
            if self.closeDeadline == .distantFuture {
                self.loop.unwatch(self)
            }
        } else if writtenBytes > self.writtenBytesSeen || self.stallDeadline == .distantFuture {
            self.stallDeadline = now + self.loop.limits.writeStall
        } else if self.stallDeadline <= now {
            self.close(
                code: self.loop.limits.slowCloseCode,
                reason: "The output stands still; connect again.",
                end: .stalled
            )
        }
        self.writtenBytesSeen = writtenBytes
    }
}
