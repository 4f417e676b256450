/// What somebody has cost this server.
package struct Cost: Hashable, Sendable {
    /// Opened, not open.
    package var connections = 0
    package var messages = 0
    package var bytes = 0
    /// Forged tokens, wrong PINs and the like.
    package var failures = 0
    /// Connections and messages that were refused.
    package var refused = 0

    package init(connections: Int = 0, messages: Int = 0, bytes: Int = 0, failures: Int = 0, refused: Int = 0) {
        self.connections = connections
        self.messages = messages
        self.bytes = bytes
        self.failures = failures
        self.refused = refused
    }

    /// All of it in messages: roughly what each takes of the processor.
    package var weight: Int {
        self.messages + self.bytes / 2_048 + 16 * self.connections + 16 * self.failures + self.refused
    }

    package static func += (left: inout Cost, right: Cost) {
        left.connections += right.connections
        left.messages += right.messages
        left.bytes += right.bytes
        left.failures += right.failures
        left.refused += right.refused
    }

    mutating func halve() {
        self.connections /= 2
        self.messages /= 2
        self.bytes /= 2
        self.failures /= 2
        self.refused /= 2
    }
}
