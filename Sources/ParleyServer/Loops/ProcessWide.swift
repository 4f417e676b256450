package import ParleyProtocol
import Synchronization

/// What is one for all event loops of a process: limits of the whole server, and tickets, which are redeemed on
/// whichever loop the kernel chooses. Asked when somebody connects or fails at something, never for a message.
package final class ProcessWide: Sendable {
    private let addressLimits: Mutex<AddressLimits>
    private let ticketBook: Mutex<TicketBook>
    /// Its loops, as the engine knows them.
    private let nodes = Mutex<Set<NodeID>>([])
    private let openConnections = Atomic<Int>(0)
    private let openPlainConnections = Atomic<Int>(0)

    /// - Parameter now: monotonic nanoseconds.
    package init(limits: Limits, now: UInt64) {
        self.addressLimits = Mutex(AddressLimits(limits: limits, now: now))
        self.ticketBook = Mutex(TicketBook(limits: limits))
    }

    func addresses<Value: Sendable>(_ body: (inout sending AddressLimits) -> sending Value) -> Value {
        self.addressLimits.withLock { body(&$0) }
    }

    func tickets<Value: Sendable, Problem: Error>(
        _ body: (inout sending TicketBook) throws(Problem) -> sending Value
    ) throws(Problem) -> Value {
        try self.ticketBook.withLock { book throws(Problem) in try body(&book) }
    }

    /// - Parameter former: the same loop, before it stood still.
    func nodeBegan(_ node: NodeID, insteadOf former: NodeID?) {
        self.nodes.withLock {
            if let former { $0.remove(former) }
            $0.insert(node)
        }
    }

    /// Whether all of them are loops of this process.
    func isAlone(_ nodes: [NodeID]) -> Bool {
        self.nodes.withLock { own in nodes.allSatisfy { own.contains($0) } }
    }

    /// WebSockets.
    var connections: Int { self.openConnections.load(ordering: .relaxed) }
    func connectionOpened() { self.openConnections.wrappingAdd(1, ordering: .relaxed) }
    func connectionClosed() { self.openConnections.wrappingSubtract(1, ordering: .relaxed) }

    /// - Returns: whether there was a place for one more connection that is plain HTTP.
    func plainConnectionOpened(max: Int) -> Bool {
        let (_, open) = self.openPlainConnections.wrappingAdd(1, ordering: .relaxed)
        guard open > max else { return true }
        self.plainConnectionClosed()
        return false
    }

    func plainConnectionClosed() { self.openPlainConnections.wrappingSubtract(1, ordering: .relaxed) }
}
