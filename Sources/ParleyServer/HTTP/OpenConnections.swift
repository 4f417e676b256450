import Synchronization

/// How many WebSockets are open, as the last sweep of the socket loop saw it: for those who are elsewhere.
final class OpenConnections: Sendable {
    private let value = Atomic<Int>(0)

    var count: Int {
        get { self.value.load(ordering: .relaxed) }
        set { self.value.store(newValue, ordering: .relaxed) }
    }
}
