public import NIOCore

/// Stands in for swift-nio-ssl while fuzzing: a connection only asks whether such a handler is there.
public class NIOSSLHandler: ChannelInboundHandler {
    public typealias InboundIn = ByteBuffer
}
