import NIOCore
import NIOHTTPTypes
import ParleyProtocol

/// Ends a connection of plain HTTP that takes too long; see ``RequestPatience``.
final class RequestPatienceHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private var patience: RequestPatience
    private let firstMilliseconds: Int
    private var end: Scheduled<Void>?

    init(limits: Limits) {
        self.patience = RequestPatience(limits: limits)
        self.firstMilliseconds = limits.upgradeMilliseconds
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.wait(self.firstMilliseconds, context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.end?.cancel()
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.end?.cancel()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .end = Self.unwrapInboundIn(data) { self.wait(self.patience.requestEnded(), context) }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        // Told before the last byte is out: it has to leave within the same time.
        if case .end = Self.unwrapOutboundIn(data) { self.wait(self.patience.answerEnded(), context) }
        context.write(data, promise: promise)
    }

    private func wait(_ milliseconds: Int?, _ context: ChannelHandlerContext) {
        guard let milliseconds else { return }
        self.end?.cancel()
        self.end = context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(Int64(milliseconds))) {
            context.close(promise: nil)
        }
    }
}
