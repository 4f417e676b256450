import NIOCore
import ParleyEngine
import ParleyProtocol

/// Several servers, each with some of the slots. Confined to its loop.
///
/// A slot's owner is looked up, not asked for; a server that has it no longer says who has, and then all is asked anew.
final class RedisCluster: RedisTopology {
    let setup: RedisLink.Setup
    let status: RedisStatus
    private let seeds: [RedisAddress]
    var slots = RedisSlots()
    /// To each server that has slots, or that may know who has.
    private var lines: [RedisAddress: RedisCommandLine] = [:]
    private var subscriptions: [RedisAddress: RedisSubscriptionLine] = [:]
    /// The last life that was seen of each.
    private var lives: [RedisAddress: EngineIncarnation] = [:]
    private var warnings: [RedisAddress: [RedisWarning]] = [:]
    var listeners: [RedisKey: RedisListener] = [:]
    /// At which server each channel is listened to.
    var homes: [RedisKey: RedisAddress] = [:]
    private var isRefreshing = false
    private var turn = 0
    private(set) var isStarted = false
    private var watch: RepeatedTask?

    init(_ seeds: [RedisAddress], setup: RedisLink.Setup, status: RedisStatus) {
        self.seeds = seeds
        self.setup = setup
        self.status = status
    }

    // MARK: - Life

    func start() {
        self.isStarted = true
        for seed in self.seeds { self.open(seed) }
        let bound = NIOLoopBound(self, eventLoop: self.setup.eventLoop)
        let interval = TimeAmount.milliseconds(Int64(self.setup.limits.redisTopologyMilliseconds))
        self.watch = self.setup.eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in
            bound.value.look()
        }
    }

    func stop() {
        self.isStarted = false
        self.watch?.cancel()
        self.watch = nil
        let (lines, subscriptions) = (self.lines, self.subscriptions)
        (self.lines, self.subscriptions) = ([:], [:])
        for address in lines.keys.sorted() { lines[address]?.stop() }
        for address in subscriptions.keys.sorted() { subscriptions[address]?.stop() }
    }

    @discardableResult
    private func open(_ address: RedisAddress) -> RedisCommandLine {
        if let line = self.lines[address] { return line }
        let line = RedisCommandLine(address, setup: self.setup, delegate: self)
        self.lines[address] = line
        line.start()
        return line
    }

    func subscriptionLine(_ address: RedisAddress) -> RedisSubscriptionLine {
        if let line = self.subscriptions[address] { return line }
        let line = RedisSubscriptionLine(address, setup: self.setup, delegate: self)
        self.subscriptions[address] = line
        line.start()
        return line
    }

    /// Now and then, while something is not as it should be.
    private func look() {
        guard !self.isWhole else { return }
        // The servers that were named may be the only ones that are still there.
        if !self.lines.values.contains(where: \.isReady) { for seed in self.seeds { self.open(seed) } }
        self.refresh()
    }

    private var isWhole: Bool {
        self.slots.isWhole
            && self.slots.masters.allSatisfy {
                self.lines[$0]?.isReady ?? false && self.subscriptions[$0]?.isReady ?? false
            }
    }

    // MARK: - Who has what

    /// Asks one of the servers that can be asked.
    func refresh() {
        let ready = self.lines.filter { $0.value.isReady }.sorted { $0.key < $1.key }
        guard self.isStarted, !self.isRefreshing, !ready.isEmpty else { return }
        // Another one each time: one may be cut off from the others.
        self.turn += 1
        let (address, line) = ready[self.turn % ready.count]
        self.isRefreshing = true
        let promise = self.setup.eventLoop.makePromise(of: RESPValue.self)
        let question = RedisRequest.Question.command(RedisCommand("CLUSTER", "SLOTS"))
        line.send(RedisRequest(question: question, key: RedisKey(""), incarnation: nil, promise: promise))
        let bound = NIOLoopBound(self, eventLoop: self.setup.eventLoop)
        promise.futureResult.whenComplete { result in
            bound.value.isRefreshing = false
            guard case .success(let answer) = result, let slots = RedisSlots(answer, asked: address) else { return }
            bound.value.use(slots, by: address)
        }
    }

    private func use(_ slots: RedisSlots, by address: RedisAddress) {
        guard self.isStarted else { return }
        if !slots.isWhole {
            // One that does not know everything yet is not believed.
            guard !self.slots.isWhole else { return }
            let words = "\(address) knows no server for \(slots.missing) of the \(RedisKey.slots) slots of its cluster."
            self.status.failed(RedisComplaint(.incomplete, words))
        }
        self.slots = slots
        let masters = Set(slots.masters)
        for master in masters.sorted() {
            self.open(master)
            _ = self.subscriptionLine(master)
        }
        if slots.isWhole {
            for address in self.lines.keys.sorted() where !masters.contains(address) {
                self.lines.removeValue(forKey: address)?.stop()
                self.lives[address] = nil
                self.warnings[address] = nil
            }
            for address in self.subscriptions.keys.sorted() where !masters.contains(address) {
                self.subscriptions.removeValue(forKey: address)?.stop()
            }
        }
        self.rehome()
        self.judge()
    }

    /// What is known of all of them, as one.
    func judge() {
        guard self.isStarted else { return }
        let masters = self.slots.masters
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for life in masters.compactMap({ self.lives[$0] }).map(\.rawValue).sorted() {
            hash = (hash ^ life) &* 0x100_0000_01B3
        }
        let incarnation = EngineIncarnation(rawValue: hash)
        for master in masters where self.lines[master]?.isReady ?? false {
            self.lines[master]?.incarnation = incarnation
        }
        self.status.warn(masters.flatMap { self.warnings[$0] ?? [] })
        let ready = masters.count { self.lines[$0]?.isReady ?? false }
        if self.slots.isWhole, ready > 0 {
            self.status.ready(incarnation, words: "connected to a cluster of \(masters.count) servers")
        } else {
            self.status.lives(as: incarnation)
        }
        if self.isWhole { self.status.heardAgain() }
    }

    // MARK: - Commands

    func send(_ request: RedisRequest) {
        guard let owner = self.slots[request.key.slot], let line = self.lines[owner] else {
            return self.later { request.fail(.unavailable) }
        }
        line.send(request)
    }

    func later(_ work: @escaping @Sendable () -> Void) { self.setup.eventLoop.execute(work) }

    /// Another server is to be asked.
    private func resend(_ request: RedisRequest, _ redirection: RedisRedirection) {
        var request = request
        request.redirects += 1
        guard request.redirects <= self.setup.limits.redisRedirectsMax else { return request.fail(.unavailable) }
        switch redirection {
        case .moved(let slot, let address):
            self.slots[slot] = address
            self.open(address).send(request)
            self.refresh()
        case .ask(let address): self.open(address).send(request, isAsking: true)
        case .tryAgain:
            let bound = NIOLoopBound(self, eventLoop: self.setup.eventLoop)
            let again = request
            self.setup.eventLoop.scheduleTask(in: .milliseconds(20)) { bound.value.send(again) }
        case .down:
            self.refresh()
            request.fail(.unavailable)
        }
    }
}

extension RedisCluster: RedisCommandLineDelegate {
    func lineReady(_ line: RedisCommandLine, _ facts: RedisFacts) -> RedisComplaint? {
        let examination = RedisExamination(facts, address: line.address, isCluster: true)
        self.warnings[line.address] = examination.warnings
        // A replica knows as well who has what.
        guard let complaint = examination.complaint, complaint.trouble != .readOnly else { return nil }
        return complaint
    }

    func lineOpened(_ line: RedisCommandLine, _ incarnation: EngineIncarnation, _ facts: RedisFacts) {
        self.lives[line.address] = incarnation
        self.judge()
        self.refresh()
    }

    func lineLost(_ line: RedisCommandLine, _ complaint: RedisComplaint, wasReady: Bool) {
        guard self.lines[line.address] === line else { return }
        if self.lines.values.contains(where: \.isReady), self.status.complaint == nil {
            // The slots of the others are served.
            self.status.deaf(complaint)
        } else {
            self.status.failed(complaint)
        }
        self.refresh()
    }

    func line(_ line: RedisCommandLine, shouldAnswer request: RedisRequest, with value: RESPValue) -> Bool {
        guard let redirection = RedisRedirection(value, asked: line.address) else { return true }
        self.resend(request, redirection)
        return false
    }
}
