import Logging
import NIOCore
import ParleyProtocol

/// Asking the operator's own service, in place of judging a token: so many at once, so many that wait, and nobody while
/// it rests. Confined to the gateway's event loop.
final class AuthorizationClerk {
    private struct Case {
        let question: AuthorizationWebhook.Question
        let then: (Result<Authorization, TokenFault>) -> Void
    }

    private unowned let gateway: Gateway
    private let webhook: AuthorizationWebhook
    private var desk: AuthorizationDesk
    private var cases: [AuthorizationDesk.Number: Case] = [:]
    private var last: AuthorizationDesk.Number = 0

    init(_ webhook: AuthorizationWebhook, _ gateway: Gateway) {
        self.webhook = webhook
        self.gateway = gateway
        self.desk = AuthorizationDesk(limits: gateway.limits, patienceMilliseconds: webhook.service.timeoutMilliseconds)
    }

    func ask(
        _ question: AuthorizationWebhook.Question,
        _ then: @escaping (Result<Authorization, TokenFault>) -> Void
    ) {
        // A longer one is none of a client's that means well; the service need not hear of it.
        guard question.credential.utf8.count <= self.gateway.limits.tokenBytesMax else {
            return then(.failure(.tooLong))
        }
        self.last += 1
        let number = self.last
        self.cases[number] = Case(question: question, then: then)
        self.perform { $0.add(number, now: $1, &$2) }
    }

    private func perform(_ step: (inout AuthorizationDesk, UInt64, inout [AuthorizationDesk.Action]) -> Void) {
        var actions: [AuthorizationDesk.Action] = []
        step(&self.desk, self.gateway.eventLoop.now.uptimeNanoseconds, &actions)
        for action in actions {
            switch action {
            case .ask(let number): self.ask(number)
            case .refuse(let number, let wait):
                self.cases.removeValue(forKey: number)?.then(.failure(.serviceRests(retryAfterMilliseconds: wait)))
            }
        }
    }

    private func ask(_ number: AuthorizationDesk.Number) {
        guard let question = self.cases[number]?.question else { return assertionFailure("a case is asked once") }
        let webhook = self.webhook
        let judge = self.gateway.judge
        let now = self.gateway.now
        let bytesMax = self.gateway.limits.webhookAnswerBytesMax
        self.gateway.eventLoop.makeFutureWithTask { () async -> Result<Authorization, TokenFault> in
            do throws(TokenFault) {
                let claims = try await webhook.ask(question, at: now, bytesMax: bytesMax)
                return .success(try judge.judge(answer: claims, at: now))
            } catch {
                return .failure(error)
            }
        }.assumeIsolated().whenSuccess { [self] result in
            self.perform { $0.ended(isAnswered: result.isAnswer, now: $1, &$2) }
            self.cases.removeValue(forKey: number)?.then(result)
        }
    }
}

extension Result<Authorization, TokenFault> {
    /// A no is an answer as well.
    fileprivate var isAnswer: Bool {
        if case .failure(.serviceUnavailable) = self { false } else { true }
    }
}
