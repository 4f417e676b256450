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

    /// Answered once: by the engine, or by our patience.
    private final class Asked<Value: Sendable> {
        let promise: EventLoopPromise<Value>
        private var isOver = false

        init(_ promise: EventLoopPromise<Value>) { self.promise = promise }

        func complete(_ result: Result<Value, EngineError>) {
            guard !self.isOver else { return }
            self.isOver = true
            self.promise.completeWith(result.mapError { $0 })
        }
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
    /// One after the other; what one of them carried is not answered by the next.
    private var connection = 0
    /// What was on its way has arrived until then, or has not.
    private var brokeAt: NIODeadline = .uptimeNanoseconds(0)
    private var deafUntil: NIODeadline = .uptimeNanoseconds(0)
    /// The engine takes no writes, as far as it is known here: since its last refusal it has taken none.
    private var isRefused = false

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

    /// The connection breaks; there is another one at once.
    func reset() {
        self.connection += 1
        self.brokeAt = self.scheduler.now + self.dice.time(0...3)
        self.deafen(for: self.dice.time(20...1_500))
    }

    /// What channels say is not heard.
    func deafen(for time: TimeAmount) { self.deafUntil = max(self.deafUntil, self.scheduler.now + time) }

    func hearAgain() { self.deafUntil = self.scheduler.now }

    var incarnation: EngineIncarnation { self.known }

    var health: EngineHealth { self.isRefused ? .failed(reason: "It takes no writes.") : .well }

    // MARK: Requests

    /// - Parameters:
    ///   - grows: whether it wants memory, and is refused where there is none.
    ///   - changes: whether an answer says that something was written; `nil` for mere questions.
    func call<Value: Sendable>(
        on eventLoop: any EventLoop,
        grows: Bool = false,
        changes: ((Value) -> Bool)? = nil,
        _ body: @escaping EngineCluster.Step<Value>
    ) -> EventLoopFuture<Value> {
        let asked = Asked(eventLoop.makePromise(of: Value.self))
        let patience = self.scheduler.now + Self.patience
        // A question that got no answer had no effect.
        let silence = changes == nil ? EngineError.unavailable : .ambiguous
        if self.isCut, self.dice.chance(0.5) {
            // The connection is known to be broken.
            self.answer(asked, .failure(.unavailable), at: self.scheduler.now + self.dice.time(0.1...20))
            return asked.promise.futureResult
        }
        let fate = self.fate()
        self.lastArrival = max(self.lastArrival, self.scheduler.now + self.dice.latency())
        let arrival = fate == .lateRequest ? patience + self.dice.time(1...1_000) : self.lastArrival
        let connection = self.connection
        let giveUp = { self.answer(asked, .failure(silence), at: patience) }
        self.arrive(at: arrival, connection, ifHeld: giveUp) {
            let isLost = $0 || !self.cluster.isUp || fate == .lostRequest
            let result = isLost ? nil : self.judge(grows, changes ?? { _ in false }, body)
            guard let result, fate == .good else {
                let isKnown = connection != self.connection
                return self.answer(asked, .failure(silence), at: isKnown ? self.scheduler.now : patience)
            }
            self.lastAnswer = max(self.lastAnswer, self.scheduler.now + self.dice.latency())
            self.scheduler.schedule(at: self.lastAnswer) {
                if self.isCut { return self.answer(asked, .failure(silence), at: patience) }
                guard connection == self.connection else {
                    return self.answer(asked, .failure(silence), at: self.scheduler.now)
                }
                self.known = self.cluster.machine.incarnation
                self.answer(asked, result, at: self.scheduler.now)
            }
        }
        return asked.promise.futureResult
    }

    /// At the engine, when it goes on.
    ///
    /// - Parameter held: called if it stands still.
    private func arrive(
        at time: NIODeadline,
        _ connection: Int,
        ifHeld held: @escaping () -> Void,
        _ body: @escaping (_ isLost: Bool) -> Void
    ) {
        self.scheduler.schedule(at: time) {
            let isBroken = connection != self.connection && self.scheduler.now > self.brokeAt
            if self.isCut || self.loop.isDead || isBroken { return body(true) }
            if self.cluster.isHanging { held() }
            self.cluster.take { body(false) }
        }
    }

    private func judge<Value>(
        _ grows: Bool,
        _ changes: (Value) -> Bool,
        _ body: @escaping EngineCluster.Step<Value>
    ) -> Result<Value, EngineError> {
        guard grows else { return self.cluster.step(changes, body) }
        self.isRefused = self.cluster.refusesWrites
        return self.isRefused ? .failure(.unavailable) : self.cluster.step(changes, body)
    }

    private func fate() -> Fate {
        let roll = Double.random(in: 0..<1, using: &self.dice)
        if roll < self.weather.lostRequest { return .lostRequest }
        if roll < self.weather.lostRequest + self.weather.lostAnswer { return .lostAnswer }
        let late = self.weather.lostRequest + self.weather.lostAnswer + self.weather.lateRequest
        return roll < late ? .lateRequest : .good
    }

    private func answer<Value: Sendable>(
        _ asked: Asked<Value>,
        _ result: Result<Value, EngineError>,
        at time: NIODeadline
    ) {
        self.scheduler.schedule(at: time, on: self.loop) { asked.complete(result) }
    }

    /// What nobody waits for.
    func say(_ body: @escaping EngineCluster.Step<Void>) {
        guard !self.isCut, !self.dice.chance(self.weather.lostRequest) else { return }
        self.lastArrival = max(self.lastArrival, self.scheduler.now + self.dice.latency())
        self.arrive(at: self.lastArrival, self.connection, ifHeld: {}) { isLost in
            guard !isLost, self.cluster.isUp else { return }
            _ = self.cluster.step({ _ in false }, body)
        }
    }

    // MARK: Hints

    /// In order, unless one is late.
    func hear(_ body: @escaping () -> Void) {
        guard !self.isCut, self.scheduler.now >= self.deafUntil, !self.dice.chance(self.weather.lostHint) else {
            return
        }
        self.lastHint = max(self.lastHint, self.scheduler.now + self.dice.latency())
        let isLate = self.dice.chance(self.weather.lateHint)
        let time = isLate ? self.lastHint + self.dice.time(1...1_000) : self.lastHint
        self.scheduler.schedule(at: time, on: self.loop) { body() }
        guard self.dice.chance(self.weather.doubledHint) else { return }
        self.scheduler.schedule(at: time + self.dice.time(0...200), on: self.loop) { body() }
    }
}
