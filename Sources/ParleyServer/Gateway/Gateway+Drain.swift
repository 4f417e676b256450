import Logging
import NIOCore
import ParleyProtocol
import ParleyTransport

/// Emptying the server on purpose: who decides is ``DrainStateMachine``.
extension Gateway {
    package func beginDrain(_ cause: DrainStateMachine.Cause, by name: String? = nil) {
        if !self.isDraining { self.recordDrain(.drainBegun, by: cause, named: name) }
        self.perform(
            self.drain.begin(
                cause,
                now: self.eventLoop.now.uptimeNanoseconds,
                clients: self.greetedConnections.count,
                connections: self.transport.connectionCount
            )
        )
    }

    package var isDraining: Bool { self.drain.isDraining }

    package func takeBackDrain() {
        _ = self.answer(.takeBack, by: Operator())
    }

    /// What an operator asks for.
    ///
    /// - Returns: `nil` if it is too late for that.
    func answer(_ request: DrainRequest, by asker: Operator) -> DrainReport? {
        switch request {
        case .report: break
        case .begin: self.beginDrain(.request, by: asker.name)
        case .takeBack:
            guard let effects = self.drain.takeBack() else { return nil }
            if !effects.isEmpty { self.recordDrain(.drainTakenBack, by: .request, named: asker.name) }
            self.perform(effects)
        }
        return DrainReport(
            connections: self.transport.connectionCount,
            millisecondsLeft: self.drain.millisecondsLeft(now: self.eventLoop.now.uptimeNanoseconds)
        )
    }

    func sweepDrain() {
        let now = self.eventLoop.now.uptimeNanoseconds
        self.perform(self.drain.tick(now: now, connections: self.transport.connectionCount))
    }

    /// Somebody has said hello: perhaps just to hear that it is time to go.
    func sendGoaway(to session: GatewaySession) {
        guard let goaway = self.drain.goaway(now: self.eventLoop.now.uptimeNanoseconds) else { return }
        self.send(goaway, to: session)
    }

    private func send(_ goaway: Goaway, to session: GatewaySession) {
        var goaway = goaway
        goaway.endpoint = self.bestPlace(for: session)
        session.send(.goaway(goaway), counters: &self.counters)
    }

    private var greetedConnections: [GatewayConnection] {
        self.connections.filter { $0.session != nil }
    }

    private func perform(_ effects: [DrainStateMachine.Effect]) {
        for effect in effects {
            switch effect {
            case .closeDoors:
                self.logger.notice("Draining: nobody new is let in.", metadata: self.drainMetadata)
                self.readiness.become(.draining)
                self.heartbeat()
            case .openDoors:
                self.logger.notice("The drain was taken back.", metadata: self.drainMetadata)
                self.readiness.become(.open)
                self.heartbeat()
            case .goaway(let goaways):
                for (connection, goaway) in zip(self.greetedConnections, goaways) {
                    connection.session.map { self.send(goaway, to: $0) }
                }
            case .stay:
                for connection in self.greetedConnections {
                    connection.session?.send(.stay, counters: &self.counters)
                }
            case .closeAll:
                self.logger.notice("Drained: whoever is left is closed.", metadata: self.drainMetadata)
                // From the end: whoever is removed meanwhile is replaced by the last one, which was visited.
                for index in self.connections.indices.reversed() where index < self.connections.count {
                    self.connections[index].goAway()
                }
            case .stop:
                self.onDrained()
            }
        }
    }

    private var drainMetadata: Logger.Metadata {
        ["open": "\(self.transport.connectionCount)"]
    }
}

/// What an operator may ask of a drain.
enum DrainRequest: Sendable {
    case report
    case begin
    case takeBack
}

/// How a drain stands.
struct DrainReport: Sendable {
    let connections: Int
    /// Until the hard end; `nil` if there is no drain.
    let millisecondsLeft: Int?
}
