import ParleyProtocol
import ParleyTransport

/// What waits for a connection to take more.
extension Gateway {
    /// The seat's connection has everything of its room and can take more: what else waits for it may be sent.
    func outputFreed(_ seat: Seat) {}
}
