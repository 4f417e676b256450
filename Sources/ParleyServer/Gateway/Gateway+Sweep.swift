import NIOCore
import ParleyProtocol
import ParleyTransport

/// Heartbeats.
extension Gateway {
    /// Once in each `TransportLimits.sweepInterval`.
    func beginSweep(_ now: NIODeadline) {
        if let part = self.sweep.begin(count: self.connections.count, now: now.uptimeNanoseconds) {
            self.visit(part, now)
        }
        self.measureRoundTrips(now)
    }

    private func visit(_ part: SweepStateMachine.Part, _ now: NIODeadline) {
        let beat = self.encodedBeat()
        for index in part.places.reversed() where index < self.connections.count {
            self.connections[index].sweep(now: now, absence: part.absence, beat: beat)
            // Else as many outputs would be held at once as there are connections.
            if index.isMultiple(of: 64) { self.transport.flushDirty() }
        }
        self.beatRooms(now)
        self.transport.flushDirty()
        if !part.isLast { self.scheduleNextPart() }
    }

    private func scheduleNextPart() {
        let pause = self.transport.limits.sweepInterval.nanoseconds / Int64(SweepStateMachine.parts)
        let bound = NIOLoopBound(self, eventLoop: self.eventLoop)
        self.eventLoop.scheduleTask(in: .nanoseconds(pause)) {
            let gateway = bound.value
            let now = gateway.eventLoop.now
            gateway.visit(gateway.sweep.next(count: gateway.connections.count, now: now.uptimeNanoseconds), now)
        }
    }

    private func encodedBeat() -> [UInt8] {
        var bytes: [UInt8] = []
        var beat = ServerBeat(time: self.now)
        beat.degraded = self.isDegraded ? true : nil
        ServerMessage.beat(beat).encode(into: &bytes)
        return bytes
    }
}
