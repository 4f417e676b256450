public import NIOCore

/// What the connections of one event loop share: memory, the list of those with something to send, deadlines.
/// Confined to its event loop; `NIOLoopBound` carries it elsewhere.
public final class TransportLoop {
    public let eventLoop: any EventLoop
    public let limits: TransportLimits

    /// Called once a sweep (see `TransportLimits.sweepInterval`) while there are connections, before the
    /// flush: the place for heartbeats.
    public var onSweep: ((NIODeadline) -> Void)?

    /// Payloads of the frame that is being handled. One is enough: nothing reads while something is read.
    let scratch: UnsafeMutableRawBufferPointer

    var connections: [WebSocketConnection] = []
    /// Those with a deadline: closing, or with output that has not left.
    var watched: [WebSocketConnection] = []
    /// Those that have not finished the opening handshake.
    var upgrading: [any UpgradingHandler] = []
    /// Those whose output waits for the end of this turn, see `holdOutput`.
    var held: [WebSocketConnection] = []
    /// See `TransportLoop+Reading.swift`.
    var input: ByteBuffer?
    var inputCapacity = 0
    /// The most that is read of one connection at a time.
    var inputBytesMax = 16_384
    var isSweepScheduled = false
    /// Why everything that comes is refused, once `beginClosing` was called.
    private(set) var closing: (code: UInt16, reason: String)?

    private var dirty: [WebSocketConnection] = []
    private var freeOutputs: [ByteBuffer] = []
    private var random: RandomSource
    /// The channel promises a read complete, which flushes: nobody else needs to.
    private var isReading = false
    private var isFlushScheduled = false
    private var isFlushing = false
    /// When the read began that is being handled, or the last one: the clock is asked once for all its messages.
    public private(set) var readTime: NIODeadline

    /// Call it on `eventLoop`.
    public convenience init(eventLoop: any EventLoop, limits: TransportLimits = TransportLimits()) {
        self.init(eventLoop: eventLoop, limits: limits, random: .system)
    }

    package init(eventLoop: any EventLoop, limits: TransportLimits, random: RandomSource) {
        eventLoop.preconditionInEventLoop()
        self.eventLoop = eventLoop
        self.limits = limits
        self.random = random
        self.readTime = eventLoop.now
        self.scratch = .allocate(byteCount: max(limits.messageBytesMax, 125), alignment: 32)
    }

    deinit {
        self.scratch.deallocate()
    }

    /// For those who are not on `eventLoop`.
    public static func bound(
        on eventLoop: any EventLoop,
        limits: TransportLimits = TransportLimits()
    ) -> EventLoopFuture<NIOLoopBound<TransportLoop>> {
        eventLoop.submit {
            NIOLoopBound(TransportLoop(eventLoop: eventLoop, limits: limits), eventLoop: eventLoop)
        }
    }

    // MARK: Connections

    public var connectionCount: Int { self.connections.count }

    /// In no particular order. `body` may send and close. Call `flushDirty` afterwards to send at once.
    public func forEachConnection(_ body: (WebSocketConnection) -> Void) {
        // From the end, since removing moves the last one, which was visited, into the gap.
        var index = self.connections.count
        while index > 0 {
            index -= 1
            if index < self.connections.count {
                body(self.connections[index])
            }
        }
    }

    /// Closes every connection with `code`, refuses further upgrades (HTTP 503) and hangs up on whoever has
    /// not said yet what he wants. `connectionCount` falls to 0 within `closeGrace`.
    public func beginClosing(code: UInt16, reason: String) {
        self.closing = (code, reason)
        self.forEachConnection { $0.close(code: code, reason: reason) }
        for upgrading in self.upgrading {
            upgrading.endUnlessDecided()
        }
        self.flushDirty()
    }

    // MARK: Flushing

    func beginRead() {
        self.isReading = true
        self.readTime = self.eventLoop.now
    }

    func endRead() {
        self.isReading = false
        self.flushDirty()
    }

    func markDirty(_ connection: WebSocketConnection) {
        self.dirty.append(connection)
        if self.isReading == false, self.isFlushScheduled == false {
            self.isFlushScheduled = true
            let bound = NIOLoopBound(self, eventLoop: self.eventLoop)
            self.eventLoop.execute {
                bound.value.isFlushScheduled = false
                bound.value.flushDirty()
            }
        }
    }

    /// Sends what waits: one flush per connection. Reads and sweeps end with it, and so does a loop tick in
    /// which something was sent outside of both; call it to send earlier.
    public func flushDirty() {
        // A flush may end its connection, which asks for a flush in turn: this one goes on to what that adds.
        guard self.isFlushing == false else {
            return
        }
        self.isFlushing = true
        defer { self.isFlushing = false }
        var index = 0
        while index < self.dirty.count {
            self.dirty[index].flush()
            index += 1
        }
        self.dirty.removeAll(keepingCapacity: true)
    }

    // MARK: Memory

    private static let outputCapacity = 2_048
    private static let freeOutputCapacityMax = 65_536
    private static let freeOutputsMax = 256

    func takeOutput() -> ByteBuffer {
        self.freeOutputs.popLast() ?? ByteBufferAllocator().buffer(capacity: Self.outputCapacity)
    }

    /// `output` must have no second owner.
    func giveBack(_ output: consuming ByteBuffer) {
        if self.freeOutputs.count < Self.freeOutputsMax, output.capacity <= Self.freeOutputCapacityMax {
            self.freeOutputs.append(output)
        }
    }

    func nextMask() -> UInt32 {
        self.random.next()
    }
}
