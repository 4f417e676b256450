package import ParleyEngine
import Synchronization

/// Whether the server takes new connections, and why not.
package final class Readiness: Sendable {
    package enum Phase: Hashable, Sendable {
        case starting
        case open
        case draining
        case stopping
    }

    private struct State {
        var phase = Phase.starting
        /// What hinders which loop.
        var troubles: [Int: String] = [:]
    }

    private let state = Mutex(State())
    private let health: @Sendable () -> EngineHealth

    /// - Parameter health: of the engine, as it says itself.
    package init(health: @escaping @Sendable () -> EngineHealth = { .well }) {
        self.health = health
    }

    package var isReady: Bool { self.reason == nil }

    /// Why it does not; `nil`: it does.
    package var reason: String? {
        let state = self.state.withLock { $0 }
        switch state.phase {
        case .starting: return "The server is starting."
        case .draining: return "The server is draining: its clients are asked to go elsewhere."
        case .stopping: return "The server is stopping."
        case .open: break
        }
        if case .failed(let reason) = self.health() { return "The engine has failed: \(reason)" }
        return state.troubles.min { $0.key < $1.key }?.value
    }

    /// Something to look after that keeps nobody out.
    package var warning: String? {
        if case .degraded(let reason) = self.health() { reason } else { nil }
    }

    /// Whether the engine is what hinders.
    package var isWithoutEngine: Bool {
        let state = self.state.withLock { $0 }
        return state.phase == .open && (self.health().isFailed || !state.troubles.isEmpty)
    }

    package func become(_ phase: Phase) {
        self.state.withLock { state in
            // Nothing follows the end.
            if state.phase != .stopping { state.phase = phase }
        }
    }

    /// - Parameter trouble: a sentence; `nil`: it is over.
    package func set(trouble: String?, of loop: Int) {
        self.state.withLock { $0.troubles[loop] = trouble }
    }
}
