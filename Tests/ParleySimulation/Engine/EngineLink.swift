import NIOCore
import ParleyEngine
import ParleyProtocol

/// The way of one process to the engine: slow now and then, and sometimes a request or its answer is lost.
///
/// `@unchecked Sendable` because the contract asks for it; a simulation lives on one thread.
final class EngineLink: @unchecked Sendable {
    /// What a link does wrong, as probabilities.
    struct Weather {
        var lostRequest = 0.0
        var lostAnswer = 0.0
        /// The request arrives after its sender has given up.
        var lateRequest = 0.0
        var lostHint = 0.0
        var doubledHint = 0.0
        var lateHint = 0.0

        static let calm = Weather()
        static let rough = Weather(
            lostRequest: 0.01,
            lostAnswer: 0.01,
            lateRequest: 0.005,
            lostHint: 0.03,
            doubledHint: 0.03,
            lateHint: 0.03
        )
    }

    private enum Fate {
        case good, lostRequest, lostAnswer, lateRequest
    }

    let cluster: EngineCluster
    let loop: SimulatedEventLoop
    let number: Int
    private let scheduler: Scheduler
    private var dice: Dice
    var weather: Weather
    /// Where this process's replica of a log stands.
    var replicaPosition: (LogID) -> Position = { _ in .start }
    /// Nothing gets through, in either direction.
    private(set) var isCut = false
    private var lastArrival: NIODeadline
    private var lastAnswer: NIODeadline
    private var lastHint: NIODeadline
    private var known: EngineIncarnation

    static let patience = TimeAmount.milliseconds(400)

    init(_ cluster: EngineCluster, loop: SimulatedEventLoop, number: Int, seed: UInt64, weather: Weather) {
        self.cluster = cluster
        self.loop = loop
        self.number = number
        self.scheduler = cluster.scheduler
        self.dice = Dice(seed: seed, "engine link")
        self.weather = weather
        self.lastArrival = cluster.scheduler.now
        self.lastAnswer = cluster.scheduler.now
        self.lastHint = cluster.scheduler.now
        self.known = cluster.machine.incarnation
    }

    func cut() { self.isCut = true }
    func mend() { self.isCut = false }

    var incarnation: EngineIncarnation { self.known }

    // MARK: Requests

    /// - Parameter changes: whether an answer says that something was written; `nil` for mere questions.
    func call<Value: Sendable>(
        on eventLoop: any EventLoop,
        changes: ((Value) -> Bool)? = nil,
        _ body: @escaping EngineCluster.Step<Value>
    ) -> EventLoopFuture<Value> {
        let promise = eventLoop.makePromise(of: Value.self)
        let patience = self.scheduler.now + Self.patience
        // A question that got no answer had no effect.
        let silence = changes == nil ? EngineError.unavailable : .ambiguous
        if self.isCut, self.dice.chance(0.5) {
            // The connection is known to be broken.
            self.answer(promise, .failure(.unavailable), at: self.scheduler.now + self.dice.time(0.1...20))
            return promise.futureResult
        }
        let fate = self.fate()
        self.lastArrival = max(self.lastArrival, self.scheduler.now + self.dice.latency())
        let arrival = fate == .lateRequest ? patience + self.dice.time(1...1_000) : self.lastArrival
        self.scheduler.schedule(at: arrival) {
            let isLost = self.isCut || !self.cluster.isUp || fate == .lostRequest || self.loop.isDead
            let result = isLost ? nil : self.cluster.step(changes ?? { _ in false }, body)
            guard let result, fate == .good else {
                return self.answer(promise, .failure(silence), at: patience)
            }
            self.lastAnswer = max(self.lastAnswer, self.scheduler.now + self.dice.latency())
            self.scheduler.schedule(at: self.lastAnswer) {
                if self.isCut { return self.answer(promise, .failure(silence), at: patience) }
                self.known = self.cluster.machine.incarnation
                self.answer(promise, result, at: self.scheduler.now)
            }
        }
        return promise.futureResult
    }

    private func fate() -> Fate {
        let roll = Double.random(in: 0..<1, using: &self.dice)
        if roll < self.weather.lostRequest { return .lostRequest }
        if roll < self.weather.lostRequest + self.weather.lostAnswer { return .lostAnswer }
        let late = self.weather.lostRequest + self.weather.lostAnswer + self.weather.lateRequest
        return roll < late ? .lateRequest : .good
    }

    private func answer<Value: Sendable>(
        _ promise: EventLoopPromise<Value>,
        _ result: Result<Value, EngineError>,
        at time: NIODeadline
    ) {
        self.scheduler.schedule(at: time, on: self.loop) { promise.completeWith(result.mapError { $0 }) }
    }

    /// What nobody waits for.
    func say(_ body: @escaping EngineCluster.Step<Void>) {
        guard !self.isCut, !self.dice.chance(self.weather.lostRequest) else { return }
        self.lastArrival = max(self.lastArrival, self.scheduler.now + self.dice.latency())
        self.scheduler.schedule(at: self.lastArrival) {
            guard !self.isCut, self.cluster.isUp else { return }
            _ = self.cluster.step({ _ in false }, body)
        }
    }

    // MARK: Hints

    /// In order, unless one is late.
    func hear(_ body: @escaping () -> Void) {
        guard !self.isCut, !self.dice.chance(self.weather.lostHint) else { return }
        self.lastHint = max(self.lastHint, self.scheduler.now + self.dice.latency())
        let isLate = self.dice.chance(self.weather.lateHint)
        let time = isLate ? self.lastHint + self.dice.time(1...1_000) : self.lastHint
        self.scheduler.schedule(at: time, on: self.loop) { body() }
        guard self.dice.chance(self.weather.doubledHint) else { return }
        self.scheduler.schedule(at: time + self.dice.time(0...200), on: self.loop) { body() }
    }
}
