import NIOCore

/// Something that has a time to finish its opening handshake in.
protocol UpgradingHandler: AnyObject {
    var upgradeDeadline: NIODeadline { get }
    /// Its place in `TransportLoop.upgrading`; -1 if it is in none.
    var upgradeSlot: Int { get set }
    func endUpgrade()
    func endUnlessDecided()
}

/// One task per loop looks after all deadlines, a few times a second and only while there is something to
/// look after. (Cancelling a scheduled task searches the loop's whole heap; a list of deadlines costs 2 ns an
/// entry.)
extension TransportLoop {
    // MARK: Lists

    // Each element knows its slot: removal moves the last one into the gap.

    func add(_ connection: WebSocketConnection) {
        connection.slot = self.connections.count
        self.connections.append(connection)
        if let (code, reason) = self.closing {
            connection.close(code: code, reason: reason)
        }
        self.scheduleSweep()
    }

    func remove(_ connection: WebSocketConnection) {
        if connection.slot >= 0 {
            let last = self.connections.removeLast()
            if last !== connection {
                self.connections[connection.slot] = last
                last.slot = connection.slot
            }
            connection.slot = -1
        }
        self.unwatch(connection)
    }

    func watch(_ connection: WebSocketConnection) {
        if connection.watchSlot < 0 {
            connection.watchSlot = self.watched.count
            self.watched.append(connection)
            self.scheduleSweep()
        }
    }

    func unwatch(_ connection: WebSocketConnection) {
        if connection.watchSlot >= 0 {
            let last = self.watched.removeLast()
            if last !== connection {
                self.watched[connection.watchSlot] = last
                last.watchSlot = connection.watchSlot
            }
            connection.watchSlot = -1
        }
    }

    /// False if there are too many.
    func add(upgrading handler: any UpgradingHandler) -> Bool {
        guard self.upgrading.count < self.limits.waitingUpgradesMax else {
            return false
        }
        handler.upgradeSlot = self.upgrading.count
        self.upgrading.append(handler)
        self.scheduleSweep()
        return true
    }

    func remove(upgrading handler: any UpgradingHandler) {
        if handler.upgradeSlot >= 0 {
            let last = self.upgrading.removeLast()
            if last !== handler {
                self.upgrading[handler.upgradeSlot] = last
                last.upgradeSlot = handler.upgradeSlot
            }
            handler.upgradeSlot = -1
        }
    }

    // MARK: Sweep

    private func scheduleSweep() {
        guard self.isSweepScheduled == false else {
            return
        }
        self.isSweepScheduled = true
        let bound = NIOLoopBound(self, eventLoop: self.eventLoop)
        self.eventLoop.scheduleTask(in: self.limits.sweepInterval) {
            let loop = bound.value
            loop.isSweepScheduled = false
            loop.sweep(now: loop.eventLoop.now)
            if loop.connections.isEmpty == false || loop.upgrading.isEmpty == false {
                loop.scheduleSweep()
            }
        }
    }

    private func sweep(now: NIODeadline) {
        // From the end, for the reason that `forEachConnection` gives.
        var index = self.upgrading.count
        while index > 0 {
            index -= 1
            if index < self.upgrading.count, self.upgrading[index].upgradeDeadline <= now {
                self.upgrading[index].endUpgrade()
            }
        }
        index = self.watched.count
        while index > 0 {
            index -= 1
            if index < self.watched.count {
                self.watched[index].checkDeadlines(now: now)
            }
        }
        self.onSweep?(now)
        self.endRead()
    }
}
