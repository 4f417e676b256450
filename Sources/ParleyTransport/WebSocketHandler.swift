import NIOCore

/// The one handler of an upgraded channel: reads frames, tells the connection.
final class WebSocketHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let connection: WebSocketConnection
    private let loop: TransportLoop
    private var decoder: WebSocketFrameDecoder

    init(connection: WebSocketConnection) {
        self.connection = connection
        self.loop = connection.loop
        self.decoder = WebSocketFrameDecoder(
            role: connection.role,
            messageBytesMax: connection.loop.limits.messageBytesMax,
            acceptsBinary: connection.loop.limits.acceptsBinary,
            emptyFragmentsMax: connection.loop.limits.emptyFragmentsMax
        )
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.connection.begin(context: context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.connection.channelGone()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.loop.beginRead()
        self.connection.heard()
        // Only read: the channel keeps a second reference to this buffer, so that a change would copy it.
        self.unwrapInboundIn(data).withUnsafeReadableBytes { bytes in
            var input = bytes
            while let event = self.decoder.next(in: &input, scratch: self.loop.scratch) {
                self.connection.handle(event)
            }
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        self.connection.readComplete()
        self.loop.endRead()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        self.connection.writabilityChanged(context.channel.isWritable)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.connection.channelGone()
        self.loop.endRead()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Whatever failed, the bytes are no longer a whole: the channel ends, and its end is told.
        self.connection.end(.lost)
    }
}
