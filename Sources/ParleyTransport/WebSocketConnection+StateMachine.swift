/// Who closes whom (RFC 6455, section 7): states and the effects of what happens.
///
/// The server hangs up first, so that the side with the many ports keeps the waiting state of TCP (section
/// 7.1.1); a client does so only if the server takes longer than the grace.
///
///     open --our close--> closing --their close--> closed        open --their close--> closed
///     any --the channel is gone--> gone, told once
package struct WebSocketClosing {
    package enum State: Equatable {
        case open
        /// Our close frame is sent, theirs has not come.
        case closing(code: UInt16?, end: WebSocketEnd)
        /// Both have come, or no more is awaited: the channel is about to go.
        case closed(code: UInt16?, end: WebSocketEnd)
        case gone
    }

    package enum Effect: Equatable {
        /// Send a close frame with this code (nil: an empty one) and wait for theirs.
        case sendClose(code: UInt16?)
        /// Send it, say that no more will follow, and hear nothing more.
        case sendCloseAndEndOutput(code: UInt16?)
        /// Send theirs back, and hang up or wait for the server to do so.
        case echoClose(code: UInt16?, thenEnd: Bool)
        case endChannel
        case tell(code: UInt16?, end: WebSocketEnd)
    }

    package private(set) var state = State.open
    private let role: WebSocketRole

    package init(role: WebSocketRole) {
        self.role = role
    }

    /// Messages go out and come in.
    package var isOpen: Bool { self.state == .open }

    package var isGone: Bool { self.state == .gone }

    /// Why it is ending, as far as it is; nil while it is open and once the channel is gone.
    package var end: WebSocketEnd? {
        switch self.state {
        case .closing(_, let end), .closed(_, let end): end
        case .open, .gone: nil
        }
    }

    package mutating func close(code: UInt16?, end: WebSocketEnd) -> Effect? {
        switch self.state {
        case .open:
            self.state = .closing(code: code, end: end)
            if case .violation = end {
                return .sendCloseAndEndOutput(code: code)
            }
            return .sendClose(code: code)
        case .closing, .closed, .gone:
            // Ignored: two reasons to close may meet; the first one counts.
            return nil
        }
    }

    /// Their close frame came.
    package mutating func peerClosed(code: UInt16?) -> Effect? {
        switch self.state {
        case .open:
            self.state = .closed(code: code, end: .peerClosed)
            return .echoClose(code: code, thenEnd: self.role == .server)
        case .closing(let code, let end):
            self.state = .closed(code: code, end: end)
            return self.role == .server ? .endChannel : nil
        case .closed, .gone:
            // Ignored: `endNow` was called while this frame was on its way.
            return nil
        }
    }

    /// End without waiting for anything: asked for, out of time or stalled.
    package mutating func endNow(_ end: WebSocketEnd) -> Effect? {
        switch self.state {
        case .open:
            self.state = .closed(code: nil, end: end)
            return .endChannel
        case .closing(let code, let end):
            self.state = .closed(code: code, end: end)
            return .endChannel
        case .closed:
            return .endChannel
        case .gone:
            return nil
        }
    }

    /// The channel is gone, whoever wanted it.
    package mutating func channelGone() -> Effect? {
        defer { self.state = .gone }
        switch self.state {
        case .open:
            return .tell(code: nil, end: .lost)
        case .closing(let code, let end), .closed(let code, let end):
            return .tell(code: code, end: end)
        case .gone:
            return nil
        }
    }
}
