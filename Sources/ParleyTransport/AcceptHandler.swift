import NIOCore

/// The first handler of an accepted channel: finds out from the first bytes whose it is.
///
///     waiting --a WebSocket--> done (its handler takes over)      waiting --refused--> refusing --grace--> gone
///     waiting --anything else--> handingOver --its handlers are there--> done
final class AcceptHandler: ChannelInboundHandler, RemovableChannelHandler, UpgradingHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum State {
        case waiting, handingOver, refusing, done
    }

    private let acceptor: WebSocketAcceptor
    private var state = State.waiting
    private var received: ByteBuffer?
    private var context: ChannelHandlerContext?
    private var isReading = false
    /// Whom a proxy speaks for, if one has said so.
    private var proxied: ClientAddress?
    private(set) var upgradeDeadline: NIODeadline
    var upgradeSlot = -1

    private var loop: TransportLoop { self.acceptor.loop }

    init(_ acceptor: WebSocketAcceptor) {
        self.acceptor = acceptor
        self.upgradeDeadline = acceptor.loop.eventLoop.now + acceptor.loop.limits.upgradeTime
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if self.loop.add(upgrading: self) == false {
            context.close(promise: nil)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        self.received = nil
        self.loop.remove(upgrading: self)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.loop.remove(upgrading: self)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let found = event as? ProxyHeaderHandler.Found { self.proxied = found.source }
        context.fireUserInboundEventTriggered(event)
    }

    func source(of channel: any Channel) -> ConnectionSource {
        ConnectionSource(peer: channel.remoteAddress.flatMap { ClientAddress($0) }, proxied: self.proxied)
    }

    // MARK: Deadlines

    func endUpgrade() {
        self.context?.close(promise: nil)
    }

    func endUnlessDecided() {
        switch self.state {
        case .waiting: self.endUpgrade()
        case .handingOver, .refusing, .done: break
        }
    }

    // MARK: Reading

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = self.unwrapInboundIn(data)
        self.isReading = true
        switch self.state {
        case .waiting:
            self.gather(bytes)
            self.look(context)
        case .handingOver:
            self.gather(bytes)
            // The new handlers are slow in coming and the peer does not wait.
            if let received = self.received, received.readableBytes > 4 * self.loop.limits.upgradeBytesMax {
                context.close(promise: nil)
            }
        case .refusing:
            // Ignored: read so that the response is not lost to a reset, see `refuse`.
            break
        case .done:
            context.fireChannelRead(data)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        self.isReading = false
        context.fireChannelReadComplete()
    }

    private func gather(_ bytes: ByteBuffer) {
        // The first read is kept by reference; only a second one copies.
        if self.received == nil {
            self.received = bytes
        } else {
            self.received?.writeImmutableBuffer(bytes)
        }
    }

    private func look(_ context: ChannelHandlerContext) {
        let reading = self.received?.withUnsafeReadableBytes {
            UpgradeRequest.read($0, path: self.acceptor.path, bytesMax: self.loop.limits.upgradeBytesMax)
        }
        switch reading {
        case .incomplete, nil:
            break
        case .other:
            self.handOver(context)
        case .refused(let refusal):
            self.refuse(refusal, context)
        case .upgrade(var request, let key, let length):
            request.source = self.source(of: context.channel)
            if self.loop.closing != nil {
                self.refuse(UpgradeRefusal(status: 503, reason: "Service Unavailable"), context)
                return
            }
            switch self.acceptor.decide(request) {
            case .refuse(let refusal):
                self.refuse(refusal, context)
            case .accept(let subprotocol, let headers, let delegate):
                let response = Self.response(key: key, subprotocol: subprotocol, headers: headers)
                self.upgrade(context, subprotocol, response, requestLength: length, delegate)
            }
        }
    }

    // MARK: Outcomes

    private func upgrade(
        _ context: ChannelHandlerContext,
        _ subprotocol: String?,
        _ response: [UInt8],
        requestLength: Int,
        _ makeDelegate: (WebSocketConnection) -> any WebSocketDelegate
    ) {
        self.state = .done
        let connection = WebSocketConnection(loop: self.loop, role: .server, subprotocol: subprotocol)
        do {
            let pipeline = context.pipeline.syncOperations
            try pipeline.addHandler(WebSocketHandler(connection: connection), position: .after(self))
        } catch {
            context.close(promise: nil)
            return
        }
        // Its read complete will come to the new handler, and flush.
        self.loop.beginRead()
        connection.appendRaw(response)
        connection.attach(makeDelegate(connection))
        // A client may send frames before it has our answer.
        let received = self.received.take()
        if var frames = received, frames.readableBytes > requestLength {
            frames.moveReaderIndex(forwardBy: requestLength)
            context.fireChannelRead(self.wrapInboundOut(frames))
        }
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }

    private func handOver(_ context: ChannelHandlerContext) {
        self.state = .handingOver
        self.acceptor.handOver(context.channel).assumeIsolated().whenComplete { result in
            guard let context = self.context else {
                return
            }
            self.state = .done
            if case .failure = result {
                context.close(promise: nil)
                return
            }
            if let received = self.received.take() {
                context.fireChannelRead(self.wrapInboundOut(received))
                if self.isReading == false {
                    context.fireChannelReadComplete()
                }
            }
            context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
        }
    }

    /// Answers and ends the output only. To close at once, with bytes of the peer unread or still on their
    /// way, would reset the connection, and the peer would never see the answer.
    private func refuse(_ refusal: UpgradeRefusal, _ context: ChannelHandlerContext) {
        self.state = .refusing
        self.received = nil
        self.upgradeDeadline = self.loop.eventLoop.now + self.loop.limits.closeGrace
        context.writeAndFlush(self.wrapOutboundOut(ByteBuffer(bytes: refusal.bytes)), promise: nil)
        context.close(mode: .output, promise: nil)
    }

    private static func response(
        key: String,
        subprotocol: String?,
        headers: [(name: String, value: String)]
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(256)
        func add(_ text: String) {
            var copy = text
            copy.withUTF8 { bytes.append(contentsOf: $0) }
        }
        add("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ")
        add(WebSocketKey.accept(for: key))
        if let subprotocol {
            add("\r\nSec-WebSocket-Protocol: ")
            add(subprotocol)
        }
        for (name, value) in headers {
            add("\r\n")
            add(name)
            add(": ")
            add(value)
        }
        add("\r\n\r\n")
        return bytes
    }
}
