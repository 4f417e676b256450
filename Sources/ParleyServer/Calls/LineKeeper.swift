import NIOCore
import ParleyProtocol
import ParleyRooms

/// Lets go of lines on which nobody is: the engine keeps them, and a server's memory only when they are to end.
/// ``LineShelf`` decides. Confined to the gateway's event loop.
final class LineKeeper {
    private unowned let gateway: Gateway
    private var shelf: LineShelf
    private var sweeps = 0
    /// Those asleep are looked at once a minute: they sleep for days.
    private static let sweepsPerLook = 60

    init(_ gateway: Gateway) {
        self.gateway = gateway
        self.shelf = LineShelf(limits: gateway.limits)
    }

    private var now: UInt64 { self.gateway.eventLoop.now.uptimeNanoseconds / 1_000_000 }

    /// After each entry of a line, and when its replica is another one.
    func changed(_ host: RoomHost) {
        self.shelf.changed(host.id, isIdle: !host.isOver && host.room.isIdleLine, now: self.now)
    }

    /// Once a second.
    func sweep() {
        for id in self.shelf.toClose(now: self.now) { self.close(id) }
        self.sweeps += 1
        guard self.sweeps.isMultiple(of: Self.sweepsPerLook) else { return }
        // They are held again, and end as any room does whose time is over.
        for id in self.shelf.toEnd(at: self.gateway.now) { self.gateway.directory.hold(id) }
    }

    func dismantle() {
        self.shelf = LineShelf(limits: self.gateway.limits)
    }

    private func close(_ id: RoomID) {
        guard let host = self.gateway.directory.hosts[id], host.room.isIdleLine else {
            return self.shelf.closed(id, end: nil)
        }
        let end = host.room.nextDeadline
        // Else somebody watches it, or comes: it is looked at again.
        if host.letGoIfUnused() { self.shelf.closed(id, end: end) }
    }
}

extension Room {
    /// Whether it is a line on which nobody is and nothing rings.
    fileprivate var isIdleLine: Bool { self.count == 0 && self.line?.incoming.isEmpty ?? false }
}
