import NIOCore

/// What a Redis does besides dying.
extension Simulation {
    /// Longer than a lease now and then, so that everybody takes everybody for dead.
    func hang() {
        self.troubleAll()
        let time = self.dice.chance(0.3) ? self.dice.time(3_000...8_000) : self.dice.time(100...3_000)
        self.cluster.hang(for: time)
        self.scheduler.schedule(in: time) { self.troubleAll() }
    }

    func refuse() {
        self.troubleAll()
        let time = self.dice.time(200...7_000)
        self.cluster.refuseWrites(for: time)
        self.scheduler.schedule(in: time) { self.troubleAll() }
    }

    func deafen(_ node: SimulatedNode) {
        let deaf = self.dice.chance(0.3) ? self.nodes : [node]
        for node in deaf { node.link?.deafen(for: self.dice.time(100...6_000)) }
    }

    private func troubleAll() {
        for client in self.clients { client.trouble() }
    }
}
