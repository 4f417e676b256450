import Logging
import NIOCore
import ParleyEngine
import ParleyProtocol

/// Tells the wake-up service whom somebody rings, beside everything else. Confined to the gateway's event loop.
final class WakeClerk {
    private struct Case {
        let call: WakeWebhook.Call
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
    func ring(_ call: WakeWebhook.Call, until: Instant, _ then: @escaping (WakeWebhook.Answer) -> Void) {
        let wait = UInt64(max(0, until.milliseconds - self.gateway.now.milliseconds))
        guard self.gateway.wantsTokens else { return self.add(call, until: self.now + wait, then) }
        self.gateway.makeTicket(for: call.to, room: call.room, until: until) { ticket in
            var call = call
            if case .ring(let until, let intent, _, let online) = call.occasion {
                call.occasion = .ring(until: until, intent: intent, ticket: ticket, online: online)
            }
            self.add(call, until: self.now + wait, then)
        }
    }

    /// So late it is of no use any more that something is over.
    private static let endMilliseconds: UInt64 = 30_000

    func say(_ call: WakeWebhook.Call) {
        self.add(call, until: self.now + Self.endMilliseconds) { _ in }
    }

    private func add(_ call: WakeWebhook.Call, until: UInt64, _ then: @escaping (WakeWebhook.Answer) -> Void) {
        self.last += 1
        let number = self.last
        self.cases[number] = Case(call: call, then: then)
        self.perform { $0.add(number, until: until, now: self.now, &$1) }
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
