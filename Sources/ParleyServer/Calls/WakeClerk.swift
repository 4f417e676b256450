import Logging
import NIOCore
import ParleyEngine
import ParleyProtocol

/// Tells the wake-up service whom somebody rings, beside everything else. Confined to the gateway's event loop.
final class WakeClerk {
    private struct Case {
        var call: WakeWebhook.Call
        let then: (WakeWebhook.Answer) -> Void
    }

    private unowned let gateway: Gateway
    private let webhook: WakeWebhook
    private var desk: WakeDesk
    private var cases: [WakeDesk.Number: Case] = [:]
    private var last: WakeDesk.Number = 0

    init(_ webhook: WakeWebhook, _ gateway: Gateway) {
        self.webhook = webhook
        self.gateway = gateway
        self.desk = WakeDesk(limits: gateway.limits)
    }

    private var now: UInt64 { self.gateway.eventLoop.now.uptimeNanoseconds / 1_000_000 }

    /// With a ticket by which a device of whoever is rung may come, where one is needed.
    ///
    /// - Returns: by what it can be withdrawn.
    func ring(
        _ call: WakeWebhook.Call,
        until: Instant,
        _ then: @escaping (WakeWebhook.Answer) -> Void
    ) -> WakeDesk.Number {
        let deadline = self.now + UInt64(max(0, until.milliseconds - self.gateway.now.milliseconds))
        let number = self.open(call, then)
        guard self.gateway.wantsTokens else {
            self.perform { $0.add(number, until: deadline, now: self.now, &$1) }
            return number
        }
        self.gateway.makeTicket(for: call.to, room: call.room, until: until) { ticket in
            // It may be over by now.
            guard self.cases[number] != nil else { return }
            self.cases[number]?.call.occasion.show(ticket)
            self.perform { $0.add(number, until: deadline, now: self.now, &$1) }
        }
        return number
    }

    /// It rings no more: nobody is to be woken from now on.
    ///
    /// - Returns: whether the service cannot have heard of it.
    func withdraw(_ number: WakeDesk.Number) -> Bool {
        guard self.cases[number] != nil else { return false }
        let withdrawal = self.desk.withdraw(number)
        if withdrawal != .underWay { self.finish(number, .failed) }
        return withdrawal == .unheard
    }

    /// So late it is of no use any more that something is over.
    private static let endMilliseconds: UInt64 = 30_000

    func say(_ call: WakeWebhook.Call) {
        let number = self.open(call) { _ in }
        self.perform { $0.add(number, until: self.now + Self.endMilliseconds, now: self.now, &$1) }
    }

    private func open(
        _ call: WakeWebhook.Call,
        _ then: @escaping (WakeWebhook.Answer) -> Void
    ) -> WakeDesk.Number {
        self.last += 1
        self.cases[self.last] = Case(call: call, then: then)
        return self.last
    }

    private func perform(_ step: (inout WakeDesk, inout [WakeDesk.Action]) -> Void) {
        var actions: [WakeDesk.Action] = []
        step(&self.desk, &actions)
        for action in actions {
            switch action {
            case .say(let number): self.say(number)
            case .giveUp(let number): self.finish(number, .failed)
            case .wait(let until):
                let deadline = NIODeadline.uptimeNanoseconds(until * 1_000_000)
                self.gateway.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) {
                    self.perform { $0.tick(now: self.now, &$1) }
                }
            }
        }
    }

    private func say(_ number: WakeDesk.Number) {
        guard let call = self.cases[number]?.call else { return assertionFailure("a case is said while it is there") }
        let webhook = self.webhook
        let now = self.gateway.now
        let bytesMax = self.gateway.limits.webhookAnswerBytesMax
        self.gateway.eventLoop.makeFutureWithTask { () async -> WakeWebhook.Answer in
            await webhook.say(call.body(at: now), at: now, bytesMax: bytesMax)
        }.assumeIsolated().whenSuccess { [self] answer in
            self.perform { $0.ended(number, isAnswered: answer != .failed, now: self.now, &$1) }
            if answer != .failed { self.finish(number, answer) }
        }
    }

    private func finish(_ number: WakeDesk.Number, _ answer: WakeWebhook.Answer) {
        guard let one = self.cases.removeValue(forKey: number) else { return }
        self.gateway.counters.wakes[answer, default: 0] += 1
        if answer == .failed {
            self.gateway.logger.warning(
                "The wake-up service could not be told that somebody is rung.",
                metadata: ["call": "\(one.call.room)", "person": "\(one.call.to.identity)"]
            )
        }
        one.then(answer)
    }
}
