import NIOCore
import ParleyProtocol

/// The clients of a load on one event loop, and what they do: one type for each scenario.
protocol LoadCrew: AnyObject {
    var lane: LoadLane { get }
    /// Signals are handed on as they came.
    var readsSignals: Bool { get }

    /// - Returns: fulfilled when all are there who shall be before it begins, or something went wrong.
    func open() -> EventLoopFuture<Void>
    /// From now on they do what the load is about.
    func start()
    /// Nothing new is begun.
    func stop()
    /// Whether nothing is on its way any more. Asked again and again behind ``stop()``, and for a while only.
    var isQuiet: Bool { get }
    /// Whether all who are in a room hold the same of it.
    var areAgreed: Bool { get }
    /// Whether everything was done that there is to do, where that, and not the time, is the end.
    var isDone: Bool { get }
    /// What is missing now is lost. Everybody goes.
    func conclude()
    /// What there is to say beyond latencies.
    var figures: [LoadFigure] { get }

    func peer(_ peer: LoadPeer, heard news: LoadClient.News)
    func peer(_ peer: LoadPeer, signal text: UnsafeRawBufferPointer)
    /// Before anybody else looks at a message; asked where ``takesMessages``.
    ///
    /// - Returns: whether nobody else has to.
    func peer(_ peer: LoadPeer, takes message: ServerMessage) -> Bool
    /// Whether the crew follows rooms itself.
    var takesMessages: Bool { get }
    /// Whether a refusal is in order here.
    func peer(_ peer: LoadPeer, mayBeRefused rejection: RejectedMessage) -> Bool
    func peerHasRead(_ peer: LoadPeer)
    /// Whether it is no fault that its connection is lost, or does not come about.
    func peerMayBeLost(_ peer: LoadPeer) -> Bool
    /// Its connection was lost; that was noted, unless it may be.
    func peerIsGone(_ peer: LoadPeer)
}

extension LoadCrew {
    var readsSignals: Bool { false }
    var areAgreed: Bool { true }
    var isDone: Bool { false }
    var figures: [LoadFigure] { [] }
    func peer(_ peer: LoadPeer, signal text: UnsafeRawBufferPointer) {}
    func peer(_ peer: LoadPeer, takes message: ServerMessage) -> Bool { false }
    var takesMessages: Bool { false }
    func peer(_ peer: LoadPeer, mayBeRefused rejection: RejectedMessage) -> Bool { false }
    func peerHasRead(_ peer: LoadPeer) {}
    func peerMayBeLost(_ peer: LoadPeer) -> Bool { false }
    func peerIsGone(_ peer: LoadPeer) {}
}

/// A number of a report.
public struct LoadFigure: Hashable, Sendable {
    /// How those of several loops become one.
    package enum Sum: Hashable, Sendable {
        case sum, largest
    }

    public let key: String
    public let words: String
    public var value: Double
    public let unit: String
    package let sum: Sum

    package init(_ key: String, _ words: String, _ value: Double, unit: String = "", sum: Sum = .sum) {
        self.key = key
        self.words = words
        self.value = value
        self.unit = unit
        self.sum = sum
    }

    package mutating func add(_ other: LoadFigure) {
        switch self.sum {
        case .sum: self.value += other.value
        case .largest: self.value = max(self.value, other.value)
        }
    }
}
