import NIOCore

/// What is due on one event loop: everything that gathers before the loop comes round runs in one hop.
struct LoopOutbox: Sendable {
    typealias Work = @Sendable () -> Void

    let eventLoop: any EventLoop
    private var work: [Work] = []
    private var isWoken = false

    init(_ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    /// - Returns: whether the loop has to be woken.
    mutating func add(_ work: @escaping Work) -> Bool {
        self.work.append(work)
        defer { self.isWoken = true }
        return !self.isWoken
    }

    mutating func takeAll() -> [Work] {
        self.isWoken = false
        defer { self.work = [] }
        return self.work
    }
}
