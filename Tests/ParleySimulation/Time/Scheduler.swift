import HeapModule
import NIOCore
import ParleyTestSupport

/// Everything that will happen, in one queue by virtual time; nothing happens beside it.
///
/// What is due at the same time on one loop keeps its order; between loops the seed decides.
final class Scheduler {
    private struct Work: Comparable {
        let time: NIODeadline
        /// The same for all work of one loop at one time.
        let tie: UInt64
        let order: UInt64
        let loop: SimulatedEventLoop?
        let body: () -> Void

        static func < (left: Work, right: Work) -> Bool {
            (left.time, left.tie, left.order) < (right.time, right.tie, right.order)
        }

        static func == (left: Work, right: Work) -> Bool { left.order == right.order }
    }

    private(set) var now = NIODeadline.uptimeNanoseconds(1_000_000_000)
    private(set) var digest = TraceDigest()
    /// The loop whose task runs.
    private(set) weak var current: SimulatedEventLoop?
    private(set) var stepCount = 0
    private var heap = Heap<Work>()
    private var buried: [() -> Void] = []
    private var orders: UInt64 = 0
    private let tieSeed: UInt64

    init(seed: UInt64) {
        self.tieSeed = seed
    }

    func schedule(at time: NIODeadline, on loop: SimulatedEventLoop? = nil, _ body: @escaping () -> Void) {
        let time = max(time, self.now)
        self.orders += 1
        var tie = SeededGenerator(seed: self.tieSeed ^ time.uptimeNanoseconds &* 31 ^ (loop?.number ?? 0) << 48)
        self.heap.insert(Work(time: time, tie: tie.next(), order: self.orders, loop: loop, body: body))
    }

    func schedule(
        in delay: TimeAmount,
        on loop: SimulatedEventLoop? = nil,
        _ body: @escaping () -> Void
    ) {
        self.schedule(at: self.now + delay, on: loop, body)
    }

    /// Runs everything that is due until then, and moves the clock there.
    func run(until end: NIODeadline, while isWanted: () -> Bool = { true }) {
        while let next = self.heap.min, next.time <= end, isWanted() {
            self.heap.removeMin()
            self.now = next.time
            self.stepCount += 1
            self.digest.add(next.time.uptimeNanoseconds)
            if let loop = next.loop {
                self.digest.add(loop.number)
                loop.take(next.body)
            } else {
                next.body()
            }
        }
        if isWanted() { self.now = max(self.now, end) }
    }

    /// What has not happened never will; it would keep everything alive that it mentions.
    func removeAll() {
        self.heap = Heap()
        self.buried = []
    }

    /// A killed process's task. It is kept until the end: NIO's debug build does not let promises go that nobody has
    /// kept, and a process that was killed leaves many.
    func bury(_ body: @escaping () -> Void) {
        self.buried.append(body)
    }

    func enter<Result>(_ loop: SimulatedEventLoop, _ body: () -> Result) -> Result {
        let outer = self.current
        self.current = loop
        defer { self.current = outer }
        return body()
    }

    func note(_ bytes: some Sequence<UInt8>) {
        self.digest.add(bytes)
    }
}

/// What tells two runs apart: FNV-1a (Fowler, Noll, Vo), 64 bits.
struct TraceDigest: Hashable, Sendable {
    private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    init() {}

    mutating func add(_ word: UInt64) {
        self.value = (self.value ^ word) &* 0x0000_0100_0000_01B3
    }

    mutating func add(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { self.add(UInt64(byte)) }
    }
}
