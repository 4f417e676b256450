public import ParleyProtocol
import Synchronization

/// How some people are: all of them at first, then each who has changed, as long as somebody reads it. Over lost
/// connections it goes on, and tells what has changed meanwhile.
///
/// Whoever reads slowly misses nothing but what is old: of each person only the newest waits.
public struct PresenceWatch: AsyncSequence, Sendable {
    public struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let box: PresenceBox
        fileprivate var bell: AsyncStream<Void>.AsyncIterator

        /// - Returns: `nil` when the session or the task is over.
        public mutating func next() async -> PresenceMessage.Entry? {
            while true {
                if Task.isCancelled { return nil }
                if let entry = self.box.take() { return entry }
                guard await self.bell.next() != nil else { return self.box.take() }
            }
        }
    }

    let box: PresenceBox
    /// Nobody holds the watch any more when it is gone.
    fileprivate let bell: AsyncStream<Void>

    init(ended: @escaping @Sendable () -> Void) {
        let (bell, ring) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        self.bell = bell
        self.box = PresenceBox(ring)
        ring.onTermination = { _ in ended() }
    }

    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(box: self.box, bell: self.bell.makeAsyncIterator())
    }
}

/// What waits to be read.
final class PresenceBox: Sendable {
    private let waiting = Mutex<[PresenceMessage.Entry]>([])
    private let bell: AsyncStream<Void>.Continuation

    init(_ bell: AsyncStream<Void>.Continuation) { self.bell = bell }

    func put(_ entry: PresenceMessage.Entry) {
        self.waiting.withLock { waiting in
            waiting.removeAll { $0.person == entry.person }
            waiting.append(entry)
        }
        self.bell.yield()
    }

    func take() -> PresenceMessage.Entry? {
        self.waiting.withLock { $0.isEmpty ? nil : $0.removeFirst() }
    }

    func finish() { self.bell.finish() }
}
