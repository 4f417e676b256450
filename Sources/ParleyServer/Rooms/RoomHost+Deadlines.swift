import NIOCore
import ParleyProtocol
import ParleyRooms

/// What a room does because time has passed: each node that holds it says so, and the log takes the first.
///
/// A room without people is held by the node that made it, or where its last people were, until its deadline; a room
/// that nobody holds any more, because that node has gone, does what is due when somebody asks for it.
extension RoomHost {
    /// After every change: the timer is that of the room as it is now.
    func scheduleDeadline() {
        guard !self.isOver, let next = self.room.nextDeadline else {
            self.deadline?.timer.cancel()
            self.deadline = nil
            return
        }
        guard self.deadline?.instant != next else { return }
        self.deadline?.timer.cancel()
        self.schedule(next)
    }

    private func schedule(_ instant: Instant) {
        // Never for longer than a minute: the engine's clock may be another one by then.
        let wait = min(max(0, instant.milliseconds - self.gateway.now.milliseconds), 60_000)
        let timer = self.gateway.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(wait)) {
            self.deadline = nil
            guard !self.isOver else { return }
            self.gateway.now < instant ? self.schedule(instant) : self.passDeadline()
        }
        self.deadline = (instant, timer)
    }

    /// Another node may have been first: then there is nothing to do, or something else.
    private func passDeadline() {
        self.submit(RoomCommand(deadlineAt: self.gateway.now), seat: nil) { outcome in
            switch outcome {
            case .accepted, .duplicate: break
            case .rejected:
                // Behind this step: if the log has changed the room, that has set the timer already.
                self.gateway.eventLoop.assumeIsolated().scheduleTask(in: .seconds(1)) { self.scheduleDeadline() }
            }
        }
    }
}
