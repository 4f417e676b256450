import DequeModule
import NIOCore
import ParleyProtocol
import ParleyRooms

/// Requests of plain HTTP begin one after the other, so fast and not faster: whoever asks without end waits for its
/// next turn with everybody else who asks, and calls do not wait for them. Confined to its event loop.
final class RequestTurns {
    private let eventLoop: any EventLoop
    private var rate: RateLimit
    /// Each connection at most once: there are no more than connections.
    private var waiting: Deque<RequestTurnHandler> = []
    private var isTimed = false

    init(limits: Limits, eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        self.rate = RateLimit(
            perSecond: limits.plainRequestsPerSecond,
            burst: limits.plainRequestBurst,
            now: eventLoop.now.uptimeNanoseconds
        )
    }

    /// Its turn may come before the method returns.
    func ask(_ handler: RequestTurnHandler) {
        self.waiting.append(handler)
        if self.isTimed == false { self.give() }
    }

    private func give() {
        while let next = self.waiting.first {
            guard next.isWaiting else {
                self.waiting.removeFirst()
                continue
            }
            guard case .retryAfterMilliseconds(let wait) = self.rate.take(now: self.eventLoop.now.uptimeNanoseconds)
            else {
                self.waiting.removeFirst()
                next.takeTurn()
                continue
            }
            self.isTimed = true
            self.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(Int64(wait))) {
                self.isTimed = false
                self.give()
            }
            return
        }
    }
}
