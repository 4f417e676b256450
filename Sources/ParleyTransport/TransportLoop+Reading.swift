package import NIOCore

/// What the channels of a loop read into: one buffer for all, because only one is read at a time.
///
/// A channel of its own accord keeps a buffer for itself for ever, 500 bytes and more of each idle connection. It keeps
/// the first that it is given; so that is a small one, and the rest of what it reads goes into the loop's.
package struct LoopReceiveAllocator: RecvByteBufferAllocator {
    private let buffers: NIOLoopBound<TransportLoop>
    private var hasRead = false

    package init(_ loop: TransportLoop, bytesMax: Int) {
        loop.inputBytesMax = bytesMax
        self.buffers = NIOLoopBound(loop, eventLoop: loop.eventLoop)
    }

    package func buffer(allocator: ByteBufferAllocator) -> ByteBuffer {
        guard self.hasRead else {
            return allocator.buffer(capacity: TransportLoop.firstReadBytes)
        }
        return self.buffers.value.takeInput(allocator)
    }

    /// - Returns: `true`, so that the channel does not read into what it keeps.
    package mutating func record(actualReadBytes: Int) -> Bool {
        if self.hasRead { self.buffers.value.noteRead(bytes: actualReadBytes) }
        self.hasRead = true
        return true
    }

    package func nextBufferSize() -> Int? { nil }
}

extension TransportLoop {
    /// Enough to tell whose a connection is.
    static let firstReadBytes = 64
    private static let inputBytesMin = 2_048

    fileprivate func takeInput(_ allocator: ByteBufferAllocator) -> ByteBuffer {
        let capacity = max(self.inputCapacity, Self.inputBytesMin)
        // Somebody may still hold it: a message whose turn has not come.
        if var input = self.input.take(), input.capacity >= capacity,
            input.modifyIfUniquelyOwned({ $0.clear() }) != nil
        {
            return input
        }
        return allocator.buffer(capacity: capacity)
    }

    /// Whoever brings more than fits is read in larger pieces from now on.
    fileprivate func noteRead(bytes: Int) {
        if bytes >= max(self.inputCapacity, Self.inputBytesMin), self.inputCapacity < self.inputBytesMax {
            self.inputCapacity = min(bytes * 2, self.inputBytesMax)
        }
    }

    /// What was read is handled: the next read may have its memory.
    package func giveBack(input: ByteBuffer) {
        self.input = input
    }
}
