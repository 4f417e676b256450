import NIOCore

/// The first handler of a connecting channel: asks for the WebSocket and reads the answer.
///
///     asking --101--> done (the frames' handler takes over)      asking --anything else--> done (the channel ends)
final class ConnectHandler: ChannelInboundHandler, RemovableChannelHandler, UpgradingHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let target: WebSocketClientConnection.Target
    private let loop: TransportLoop
    private let key: String
    private let makeDelegate: (WebSocketConnection) -> any WebSocketDelegate
    private let done: EventLoopPromise<Void>
    private var isDone = false
    private var received = ByteBuffer()
    private var context: ChannelHandlerContext?
    let upgradeDeadline: NIODeadline
    var upgradeSlot = -1

    init(
        _ target: WebSocketClientConnection.Target,
        loop: TransportLoop,
        done: EventLoopPromise<Void>,
        delegate: @escaping (WebSocketConnection) -> any WebSocketDelegate
    ) {
        self.target = target
        self.loop = loop
        self.makeDelegate = delegate
        self.done = done
        self.key = WebSocketKey.base64((0..<4).flatMap { _ in withUnsafeBytes(of: loop.nextMask(), Array.init) })
        self.upgradeDeadline = loop.eventLoop.now + loop.limits.upgradeTime
    }

    // MARK: Channel

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if self.loop.add(upgrading: self) == false {
            self.fail(.timeout)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.fail(.ended)
        self.context = nil
        self.loop.remove(upgrading: self)
    }

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(self.wrapOutboundOut(ByteBuffer(string: self.request)), promise: nil)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if self.isDone == false {
            self.received.writeImmutableBuffer(self.unwrapInboundIn(data))
            self.look(context)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.fail(.ended)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.fail(ClientTLS.failure(of: error) ?? .ended)
    }

    func endUpgrade() {
        self.fail(.timeout)
    }

    func endUnlessDecided() {
        self.fail(.ended)
    }

    private func fail(_ failure: WebSocketConnectFailure) {
        if self.isDone == false {
            self.isDone = true
            self.done.fail(failure)
            self.loop.remove(upgrading: self)
            self.context?.close(promise: nil)
        }
    }

    // MARK: Handshake

    private var request: String {
        let host = self.target.host.contains(":") ? "[\(self.target.host)]" : self.target.host
        var text = "GET \(self.target.path) HTTP/1.1\r\nHost: \(host):\(self.target.port)\r\n"
        text += "Upgrade: websocket\r\nConnection: Upgrade\r\n"
        text += "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: \(self.key)\r\n"
        if self.target.subprotocols.isEmpty == false {
            text += "Sec-WebSocket-Protocol: \(self.target.subprotocols.joined(separator: ", "))\r\n"
        }
        for (name, value) in self.target.headers {
            text += "\(name): \(value)\r\n"
        }
        return text + "\r\n"
    }

    private func look(_ context: ChannelHandlerContext) {
        let end = self.received.withUnsafeReadableBytes { UpgradeRequest.endOfHead(in: $0) }
        guard let end, end <= self.loop.limits.upgradeBytesMax else {
            if self.received.readableBytes > self.loop.limits.upgradeBytesMax {
                self.fail(.invalidResponse("The head is too long."))
            }
            return
        }
        let bytes = self.received.readBytes(length: end) ?? []
        guard let head = HTTPHead(bytes[..<(end - 4)]) else {
            self.fail(.invalidResponse("It is not HTTP/1.1."))
            return
        }
        do throws(WebSocketConnectFailure) {
            self.upgrade(context, subprotocol: try self.agreedSubprotocol(head))
        } catch {
            self.fail(error)
        }
    }

    /// RFC 6455, section 4.1, the server's response.
    private func agreedSubprotocol(_ head: HTTPHead) throws(WebSocketConnectFailure) -> String? {
        let words = head.startLine.split(separator: " ", maxSplits: 2)
        guard words.count >= 2, words[0] == "HTTP/1.1", let status = Int(words[1]) else {
            throw .invalidResponse("It is not HTTP/1.1.")
        }
        guard status == 101 else {
            let lines = head.headers.map { "\($0.name): \($0.value)" }
            throw .refused(status: status, head: ([head.startLine] + lines).joined(separator: "\n"))
        }
        guard head.elements(of: "Upgrade").contains(where: { $0.equalsIgnoringCase("websocket") }),
            head.elements(of: "Connection").contains(where: { $0.equalsIgnoringCase("Upgrade") })
        else {
            throw .invalidResponse("It upgrades to something else.")
        }
        guard head.values(of: "Sec-WebSocket-Accept") == [WebSocketKey.accept(for: self.key)] else {
            throw .invalidResponse("The accepted key is wrong.")
        }
        guard head.values(of: "Sec-WebSocket-Extensions").isEmpty else {
            throw .invalidResponse("It has extensions, and none were offered.")
        }
        let subprotocols = head.values(of: "Sec-WebSocket-Protocol")
        guard subprotocols.count <= 1, subprotocols.allSatisfy(self.target.subprotocols.contains) else {
            throw .invalidResponse("It has a subprotocol that was not offered.")
        }
        return subprotocols.first
    }

    private func upgrade(_ context: ChannelHandlerContext, subprotocol: String?) {
        self.isDone = true
        let connection = WebSocketConnection(loop: self.loop, role: .client, subprotocol: subprotocol)
        do {
            let pipeline = context.pipeline.syncOperations
            try pipeline.addHandler(WebSocketHandler(connection: connection), position: .after(self))
        } catch {
            self.done.fail(error)
            context.close(promise: nil)
            return
        }
        // Its read complete will come to the new handler, and flush.
        self.loop.beginRead()
        connection.attach(self.makeDelegate(connection))
        self.done.succeed()
        // A server may send frames in the same write as its answer.
        if self.received.readableBytes > 0 {
            context.fireChannelRead(self.wrapInboundOut(self.received))
        }
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }
}
