/// Where rooms, mailboxes and nodes are kept, and who decides the order of things.
///
/// Rules for every conformance (the conformance suite holds each engine to them):
///
/// - **Where:** a method may be called on any thread; its future belongs to the event loop that the caller
///   names, and completes there.
/// - **When:** never before the method has returned, not even if the answer is known at once, and all that
///   is due on one loop completes in one hop. So a caller may finish its own bookkeeping after the call.
/// - **Failure:** a failed future holds an ``EngineError``, nothing else.
/// - **Order:** what one loop asks of one log or one mailbox happens in that order.
public protocol Engine: Log, Mailboxes, Nodes {
    /// The engine's life as this node last saw it. It changes when the engine fails over or restarts,
    /// that is, whenever acknowledged data might be gone.
    var incarnation: EngineIncarnation { get }

    /// How the engine fares, as far as it knows itself: for readiness, logs and metrics, never for a decision. May be
    /// asked on any thread at any time, and costs nothing.
    var health: EngineHealth { get }
}

extension Engine {
    public var health: EngineHealth { .well }
}

/// How an engine fares. A reason is one English sentence for an operator, without secrets.
public enum EngineHealth: Hashable, Sendable {
    case well
    /// It serves, but something should be looked after.
    case degraded(reason: String)
    /// It cannot take anything now.
    case failed(reason: String)
}

/// One life of an engine.
public struct EngineIncarnation: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt64

    public init(rawValue: UInt64) {
        self.rawValue = rawValue
    }
}

/// Why an engine could not answer.
public enum EngineError: Error, Hashable, Sendable {
    /// The call may have taken effect or not. Read before doing anything else; never send blindly again.
    case ambiguous
    /// The call did not take effect: the engine cannot be reached now.
    case unavailable
    /// The call did not take effect: what was to be written does not follow what it says it follows.
    case invalid
    /// The call did not take effect: more bytes than the engine takes at once.
    case tooLarge
}

/// A running subscription; a handle to end it, nothing else.
public struct Subscription: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt64

    public init(rawValue: UInt64) {
        self.rawValue = rawValue
    }
}
