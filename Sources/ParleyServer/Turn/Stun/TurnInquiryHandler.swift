import NIOCore
import NIOSSL

/// Runs a ``TurnProbe`` on a channel: what it wants sent, again where answers can be lost, and for how long.
final class TurnInquiryHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var probe: TurnProbe
    private let repeats: TimeAmount?
    private let patience: TimeAmount
    private let found: EventLoopPromise<TurnFinding>
    private var alarm: Scheduled<Void>?
    private var repetition: Scheduled<Void>?

    /// - Parameter repeats: after how long a question is asked again, if at all.
    init(
        _ purpose: TurnProbe.Purpose,
        forbidden: [StunAddress],
        repeats: TimeAmount?,
        patience: TimeAmount,
        found: EventLoopPromise<TurnFinding>
    ) {
        self.probe = TurnProbe(purpose, forbidden: forbidden, transaction: Self.transaction())
        self.repeats = repeats
        self.patience = patience
        self.found = found
    }

    private static func transaction() -> [UInt8] {
        (0..<StunMessage.transactionBytes).map { _ in UInt8.random(in: .min ... .max) }
    }

    func channelActive(context: ChannelHandlerContext) {
        self.perform(self.probe.begin(), context)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = Array(Self.unwrapInboundIn(data).readableBytesView)
        self.perform(self.probe.received(bytes, next: Self.transaction()), context)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let isTLS = error is NIOSSLError || error is BoringSSLError || error is NIOSSLExtraError
        self.end(isTLS ? .tlsFailed(Self.words(error)) : .unreachable("\(error)"))
        context.close(promise: nil)
    }

    /// The library's own words name places in its source.
    private static func words(_ error: any Error) -> String {
        if let extra = error as? NIOSSLExtraError, extra == .failedToValidateHostname {
            return "its certificate is for another name"
        }
        let text = "\(error)"
        if text.contains("CERTIFICATE_VERIFY_FAILED") {
            return "its certificate is not trusted: it is over, or signed by nobody who is known here"
        }
        guard let reason = text.firstRange(of: "OPENSSL_internal:") else {
            return "the handshake did not come to its end"
        }
        return "\(text[reason.upperBound...].prefix { $0 != " " && $0 != "]" })"
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.end(.unreachable("the connection was closed"))
        context.fireChannelInactive()
    }

    private func perform(_ effects: [TurnProbe.Effect], _ context: ChannelHandlerContext) {
        for effect in effects {
            switch effect {
            case .send(let bytes): self.send(ByteBuffer(bytes: bytes), context)
            case .done(let finding): self.end(finding)
            }
        }
    }

    private func send(_ question: ByteBuffer, _ context: ChannelHandlerContext) {
        context.writeAndFlush(Self.wrapOutboundOut(question), promise: nil)
        self.alarm?.cancel()
        self.repetition?.cancel()
        self.alarm = context.eventLoop.assumeIsolated().scheduleTask(in: self.patience) {
            self.repetition?.cancel()
            self.perform(self.probe.silence(), context)
        }
        if let pause = self.repeats { self.repeatLater(question, pause, context) }
    }

    private func repeatLater(_ question: ByteBuffer, _ pause: TimeAmount, _ context: ChannelHandlerContext) {
        self.repetition = context.eventLoop.assumeIsolated().scheduleTask(in: pause) {
            context.writeAndFlush(Self.wrapOutboundOut(question), promise: nil)
            self.repeatLater(question, pause * 2, context)
        }
    }

    private func end(_ finding: TurnFinding) {
        self.alarm?.cancel()
        self.repetition?.cancel()
        self.found.succeed(finding)
    }
}
