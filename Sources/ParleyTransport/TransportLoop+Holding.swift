import NIOCore

extension WebSocketConnection {
    /// What is sent now need not leave before the end of this turn of the loop: an answer is on its way that comes
    /// within it, unless something outside of this process has to be asked, and both leave in one write.
    public func holdOutput() {
        guard self.isHeld == false, self.isOpen else {
            return
        }
        self.isHeld = true
        self.loop.hold(self)
    }
}

extension TransportLoop {
    /// A loop runs all tasks before it looks at its sockets again, those that tasks have added as well: so many steps
    /// from task to task may the answer take.
    private static let heldTasks = 10

    func hold(_ connection: WebSocketConnection) {
        self.held.append(connection)
        guard self.held.count == 1 else {
            return
        }
        self.letGo(after: Self.heldTasks)
    }

    private func letGo(after tasks: Int) {
        let bound = NIOLoopBound(self, eventLoop: self.eventLoop)
        self.eventLoop.execute {
            let loop = bound.value
            guard tasks == 0 else {
                return loop.letGo(after: tasks - 1)
            }
            let held = loop.held
            loop.held = []
            for connection in held {
                connection.isHeld = false
                connection.markDirty()
            }
            loop.flushDirty()
        }
    }
}
