package import NIOCore

/// What is due on one event loop: everything that gathers before the loop comes round runs in one hop.
package struct LoopOutbox: Sendable {
    package typealias Work = @Sendable () -> Void

    let eventLoop: any EventLoop
    private var work: [Work] = []
    private var isWoken = false

    package init(_ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    /// - Returns: whether the loop has to be woken.
    package mutating func add(_ work: @escaping Work) -> Bool {
        self.work.append(work)
        defer { self.isWoken = true }
        return !self.isWoken
    }

    package mutating func takeAll() -> [Work] {
        self.isWoken = false
        defer { self.work = [] }
        return self.work
    }
}
