public import ParleyProtocol

/// The newest messages of a room's chat: what is kept of it, on every node that holds it.
public struct ChatWindow: Hashable, Sendable {
    /// Oldest first, with growing numbers.
    public private(set) var messages: [ChatMessage] = []
    /// The greatest number that was given away.
    public private(set) var last: UInt64
    /// Each message that is here, by what its sender calls it.
    private var said: [Said: UInt64] = [:]
    private var bytes = 0
    private let countMax: Int
    private let bytesMax: Int

    private struct Said: Hashable, Sendable {
        let from: ParticipantID
        let cid: String
    }

    public init(last: UInt64 = 0, limits: Limits) {
        self.last = last
        self.countMax = limits.chatMessagesMax
        self.bytesMax = limits.chatBytesMax
    }

    /// The message that its sender calls so, if it is still here.
    public func message(_ cid: String, from: ParticipantID) -> ChatMessage? {
        guard let n = self.said[Said(from: from, cid: cid)] else { return nil }
        return self.after(n - 1).first
    }

    /// What has a greater number. O(log n).
    public func after(_ n: UInt64) -> ArraySlice<ChatMessage> {
        self.messages[self.index { $0.n > n }...]
    }

    /// The first one that was written then or later has this number; without one, the next.
    public func firstNumber(since instant: Instant) -> UInt64 {
        // Nodes' clocks differ a little, so times need not grow with the numbers.
        self.messages.first { $0.time >= instant }?.n ?? self.last + 1
    }

    /// The newest that somebody may read, oldest first: at most so many, and so many bytes of text, but at least one.
    public func page(
        before: UInt64?,
        limit: Int,
        bytesMax: Int,
        where isVisible: (ChatMessage) -> Bool
    ) -> [ChatMessage] {
        let end = before.map { before in self.index { $0.n >= before } } ?? self.messages.endIndex
        var page: [ChatMessage] = []
        var bytes = 0
        for message in self.messages[..<end].reversed() where isVisible(message) {
            bytes += message.bytesMax
            guard page.count < limit, page.isEmpty || bytes <= bytesMax else { break }
            page.append(message)
        }
        return page.reversed()
    }

    /// One that is not newer than all that are here changes nothing: its number is another's.
    public mutating func append(_ message: ChatMessage) {
        guard message.n > self.last else { return }
        self.last = message.n
        self.messages.append(message)
        self.bytes += message.bytesMax
        if let cid = message.cid { self.said[Said(from: message.from, cid: cid)] = message.n }
        var gone = 0
        while self.messages.count - gone > self.countMax || self.bytes > self.bytesMax {
            let oldest = self.messages[gone]
            self.bytes -= oldest.bytesMax
            if let cid = oldest.cid { self.said[Said(from: oldest.from, cid: cid)] = nil }
            gone += 1
        }
        if gone > 0 { self.messages.removeFirst(gone) }
    }

    /// Numbers up to this one are never given again.
    public mutating func skip(to n: UInt64) { self.last = max(self.last, n) }

    /// The place of the first message of which that is true, which then is true of all behind it.
    private func index(_ isBehind: (ChatMessage) -> Bool) -> Int {
        var (low, high) = (self.messages.startIndex, self.messages.endIndex)
        while low < high {
            let middle = (low + high) / 2
            if isBehind(self.messages[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

extension ChatMessage {
    /// About as much as it takes in the log; in a string a byte may become six.
    public var bytesMax: Int {
        160 + 2 * self.text.text.utf8.count + 2 * (self.name?.text.utf8.count ?? 0) + (self.cid?.utf8.count ?? 0)
    }
}
