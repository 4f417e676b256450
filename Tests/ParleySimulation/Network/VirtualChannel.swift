import DequeModule
import NIOCore

/// One end of a virtual TCP connection, with a real pipeline.
///
/// `@unchecked Sendable` for the reason of `EmbeddedChannel`: a simulation lives on one thread.
final class VirtualChannel: Channel, ChannelCore, @unchecked Sendable {
    let loop: SimulatedEventLoop
    let allocator = ByteBufferAllocator()
    let remoteAddress: SocketAddress?
    private(set) lazy var pipeline = ChannelPipeline(channel: self)
    private(set) var isActive = false
    private(set) var isWritable = true
    var isOpen: Bool { !self.isClosed }

    private var pipes: (out: Pipe, in: Pipe)?
    private let closePromise: EventLoopPromise<Void>
    private var isClosed = false
    private var isOutputEnding = false
    private var isOutputEnded = false
    /// Whether the process reads what has arrived.
    private var isReading = true

    private var pending: Deque<(bytes: ByteBuffer, promise: EventLoopPromise<Void>?)> = []
    private var flushed = 0
    private var pendingBytes = 0
    /// The defaults of NIO's socket channels.
    private static let waterMarks = (low: 32_768, high: 65_536)

    init(loop: SimulatedEventLoop, remoteAddress: SocketAddress?) {
        self.loop = loop
        self.remoteAddress = remoteAddress
        self.closePromise = loop.makePromise(of: Void.self)
    }

    func join(out: Pipe, in: Pipe) {
        self.pipes = (out, `in`)
    }

    /// The connection is there. Call it on the loop.
    func activate() {
        guard !self.isClosed else { return }
        self.isActive = true
        self.pipeline.fireChannelRegistered()
        self.pipeline.fireChannelActive()
        self.readWhatArrived()
    }

    // MARK: Channel

    var eventLoop: any EventLoop { self.loop }
    var closeFuture: EventLoopFuture<Void> { self.closePromise.futureResult }
    var parent: (any Channel)? { nil }
    var localAddress: SocketAddress? { nil }
    var _channelCore: any ChannelCore { self }

    // MARK: Output

    func write0(_ data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !self.isClosed, !self.isOutputEnding else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        let bytes = self.unwrapData(data, as: ByteBuffer.self)
        self.pending.append((bytes, promise))
        self.pendingBytes += bytes.readableBytes
        if self.isWritable, self.pendingBytes > Self.waterMarks.high { self.setWritable(false) }
    }

    func flush0() {
        self.flushed = self.pending.count
        self.writeMore()
    }

    /// As much as the wire takes.
    func writeMore() {
        guard !self.isClosed, let pipe = self.pipes?.out else { return }
        while self.flushed > 0, let first = self.pending.first {
            let count = pipe.write(first.bytes)
            self.pendingBytes -= count
            guard count == first.bytes.readableBytes else {
                self.pending[0].bytes.moveReaderIndex(forwardBy: count)
                break
            }
            self.pending.removeFirst()
            self.flushed -= 1
            first.promise?.succeed()
        }
        if !self.isWritable, self.pendingBytes < Self.waterMarks.low { self.setWritable(true) }
        if self.isOutputEnding, self.pending.isEmpty, !self.isOutputEnded {
            self.isOutputEnded = true
            pipe.end()
        }
    }

    private func setWritable(_ isWritable: Bool) {
        self.isWritable = isWritable
        self.pipeline.fireChannelWritabilityChanged()
    }

    // MARK: Input

    func readWhatArrived() {
        guard self.isActive, self.isReading, let pipe = self.pipes?.in else { return }
        var hasRead = false
        reading: while !self.isClosed, self.isReading {
            switch pipe.read() {
            case nil: break reading
            case .bytes(let bytes):
                hasRead = true
                self.pipeline.fireChannelRead(bytes)
            case .end:
                if hasRead { self.pipeline.fireChannelReadComplete() }
                return self.end()
            }
        }
        if hasRead, !self.isClosed { self.pipeline.fireChannelReadComplete() }
    }

    /// What a slow process does: nothing, while its kernel's buffer fills.
    func setReading(_ isReading: Bool) {
        self.isReading = isReading
        self.readWhatArrived()
    }

    // MARK: The end

    func close0(error: any Error, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard !self.isClosed else {
            promise?.fail(ChannelError.alreadyClosed)
            return
        }
        switch mode {
        case .output:
            self.isOutputEnding = true
            self.flushed = self.pending.count
            self.writeMore()
        case .all, .input:
            self.isOutputEnding = true
            if !self.isOutputEnded { self.pipes?.out.end() }
            self.end()
        }
        promise?.succeed()
    }

    /// The other side reset the connection.
    func reset() {
        guard !self.isClosed else { return }
        self.pipeline.fireErrorCaught(ChannelError.ioOnClosedChannel)
        self.end()
    }

    /// The world is over: a pipeline and its handlers hold each other until the channel is closed.
    func dismantle() {
        self.loop.enter {
            self.end()
            self.removeHandlers(pipeline: self.pipeline)
            self.closePromise.succeed()
        }
        self.pipes = nil
    }

    private func end() {
        guard !self.isClosed else { return }
        self.isClosed = true
        if !self.isOutputEnding { self.pipes?.out.end() }
        let wasActive = self.isActive
        self.isActive = false
        for (_, promise) in self.pending { promise?.fail(ChannelError.ioOnClosedChannel) }
        self.pending = []
        self.flushed = 0
        if wasActive { self.pipeline.fireChannelInactive() }
        self.pipeline.fireChannelUnregistered()
        // Behind what still goes through the pipeline.
        self.loop.execute {
            self.removeHandlers(pipeline: self.pipeline)
            self.closePromise.succeed()
            self.pipes = nil
        }
    }
}

extension VirtualChannel {
    func localAddress0() throws -> SocketAddress { throw ChannelError.unknownLocalAddress }

    func remoteAddress0() throws -> SocketAddress {
        guard let address = self.remoteAddress else { throw ChannelError.operationUnsupported }
        return address
    }

    func register0(promise: EventLoopPromise<Void>?) { promise?.succeed() }
    func bind0(to: SocketAddress, promise: EventLoopPromise<Void>?) { promise?.succeed() }
    func connect0(to: SocketAddress, promise: EventLoopPromise<Void>?) { promise?.succeed() }
    func read0() {}
    func channelRead0(_ data: NIOAny) {}
    func errorCaught0(error: any Error) {}

    func triggerUserOutboundEvent0(_ event: Any, promise: EventLoopPromise<Void>?) {
        promise?.fail(ChannelError.operationUnsupported)
    }

    // MARK: Options

    func setOption<Option: ChannelOption>(_ option: Option, value: Option.Value) -> EventLoopFuture<Void> {
        self.loop.makeSucceededVoidFuture()
    }

    func getOption<Option: ChannelOption>(_ option: Option) -> EventLoopFuture<Option.Value> {
        self.loop.makeCompletedFuture { try self.option(option) }
    }

    var syncOptions: (any NIOSynchronousChannelOptions)? { Options(channel: self) }

    private func option<Option: ChannelOption>(_ option: Option) throws -> Option.Value {
        guard option is ChannelOptions.Types.BufferedWritableBytesOption,
            let value = self.pendingBytes as? Option.Value
        else { throw ChannelError.operationUnsupported }
        return value
    }

    private struct Options: NIOSynchronousChannelOptions {
        let channel: VirtualChannel

        func setOption<Option: ChannelOption>(_ option: Option, value: Option.Value) throws {}

        func getOption<Option: ChannelOption>(_ option: Option) throws -> Option.Value {
            try self.channel.option(option)
        }
    }
}
