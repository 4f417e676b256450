import ParleyProtocol

/// Where the next connection goes to and how long it waits; docs/PROTOCOL.md, section 10.
///
/// Full jitter: a server that restarts meets its clients spread over the whole interval, not in waves.
///
/// ```
///  try      1st          2nd          3rd          …     from the 6th on
///  within   0…250 ms     0…500 ms     0…1 s              0…5 s
/// ```
///
/// With several addresses it is longer each time that all of them have been tried: as often as with one, at each.
package struct Reconnection: Hashable, Sendable {
    package static let firstDelayMax = Duration.milliseconds(250)
    package static let delayMax = Duration.seconds(5)
    /// A connection that has lasted for so long was a good one: the next loss begins with the first try again.
    package static let steady = Duration.seconds(5)

    /// Which address the current or next connection goes to.
    package private(set) var endpoint = 0
    /// How many tries in a row have failed, or have not lasted.
    package private(set) var attempts = 0
    private var endpoints: Int

    package init(endpoints: Int) {
        assert(endpoints > 0)
        self.endpoints = max(1, endpoints)
    }

    /// The connection to ``endpoint`` is lost, or did not come about.
    ///
    /// - Parameter connectedFor: `nil` if there was no welcome.
    /// - Returns: how long to wait before the try at the new ``endpoint``.
    package mutating func lost(connectedFor: Duration?, chance: Double) -> Duration {
        if let connectedFor, connectedFor >= Self.steady { self.attempts = 0 }
        self.endpoint = (self.endpoint + 1) % self.endpoints
        // Doubled so often it has long passed the most; more would overflow.
        let most = min(Self.delayMax, Self.firstDelayMax * (1 << min(self.attempts / self.endpoints, 16)))
        self.attempts += 1
        return most * chance
    }

    /// There is a connection to that address.
    package mutating func reached(_ endpoint: Int) {
        self.endpoint = endpoint
    }

    /// One more address is known.
    package mutating func learn() { self.endpoints += 1 }

    package var next: Int { (self.endpoint + 1) % self.endpoints }
}

extension Reconnection {
    /// What the head of a refused upgrade says of when to come again (RFC 9110, section 10.2.3): whole seconds.
    package static func retryAfter(head: String) -> Duration? {
        for line in head.split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, parts[0].lowercased() == "retry-after" else { continue }
            return UInt32(parts[1].filter { !$0.isWhitespace }).map { .seconds(Int64($0)) }
        }
        return nil
    }

    /// Whether to come back after that close code; `nil`: the connection ended without one.
    package static func comesBack(after code: UInt16?) -> Bool {
        guard let code else { return true }
        if let known = CloseCode(rawValue: code) { return known.isRetryable }
        // RFC 6455, section 7.4.1: what was wrong once is wrong again (1010); a proxy's troubles pass.
        return code != 1010 && !(4500...4999).contains(code)
    }
}
