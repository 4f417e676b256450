import Logging
import NIOCore
import ParleyProtocol

/// Relays of vendors: asked for beside everything else, so that nobody who joins waits for them.
extension Gateway {
    /// A few times a second.
    func askVendors() {
        let question = self.lending.chain.tick(now: self.now, uptime: self.eventLoop.now.uptimeNanoseconds)
        if let question { self.ask(question) }
    }

    private func ask(_ question: VendorChain.Question) {
        let vendor = self.configuration.turn.vendors[question.vendor]
        guard let http = self.vendorHTTP else { return self.heard(.failure(.unreachable("no client")), of: question) }
        let seconds = self.configuration.turn.lifetimeMilliseconds / 1_000
        let began = self.now
        let bound = NIOLoopBound(self, eventLoop: self.eventLoop)
        let eventLoop = self.eventLoop
        let milliseconds = self.limits.vendorMilliseconds
        Task {
            let result = await vendor.lendInTime(forSeconds: seconds, withinMilliseconds: milliseconds, by: http)
            eventLoop.execute {
                bound.value.heard(
                    result.map {
                        VendorLoan($0.servers, since: began, forSeconds: min(seconds, $0.seconds ?? seconds))
                    },
                    of: question
                )
            }
        }
    }

    private func heard(_ result: Result<VendorLoan, TurnVendorError>, of question: VendorChain.Question) {
        let uptime = self.eventLoop.now.uptimeNanoseconds
        switch result {
        case .success(let loan):
            self.lending.chain.answered(question, loan, uptime: uptime)
            self.tellWhoLacksVendor()
        case .failure(let error):
            self.counters.turnVendorFailures += 1
            let name = self.configuration.turn.vendors[question.vendor].name
            self.logger.warning(
                "A TURN vendor has lent nothing.",
                metadata: ["vendor": "\(name)", "error": "\(error)"]
            )
            if let next = self.lending.chain.failed(question, uptime: uptime) { self.ask(next) }
        }
    }

    /// Whoever has joined before there was anything to lend on.
    private func tellWhoLacksVendor() {
        let now = self.now
        for session in self.sessions.values where session.lacksVendor { session.leaseRenewsAt = now }
        self.renewals.lent(renewAt: now)
    }
}
