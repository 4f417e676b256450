import NIOCore

/// Turmoil: now and then something goes wrong, and after a while it is over.
extension Simulation {
    func scheduleFault() {
        self.scheduler.schedule(in: self.dice.time(200...2_500)) {
            guard !self.isCalm else { return }
            if let kind = self.dice.pick(self.options.faults) { self.inject(kind) }
            self.scheduleFault()
        }
    }

    private func inject(_ kind: FaultKind) {
        guard let client = self.dice.pick(self.clients), let node = self.dice.pick(self.nodes) else { return }
        self.journal.count("fault \(kind.rawValue)")
        self.journal.trace("fault \(kind.rawValue) (\(client.name), node \(node.number))")
        switch kind {
        case .tornWire, .sleep, .slowReader, .reload, .leaveAndRejoin, .noAcknowledgements, .networkChange, .doubt:
            self.inject(kind, client)
        case .nodePause, .nodeKill, .engineCut, .drain, .engineReset: self.inject(kind, node)
        case .failover: self.failOver(losing: 0)
        case .rollback: self.failOver(losing: self.dice.int(0...6))
        case .wipe: self.wipe()
        case .engineHang: self.hang()
        case .engineRefusal: self.refuse()
        case .engineDeaf: self.deafen(node)
        }
    }

    // MARK: Clients

    private func inject(_ kind: FaultKind, _ client: ModelClient) {
        switch kind {
        case .tornWire:
            guard let tear = self.dice.pick(Network.Tear.allCases) else { return }
            _ = client.tear(tear, in: self.network)
        case .sleep:
            client.trouble()
            client.loop.pause()
            self.journal.fellAsleep(client.number)
            // Longer than the grace now and then.
            let milliseconds = self.dice.chance(0.15) ? 20_000.0...45_000.0 : 100...9_000
            self.scheduler.schedule(in: self.dice.time(milliseconds)) { self.wake(client) }
        case .slowReader:
            client.trouble()
            client.loop.enter { client.setReading(false) }
            self.scheduler.schedule(in: self.dice.time(200...8_000), on: client.loop) { client.setReading(true) }
        case .reload:
            self.scheduler.schedule(in: .zero, on: client.loop) { client.reload() }
        case .leaveAndRejoin:
            self.scheduler.schedule(in: .zero, on: client.loop) { client.leave("blue-fox") }
            self.scheduler.schedule(in: self.dice.time(100...4_000), on: client.loop) { client.wish("blue-fox") }
        case .noAcknowledgements:
            client.acknowledgesNothing = true
            self.scheduler.schedule(in: self.dice.time(500...12_000), on: client.loop) { client.acknowledgeAgain() }
        case .networkChange:
            self.scheduler.schedule(in: .zero, on: client.loop) { client.changeNetwork() }
        case .doubt:
            let isSure = self.dice.chance(0.5)
            self.scheduler.schedule(in: .zero, on: client.loop) { client.doubt(isSure: isSure) }
        case .nodePause, .nodeKill, .engineCut, .drain, .failover, .rollback, .wipe, .engineHang, .engineRefusal,
            .engineReset, .engineDeaf:
            break
        }
    }

    func wake(_ client: ModelClient) {
        guard client.loop.isPaused else { return }
        client.trouble()
        self.journal.wokeUp(client.number)
        client.loop.goOn()
    }

    // MARK: Nodes

    private func inject(_ kind: FaultKind, _ node: SimulatedNode) {
        // A drain is none: whoever moves in time was never away.
        if kind != .drain { self.trouble(of: node) }
        switch kind {
        case .drain:
            node.drain()
            self.scheduler.schedule(in: self.dice.time(500...9_000)) { node.takeBackDrain() }
        case .nodePause:
            guard node.isAlive, !node.isPaused else { return }
            node.pause()
            self.scheduler.schedule(in: self.dice.time(200...6_000)) { self.goOn(node) }
        case .nodeKill:
            node.kill(isMachineGone: self.dice.chance(0.3))
            self.scheduler.schedule(in: self.dice.time(500...5_000)) { node.start() }
        case .engineCut:
            guard !node.isCut else { return }
            node.cut()
            self.scheduler.schedule(in: self.dice.time(200...5_000)) { self.mend(node) }
        case .engineReset: node.link?.reset()
        case .tornWire, .sleep, .slowReader, .reload, .leaveAndRejoin, .noAcknowledgements, .networkChange, .doubt,
            .failover, .rollback, .wipe, .engineHang, .engineRefusal, .engineDeaf:
            break
        }
    }

    func goOn(_ node: SimulatedNode) {
        guard node.isPaused else { return }
        self.trouble(of: node)
        node.goOn()
    }

    func mend(_ node: SimulatedNode) {
        guard node.isCut else { return }
        self.trouble(of: node)
        node.mend()
    }

    /// Its clients may notice.
    func trouble(of node: SimulatedNode) {
        for client in self.clients where client.node === node { client.trouble() }
    }

    // MARK: The engine

    private func failOver(losing count: Int) {
        for client in self.clients { client.trouble() }
        let lost = self.cluster.failOver(losing: count, away: self.dice.time(100...2_000))
        self.journal.count("mutations lost", lost)
        if lost > 0 { self.journal.lossOfMemory() }
    }

    /// Only while every node is up: what nobody holds is gone for good, as documented.
    private func wipe() {
        guard self.nodes.allSatisfy(\.isWell) else { return }
        for client in self.clients { client.trouble() }
        self.cluster.wipe()
        self.journal.lossOfMemory()
    }
}
