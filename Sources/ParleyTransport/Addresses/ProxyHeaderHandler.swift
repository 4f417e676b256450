public import NIOCore

/// The first handler of a channel from a proxy: takes the header of the PROXY protocol away, if there is one, and tells
/// those behind it who the client is. In front of TLS: the header is not encrypted.
///
///     reading --a header, or none--> gone      reading --no header that can be--> the channel ends
public final class ProxyHeaderHandler: ChannelInboundHandler, RemovableChannelHandler {
    public typealias InboundIn = ByteBuffer
    public typealias InboundOut = ByteBuffer

    /// The event that goes up the pipeline before the first byte behind the header.
    package struct Found: Sendable {
        package let source: ClientAddress?
    }

    private let bytesMax: Int
    private let admits: (ClientAddress?) -> Bool
    private var received: ByteBuffer?

    /// - Parameters:
    ///   - bytesMax: of a header; a longer one ends its channel.
    ///   - admits: asked once, on the channel's loop, when a header was read; `false` ends the channel.
    public init(bytesMax: Int, admits: @escaping (ClientAddress?) -> Bool = { _ in true }) {
        self.bytesMax = bytesMax
        self.admits = admits
    }

    public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = self.unwrapInboundIn(data)
        if self.received == nil {
            self.received = bytes
        } else {
            self.received?.writeImmutableBuffer(bytes)
        }
        let reading = self.received?.withUnsafeReadableBytes { ProxyHeader.read($0, bytesMax: self.bytesMax) }
        switch reading {
        case .incomplete, nil: break
        case .absent: self.leave(context)
        case .invalid: context.close(promise: nil)
        case .header(let header) where !self.admits(header.source): context.close(promise: nil)
        case .header(let header):
            self.received?.moveReaderIndex(forwardBy: header.length)
            context.fireUserInboundEventTriggered(Found(source: header.source))
            self.leave(context)
        }
    }

    private func leave(_ context: ChannelHandlerContext) {
        if let rest = self.received.take(), rest.readableBytes > 0 {
            context.fireChannelRead(self.wrapInboundOut(rest))
        }
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }
}
