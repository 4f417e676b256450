import NIOCore
import NIOHTTPTypes
import ParleyProtocol

/// Lets one request of its connection after the other through, see ``RequestTurn``, and reads nothing while it holds
/// some: what waits then waits with the peer.
final class RequestTurnHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let turns: RequestTurns
    private var turn: RequestTurn<HTTPRequestPart>
    private var context: ChannelHandlerContext?
    private var wantsRead = false
    /// What is to be told behind the requests that are held.
    private var isInputClosed = false
    private var error: (any Error)?

    var isWaiting: Bool { self.turn.isWaiting }

    init(turns: RequestTurns, limits: Limits) {
        self.turns = turns
        self.turn = RequestTurn(limits: limits)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.turn.end()
        self.context = nil
    }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = Self.unwrapInboundIn(data)
        let place: RequestTurn<HTTPRequestPart>.Place
        switch part {
        case .head: place = .beginning
        case .body: place = .middle
        case .end: place = .end
        }
        self.perform(self.turn.received(part, place), context)
    }

    func read(context: ChannelHandlerContext) {
        if self.turn.isHolding { self.wantsRead = true } else { context.read() }
    }

    /// Called once after it has asked for one.
    func takeTurn() {
        guard let context = self.context else { return }
        for part in self.turn.begin() { context.fireChannelRead(Self.wrapInboundOut(part)) }
        context.fireChannelReadComplete()
        guard !self.turn.isHolding else { return }
        if let error = self.error.take() { context.fireErrorCaught(error) }
        if self.isInputClosed {
            self.isInputClosed = false
            context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        }
        if self.wantsRead {
            self.wantsRead = false
            context.read()
        }
    }

    // MARK: Answers

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let part = Self.unwrapOutboundIn(data)
        context.write(data, promise: promise)
        if case .end = part { self.perform(self.turn.answered(), context) }
    }

    // MARK: Other events

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if self.turn.isHolding, let event = event as? ChannelEvent, event == .inputClosed {
            self.isInputClosed = true
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if self.turn.isHolding { self.error = self.error ?? error } else { context.fireErrorCaught(error) }
    }

    private func perform(_ effect: RequestTurn<HTTPRequestPart>.Effect?, _ context: ChannelHandlerContext) {
        switch effect {
        case .pass(let part): context.fireChannelRead(Self.wrapInboundOut(part))
        case .ask: self.turns.ask(self)
        case .close: context.close(promise: nil)
        case nil: break
        }
    }
}
